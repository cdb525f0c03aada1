import { createTmb, type Tmb } from '@tmb-kit/browser'
import { connectButtons } from './actions.js'
import { createAnswerView } from './answer-view.js'
import { apiOriginOf } from './api-origin.js'
import type { ApiRoute } from './api-route.js'
import { createDiagramView } from './diagram-view.js'
import { find, findByTestId, showText } from './elements.js'
import { beginJourney, endJourney } from './journey.js'
import { createLogView } from './log-view.js'
import { createModeView } from './mode-view.js'
import { createNarrator } from './narrator.js'
import { createWatcher } from './observe.js'
import { takeReturnError, tellJourney } from './return.js'
import { codeSentence, errorSentence, signInSentence } from './sentences.js'
import { createSessionView } from './session-view.js'
import { inspectStoredKey } from './stored-key.js'
import { thiefCode } from './thief-code.js'
import { watchFetch } from './watch-fetch.js'

declare global {
  interface Window {
    /** For the console, and for tests. */
    tmb: Tmb
  }
}

const configuredApi = document.querySelector<HTMLMetaElement>('meta[name="tmb-demo-api"]')
const apiOrigin = apiOriginOf(new URL(window.location.href), configuredApi?.content ?? '')

const session = createSessionView()
const answer = createAnswerView()
const mode = createModeView()
const log = createLogView(findByTestId('log'))
const narrator = createNarrator(log, createDiagramView(find('.diagram')))
const notify = (sentence: string | undefined): void => showText(find('#notice'), sentence)
let repeat: ApiRoute | undefined

const tmb = createTmb({
  resourceServers: [apiOrigin],
  fetch: watchFetch(
    window.fetch.bind(window),
    createWatcher({
      apiOrigin,
      narrator,
      session,
      answer,
      mode,
      onLogin: (jkt) => {
        beginJourney(sessionStorage, { jkt, repeat, mode: mode.mode })
        session.showKey(jkt)
      },
    }),
  ),
})
window.tmb = tmb

const actions = connectButtons({
  tmb,
  apiOrigin,
  session,
  answer,
  notify,
  repeatAfterSignIn: (route) => (repeat = route),
})

/** Shows the key that is there now, and tells of one that was not there before. */
async function showKey(): Promise<void> {
  const proofKey = await inspectStoredKey()
  if (proofKey === undefined || proofKey.jkt === session.jkt) return

  const { jkt, details } = proofKey
  session.showKey(jkt)
  narrator.tell(
    { from: 'browser', to: 'browser', title: 'Has a key that cannot leave it', details },
    { tone: 'fine', word: '' },
    jkt,
  )
}

async function showSession(): Promise<void> {
  const state = await tmb.session()
  await showKey()
  switch (state.kind) {
    case 'active': {
      const { name, sub } = state.claims
      session.signedIn(String(sub), typeof name === 'string' ? name : undefined)
      return
    }
    case 'reauthenticate':
      session.signedOut()
      notify(codeSentence(state.reason))
      return
    case 'none':
      session.signedOut()
  }
}

async function start(): Promise<void> {
  const error = takeReturnError(window.location, window.history)
  const journey = endJourney(sessionStorage)
  if (journey !== undefined) tellJourney(narrator, journey, error)
  if (error !== undefined) notify(signInSentence(error))

  await showSession()
  if (error === undefined && journey?.repeat !== undefined) await actions.call(journey.repeat)
}

async function startOrSay(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    // A backend that does not answer later on has not ended the session.
    if (!session.isKnown) session.signedOut()
    notify(errorSentence(error))
  }
}

tmb.on('sessionended', () => session.signedOut())
tmb.on('keyreplaced', () => void startOrSay(showSession))
find('#clear-log').addEventListener('click', () => log.clear())
find('#console-code').textContent = thiefCode(apiOrigin)
// Another tab may have signed in or out meanwhile, and a page from the back/forward cache is old.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void startOrSay(showSession)
})
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) void startOrSay(showSession)
})
void startOrSay(start)
