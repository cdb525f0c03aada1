import type { TmbError, TmbErrorDetails } from './tmb-error.js'

export type StepUpLogin = NonNullable<TmbErrorDetails['login']>

/** A call that may turn out to need a better sign-in. */
export interface StepUp {
  /** Signs in with what was asked for. There once a call has asked for it. */
  readonly login: StepUpLogin | undefined
  /**
   * Makes a call.
   *
   * @returns nothing where it needs a better sign-in: offer `login`. Every other error is thrown.
   */
  readonly attempt: <Result>(action: () => Promise<Result>) => Promise<Result | undefined>
}

/** @internal What the frameworks' halves of {@link StepUp} have in common. */
export async function attemptStepUp<Result>(
  action: () => Promise<Result>,
  offer: (login: StepUpLogin | undefined) => void,
): Promise<Result | undefined> {
  try {
    const result = await action()
    offer(undefined)
    return result
  } catch (error) {
    const { code, login } = error as Partial<TmbError>
    if (code !== 'step_up_required') throw error

    offer(login)
    return undefined
  }
}
