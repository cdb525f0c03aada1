import type { Tmb } from './create-tmb.js'

export interface FollowOptions {
  /** Default: `/bff`, as for `createTmb`. */
  readonly backendUrl?: string
}

/**
 * Has the backend say at once when the session has ended elsewhere: in another browser, by an
 * operator, or at the authorization server. Then `sessionended` comes as it would at the next call.
 *
 * A stream is open while the page is visible and its session active. Does not work against a backend
 * with `proofOfPossession: 'required'`, since an `EventSource` sends no proof, and on one that refuses
 * it: there the page finds out when it is looked at again, or at its next call.
 *
 * @returns a function that stops it.
 * @example
 * const stop = followSession(tmb)
 */
export function followSession(
  tmb: Pick<Tmb, 'on' | 'session'>,
  { backendUrl = '/bff' }: FollowOptions = {},
): () => void {
  let source: EventSource | undefined
  let isActive = false

  const update = (): void => {
    const isWanted = isActive && !document.hidden
    if (!isWanted || source?.readyState === EventSource.CLOSED) {
      source?.close()
      source = undefined
    }
    if (!isWanted) return

    source ??= new EventSource(`${backendUrl}/events`)
    source.onmessage = () => {
      source?.close()
      void look()
    }
  }
  const look = async (): Promise<void> => {
    // A backend that is not reached now says nothing of the session.
    const state = await tmb.session().catch(() => undefined)
    if (state !== undefined) isActive = state.kind === 'active'
    update()
  }

  const stops = [
    tmb.on('sessionstarted', () => void look()),
    tmb.on('sessionended', () => {
      isActive = false
      update()
    }),
  ]
  document.addEventListener('visibilitychange', update)
  void look()
  return () => {
    for (const stop of stops) stop()
    document.removeEventListener('visibilitychange', update)
    isActive = false
    update()
  }
}
