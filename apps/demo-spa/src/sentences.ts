import { TmbError } from '@tmb-kit/browser'

/** What went wrong, and what to do: by the code that the sign-in came back with. */
const SIGN_IN_SENTENCES: Readonly<Record<string, string>> = {
  access_denied: 'The sign-in was refused. Sign in again if that was a mistake.',
  as_error: 'The authorization server did not answer as it should. Sign in again.',
  as_unavailable: 'The authorization server is down or slow. Try again in a moment.',
  binding_not_applied:
    'The authorization server did not bind the token to this browser’s key, so the backend threw it away.',
  consent_required: 'The authorization server wants a consent that was not given. Sign in again.',
  interaction_required: 'The authorization server wants to ask you something. Sign in again.',
  login_required: 'The authorization server wants you to sign in. Sign in again.',
  reauthentication_not_proven:
    'This key is new here, so you had to show your password, and the authorization server did not confirm that you did.',
  temporarily_unavailable: 'The authorization server is busy. Try again in a moment.',
}

/** What went wrong, and what to do: by the code of an error of the browser package. */
const ERROR_SENTENCES: Readonly<Record<string, string>> = {
  ...SIGN_IN_SENTENCES,
  backend_unavailable: 'The backend does not answer as it should. Is it still running?',
  csrf_rejected: 'The backend takes this page for a foreign one: is its ORIGIN this address?',
  key_lost: 'This browser’s key is gone. Sign in again: a new key will be made.',
  key_mismatch: 'The session belongs to another key. Sign in again.',
  key_store_unavailable:
    'This browser cannot keep a key: private mode, or storage that is full or switched off.',
  login_in_frame: 'A sign-in does not start inside a frame. Open the page by itself.',
  login_required: 'The session is over. Sign in again.',
  no_session: 'Nobody is signed in. Sign in first.',
  slow_down: 'That was too often. Wait a moment.',
  step_up_required: 'The API wants a newer sign-in.',
}

const NO_NETWORK = 'The API does not answer, or does not let this page ask. Is it still running?'
const CODE = /^[a-z_]{1,40}$/

/** A sentence for the `error` that a sign-in came back with. Text of a stranger is never shown. */
export function signInSentence(code: string): string {
  if (!CODE.test(code)) return 'The sign-in failed.'
  return sentenceOf(SIGN_IN_SENTENCES, code) ?? `The sign-in failed (${code}).`
}

/** A sentence for whatever a call of the browser package threw. */
export function errorSentence(error: unknown): string {
  if (error instanceof TmbError) return codeSentence(error.code)
  return error instanceof TypeError ? NO_NETWORK : 'It did not work; the console says more.'
}

/** A sentence for a code of the browser package, or for the reason to sign in again. */
export function codeSentence(code: string): string {
  return sentenceOf(ERROR_SENTENCES, code) ?? `It did not work (${code}).`
}

function sentenceOf(sentences: Readonly<Record<string, string>>, code: string): string | undefined {
  return Object.hasOwn(sentences, code) ? sentences[code] : undefined
}
