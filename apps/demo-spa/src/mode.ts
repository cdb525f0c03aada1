/** How the authorization server learns of the key: see the two modes in the backend's README. */
export type Mode = 'handoff' | 'tmb'

/** What a reader should know of a mode. */
export interface ModeWords {
  /** One line below the mode's name. */
  readonly meaning: string
  /** On the way from the backend to the authorization server, in the picture. */
  readonly edge: string
}

export const MODE_WORDS: Readonly<Record<Mode, ModeWords>> = {
  tmb: {
    meaning: 'the backend names the thumbprint in its token request',
    edge: 'tmb={jkt}',
  },
  handoff: {
    meaning: 'this page signs a proof for the authorization server, and the backend passes it on',
    edge: 'proof, passed on',
  },
}

/** `undefined`: a mode that this page has no words for. */
export function parseMode(value: unknown): Mode | undefined {
  return value === 'tmb' || value === 'handoff' ? value : undefined
}
