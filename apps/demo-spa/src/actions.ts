import { TmbError, type Tmb } from '@tmb-kit/browser'
import type { AnswerView } from './answer-view.js'
import type { ApiRoute } from './api-route.js'
import { findByTestId } from './elements.js'
import { errorSentence } from './sentences.js'
import type { SessionView } from './session-view.js'

export interface ActionsOptions {
  readonly tmb: Tmb
  readonly apiOrigin: string
  readonly session: SessionView
  readonly answer: AnswerView
  /** Shows a sentence, or takes it away. */
  readonly notify: (sentence: string | undefined) => void
  /** Notes what to call again, should a sign-in begin now. */
  readonly repeatAfterSignIn: (route: ApiRoute | undefined) => void
}

/** What the buttons do. */
export interface Actions {
  call(route: ApiRoute): Promise<void>
}

export function connectButtons(options: ActionsOptions): Actions {
  const { tmb, apiOrigin, session, answer, repeatAfterSignIn } = options
  const here = (): string => window.location.pathname

  const call = async (route: ApiRoute): Promise<void> => {
    answer.clear()
    await tmb.fetch(`${apiOrigin}${route}`)
  }
  const callVault = async (): Promise<void> => {
    try {
      await call('/vault')
    } catch (error) {
      if (!(error instanceof TmbError) || error.code !== 'step_up_required') throw error

      repeatAfterSignIn('/vault')
      await error.login?.({ returnTo: here() })
    }
  }

  onClick('sign-in', options, async () => tmb.login({ returnTo: here() }))
  onClick('sign-out', options, async () => {
    session.showKey(undefined)
    await tmb.logout()
  })
  onClick('call-api', options, async () => call('/orders'))
  onClick('call-vault', options, callVault)
  onClick('renew', options, async () => tmb.renew())
  return { call: guarded(options, call) }
}

function onClick(testId: string, options: ActionsOptions, action: () => Promise<unknown>): void {
  const button = findByTestId(testId)
  const run = guarded(options, async () => {
    button.ariaBusy = 'true'
    try {
      await action()
    } finally {
      button.ariaBusy = null
    }
  })
  button.addEventListener('click', () => void run())
}

/** An action whose failure becomes a sentence on the page. */
function guarded<Values extends readonly unknown[]>(
  { notify, repeatAfterSignIn }: ActionsOptions,
  action: (...values: Values) => Promise<unknown>,
): (...values: Values) => Promise<void> {
  return async (...values) => {
    notify(undefined)
    repeatAfterSignIn(undefined)
    try {
      await action(...values)
    } catch (error) {
      console.error(error)
      notify(errorSentence(error))
    }
  }
}
