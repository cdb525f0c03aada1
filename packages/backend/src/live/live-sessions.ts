import type { Clock } from '@tmb-kit/core'
import type { BackendEvent } from '../events.js'
import type { Sessions } from '../session/sessions.js'
import type { LiveSettings } from './live-options.js'
import { createLiveStream, type LiveStream } from './live-stream.js'

/** A session with an open page. */
export interface LiveSession {
  readonly id: string
  /** Its cookie, to ask the store with. */
  readonly cookie: string
  /** NumericDate at which it is over when nothing else happens. */
  readonly expiresAt: number
}

/** Tells open pages at once that their session may have ended. */
export interface LiveSessions {
  /** @returns `undefined` when there are too many streams already. */
  open(session: LiveSession): ReadableStream<Uint8Array> | undefined
  /** Hears of what happened in this process. */
  hear(event: BackendEvent): void
}

interface LiveContext {
  readonly settings: LiveSettings
  readonly sessions: () => Sessions
  readonly clock: Clock
}

interface Watched {
  readonly session: LiveSession
  readonly streams: Set<LiveStream>
}

/** How many sessions the store is asked for at the same time. */
const POLL_WIDTH = 8

/**
 * Keeps the streams of open pages, in this process. One timer writes to all of them, and asks the store
 * for each session once, however many pages it has.
 *
 * A stream says "look again" and no more: it may be wrong, and holds nothing to steal.
 */
export function createLiveSessions({ settings, sessions, clock }: LiveContext): LiveSessions {
  const { news, pollSeconds, heartbeatSeconds, maxStreams, maxStreamsOfSession, signal } = settings
  const watched = new Map<string, Watched>()
  let streamCount = 0
  let timers: ReturnType<typeof setInterval>[] = []

  const every = (seconds: number, work: () => void): void => {
    timers.push(setInterval(work, seconds * 1000))
  }
  const stopTimers = (): void => {
    for (const timer of timers) clearInterval(timer)
    timers = []
  }
  const streamsOf = (id: string): readonly LiveStream[] => [...(watched.get(id)?.streams ?? [])]
  const tell = (id: string): void => {
    for (const stream of streamsOf(id)) stream.tell()
  }
  const forget = (id: string, stream: LiveStream): void => {
    const entry = watched.get(id)
    if (entry?.streams.delete(stream) !== true) return

    streamCount -= 1
    if (entry.streams.size === 0) watched.delete(id)
    if (streamCount === 0) stopTimers()
  }
  const check = async ({ id, cookie, expiresAt }: LiveSession): Promise<void> => {
    // Only what a store keeps can end without our hearing of it.
    const isStored = sessions().backchannel !== undefined
    if (expiresAt <= clock() || (isStored && (await sessions().open(cookie)) === undefined)) {
      tell(id)
    }
  }
  let polling = false
  const poll = async (): Promise<void> => {
    if (polling) return

    polling = true
    const waiting = [...watched.values()].map(({ session }) => session)
    const work = async (): Promise<void> => {
      for (let session = waiting.pop(); session !== undefined; session = waiting.pop()) {
        // A store that is down says nothing of any session: the next time it may.
        await check(session).catch(() => undefined)
      }
    }
    await Promise.all(Array.from({ length: POLL_WIDTH }, work))
    polling = false
  }
  const closeAll = (): void => {
    for (const id of [...watched.keys()]) for (const stream of streamsOf(id)) stream.close()
  }

  news?.listen(tell)
  signal?.addEventListener('abort', closeAll)
  return {
    open: (session) => {
      if (streamCount >= maxStreams || signal?.aborted === true) return undefined

      const { id } = session
      const oldest = streamsOf(id)
      if (oldest.length >= maxStreamsOfSession) oldest[0]?.close()
      const stream: LiveStream = createLiveStream(() => forget(id, stream))
      const streams = watched.get(id)?.streams ?? new Set()
      watched.set(id, { session, streams: streams.add(stream) })
      streamCount += 1
      if (timers.length === 0) {
        every(heartbeatSeconds, () => {
          for (const one of watched.keys()) for (const beating of streamsOf(one)) beating.beat()
        })
        every(pollSeconds, () => void poll())
      }
      return stream.body
    },
    hear: (event) => {
      if (event.type !== 'session_ended') return

      tell(event.session)
      // Who does not hear of it finds out by asking the store.
      news?.publish(event.session).catch(() => undefined)
    },
  }
}
