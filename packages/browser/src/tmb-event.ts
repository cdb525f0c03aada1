/** What happened, for whoever wants to show or count it. No token, no proof, no key. */
export interface TmbEvent {
  /** A request to the backend or to an API. Repeated ones are told each time. */
  readonly type: 'request_sent'
  readonly method: string | undefined
  /** Without query and fragment. */
  readonly url: string
  /** 0: nobody answered. */
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
