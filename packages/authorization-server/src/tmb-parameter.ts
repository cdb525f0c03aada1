import { parseJsonObject, TMB_PARAMETER } from '@tmb-kit/core'
import { parseConfirmation, type Confirmation, type ConfirmationMethod } from './confirmation.js'
import { KeyBindingError } from './errors.js'

const MAX_OCTETS = 2048

// node:querystring, which reads the form, stops here and says nothing of what it left out.
const MAX_FORM_PARAMETERS = 1000

/** The part of a token request in which the parameter can stand. */
export interface TokenRequestParameters {
  /** The form as it was parsed: an empty value is `''`, a repeated name is an array. */
  readonly form: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
}

/**
 * Finds the parameter in a token request. Empty counts as there: who asks for a bound token must
 * never get another kind of token, nor learn of a mistake by it.
 *
 * @returns `undefined` only when the parameter was not sent at all.
 * @throws {@link KeyBindingError} `tmb_repeated`, `tmb_outside_body`, `parameters_too_many`
 */
export function readTmbParameter({ form, query }: TokenRequestParameters): string | undefined {
  if (countParameters(form) >= MAX_FORM_PARAMETERS) {
    throw new KeyBindingError('parameters_too_many')
  }
  if (query[TMB_PARAMETER] !== undefined) throw new KeyBindingError('tmb_outside_body')

  const value = form[TMB_PARAMETER]
  if (value === undefined || typeof value === 'string') return value
  throw new KeyBindingError('tmb_repeated')
}

function countParameters(form: Readonly<Record<string, unknown>>): number {
  let count = 0
  for (const name in form) {
    const value = form[name]
    count += Array.isArray(value) ? value.length : 1
  }
  return count
}

/**
 * The value of the parameter for a confirmation: JSON text, to be form-encoded once.
 *
 * The draft speaks of "the form-encoded value" of a confirmation and no more. This function and
 * {@link decodeTmb} are the only ones that know how we read that.
 *
 * @see draft-richer-oauth-tmb-claim-01 section 3
 */
export function encodeTmb(confirmation: Confirmation): string {
  return JSON.stringify(confirmation)
}

/**
 * Reads the value of the parameter, form-decoded once.
 *
 * @param options.supported Members that may be there.
 * @throws {@link KeyBindingError} `tmb_too_large`, `tmb_malformed`, `tmb_member_unknown`,
 *   `tmb_member_invalid`
 */
export function decodeTmb(
  value: string,
  { supported }: { readonly supported: readonly ConfirmationMethod[] },
): Confirmation {
  if (new TextEncoder().encode(value).length > MAX_OCTETS) {
    throw new KeyBindingError('tmb_too_large')
  }
  const members = parseJsonObject(value)
  if (members === undefined) throw new KeyBindingError('tmb_malformed')

  return parseConfirmation(members, supported)
}
