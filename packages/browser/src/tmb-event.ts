/** What happened, for whoever wants to show or count it. No token, no proof, no key. */
export interface TmbEvent {
  readonly type: 'proof_key_ready'
  readonly jkt: string
}

/** What a page has to react to. Nothing of it navigates by itself. */
export type TmbEventName =
  /** Once for each session that ended: here, in another tab, or at the backend. */
  | 'sessionended'
  /** Another tab has made a new key for this browser. Ask `session()`. */
  | 'keyreplaced'
