import type { Journey } from './journey.js'
import type { Narrator } from './narrator.js'
import { signInSentence } from './sentences.js'

/**
 * Takes out of the address what a sign-in or a sign-out left there, so that a reload is a new start.
 *
 * @returns the `error` of a sign-in that failed.
 */
export function takeReturnError(location: Location, history: History): string | undefined {
  const url = new URL(location.href)
  const code = url.searchParams.get('error') ?? undefined
  const leftovers = ['error', 'state'].filter((name) => url.searchParams.has(name))
  for (const name of leftovers) url.searchParams.delete(name)
  if (leftovers.length > 0) history.replaceState(undefined, '', url)
  return code
}

/** Tells what happened since the page went away: part of it is out of its sight. */
export function tellJourney(
  narrator: Narrator,
  { jkt, mode }: Journey,
  error: string | undefined,
): void {
  const fine = { tone: 'fine', word: '' } as const
  narrator.tell(
    {
      from: 'browser',
      to: 'backend',
      title: 'Started a sign-in, and sent the thumbprint of its key',
      request: 'POST /bff/login',
      details: [{ label: 'Sent of the key', value: { jkt } }],
    },
    fine,
    jkt,
  )
  narrator.tell(
    {
      from: 'browser',
      to: 'authorization-server',
      title: 'Went to the authorization server, where the user signed in',
      details: [],
    },
    error === undefined ? fine : { tone: 'failed', word: '', note: signInSentence(error) },
  )
  if (error !== undefined) return

  if (mode === 'handoff') {
    const title = 'Got the code, and keeps it sealed until this page hands over a proof'
    narrator.tell({ from: 'backend', to: 'backend', title, details: [] }, fine)
    return
  }
  narrator.tell(
    {
      from: 'backend',
      to: 'authorization-server',
      title: 'Exchanged the code for tokens that are bound to the thumbprint',
      details: [
        { label: 'Parameter of the token request', value: { tmb: { jkt } } },
        {
          label: 'How this page knows',
          value:
            'It does not: code and refresh token never come here. The session that follows says that the backend found the binding in the answer.',
        },
      ],
    },
    fine,
    jkt,
  )
}
