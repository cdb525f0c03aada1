import { parseJsonObject } from '@tmb-kit/core'
import type { AnswerView } from './answer-view.js'
import { boundJktOf, claimsOfTokenAnswer, describeAnswer } from './describe-answer.js'
import { describeRequest, thumbprintOfProof } from './describe-request.js'
import type { ModeView } from './mode-view.js'
import type { Narrator } from './narrator.js'
import type { SessionView } from './session-view.js'
import type { ReceivedAnswer, SentRequest, Watcher } from './watch-fetch.js'

export interface ObserveOptions {
  readonly apiOrigin: string
  readonly narrator: Narrator
  readonly session: SessionView
  readonly answer: AnswerView
  readonly mode: ModeView
  /** Told of the thumbprint that a sign-in was started with, before the page goes away. */
  readonly onLogin: (jkt: string) => void
}

/** Turns what goes over the wire into what the page shows. */
export function createWatcher(options: ObserveOptions): Watcher {
  const { apiOrigin, narrator, session } = options

  const observe = async (
    request: SentRequest,
    received: Promise<ReceivedAnswer>,
  ): Promise<void> => {
    const step = narrator.begin(describeRequest(request, apiOrigin))
    try {
      const [answer, thumbprint] = await Promise.all([received, thumbprintOfProof(request)])
      react(request, answer, options)
      step.finish(withThumbprint(describeAnswer(answer), thumbprint), session.jkt)
    } catch {
      // The caller gets the error and says what to do; here it is only that nothing came.
      step.finish({ tone: 'failed', word: 'no answer' })
    }
  }
  return (request, received) => void observe(request, received)
}

function react(request: SentRequest, received: ReceivedAnswer, options: ObserveOptions): void {
  const { apiOrigin, session, answer, mode, onLogin } = options
  if (request.url.origin === apiOrigin) answer.show(request, received)
  if (received.status !== 200) return

  if (request.url.pathname === '/bff/login') {
    const jkt = parseJsonObject(request.body)?.['jkt']
    if (typeof jkt === 'string') onLogin(jkt)
  }
  if (request.url.pathname === '/bff/session') mode.show(parseJsonObject(received.body)?.['mode'])
  if (request.url.pathname === '/bff/token') {
    session.showTokenKey(boundJktOf(claimsOfTokenAnswer(received.body)))
  }
}

function withThumbprint(
  outcome: ReturnType<typeof describeAnswer>,
  thumbprint: string | undefined,
): ReturnType<typeof describeAnswer> {
  if (thumbprint === undefined) return outcome

  const detail = { label: 'Thumbprint of the key that made the proof', value: thumbprint }
  return { ...outcome, details: [detail, ...(outcome.details ?? [])] }
}
