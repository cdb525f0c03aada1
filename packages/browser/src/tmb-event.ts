/** What happened, for whoever wants to show or count it. No token, no proof, no key. */
export type TmbEvent =
  /** The key was read, or made. */
  | { readonly type: 'proof_key_ready'; readonly jkt: string }
  /** A request was answered; `status` 0: it was not. Repeated ones are told each time. */
  | {
      readonly type: 'request_sent'
      readonly method: string | undefined
      /** Without query and fragment. */
      readonly url: string
      readonly status: number
    }

/** What a page has to react to. Nothing of it navigates by itself. */
export type TmbEventName =
  /** Once for each session that ended: here, in another tab, or at the backend. */
  | 'sessionended'
  /** Another tab has seen a session begin, perhaps of another user. Ask `session()`. */
  | 'sessionstarted'
  /** Another tab has made a new key for this browser. Ask `session()`. */
  | 'keyreplaced'
