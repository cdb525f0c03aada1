import { isJsonObject, TMB_PARAMETER } from '@tmb-kit/core'
import type { KeyBindingClient } from './client-metadata.js'
import { CONFIRMATION_METHODS, equalConfirmations, type Confirmation } from './confirmation.js'
import { KeyBindingError } from './errors.js'
import { decodeTmb } from './tmb-parameter.js'

const METHODS: readonly string[] = ['private_key_jwt', 'client_secret_jwt']

/**
 * The `tmb` that a client put into its assertion, so that nobody between it and us can change the
 * parameter. The assertion was verified when the client was authenticated.
 *
 * @returns `undefined`: the client did not, or authenticates by other means.
 */
export function claimedTmbOf(
  form: Readonly<Record<string, unknown>>,
  { clientAuthMethod }: KeyBindingClient,
): unknown {
  const assertion = form['client_assertion']
  if (!METHODS.includes(clientAuthMethod) || typeof assertion !== 'string') return undefined

  // As leniently as it was read then: two readings of one assertion must not differ.
  const payload = Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString('utf8')
  const claims: unknown = JSON.parse(payload)
  return isJsonObject(claims) ? claims[TMB_PARAMETER] : undefined
}

/**
 * @param claimed The object, or its JSON text as the parameter has it.
 * @throws {@link KeyBindingError} `assertion_contradicts_tmb`
 */
export function assertSameTmb(claimed: unknown, asked: Confirmation): void {
  const text = typeof claimed === 'string' ? claimed : JSON.stringify(claimed)
  if (!isTmbOf(text, asked)) throw new KeyBindingError('assertion_contradicts_tmb')
}

function isTmbOf(text: string, asked: Confirmation): boolean {
  try {
    return equalConfirmations(decodeTmb(text, { supported: CONFIRMATION_METHODS }), asked)
  } catch (error) {
    if (error instanceof KeyBindingError) return false
    throw error
  }
}
