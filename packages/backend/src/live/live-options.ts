import { assertKnownOptions, assertPositiveSeconds } from '../option-checks.js'
import type { SessionNews } from './session-news.js'

export interface LiveOptions {
  /** How processes tell each other. Default: they do not, and each asks the store in its turn. */
  readonly news?: SessionNews
  /** How often the store is asked for the sessions of open pages. Default: 10 s. */
  readonly pollSeconds?: number
  /** How often a silent stream is written to, so that nobody between takes it for dead. Default: 25 s. */
  readonly heartbeatSeconds?: number
  /** Streams of one session; the oldest makes room. Default: 8. */
  readonly maxStreamsOfSession?: number
  /** Streams of this process; one more is refused with 429. Default: 10,000. */
  readonly maxStreams?: number
  /** Closes all streams, for a shutdown that waits for its connections. */
  readonly signal?: AbortSignal
}

export interface LiveSettings {
  readonly news: SessionNews | undefined
  readonly pollSeconds: number
  readonly heartbeatSeconds: number
  readonly maxStreamsOfSession: number
  readonly maxStreams: number
  readonly signal: AbortSignal | undefined
}

const NAMES: readonly (keyof LiveOptions)[] = [
  'news',
  'pollSeconds',
  'heartbeatSeconds',
  'maxStreamsOfSession',
  'maxStreams',
  'signal',
]

/** @throws {TypeError} */
export function parseLive(options: LiveOptions = {}): LiveSettings {
  assertKnownOptions('live', options, NAMES)
  const { news, signal, pollSeconds = 10, heartbeatSeconds = 25 } = options
  const { maxStreamsOfSession = 8, maxStreams = 10_000 } = options
  assertPositiveSeconds('live.pollSeconds', pollSeconds)
  assertPositiveSeconds('live.heartbeatSeconds', heartbeatSeconds)
  for (const [name, count] of Object.entries({ maxStreamsOfSession, maxStreams })) {
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new TypeError(`live.${name} must be a whole number, 1 or more`)
    }
  }
  return { news, signal, pollSeconds, heartbeatSeconds, maxStreamsOfSession, maxStreams }
}
