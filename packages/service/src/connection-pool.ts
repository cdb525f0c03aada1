import type { TLSSocket } from 'node:tls'
import { openConnection, type TlsOptions } from './open-connection.js'
import { ServiceError } from './service-error.js'
import type { Connection, Transport } from './transport.js'

/** A TLS connection, the HTTP on it, and how many requests are under way. */
export interface PooledConnection {
  readonly socket: TLSSocket
  readonly connection: Connection
}

/** A place of the pool: a connection that is being opened, or is open. */
interface Place {
  readonly ready: Promise<PooledConnection>
  /** Requests under way. */
  load: number
}

/** A connection that somebody has taken for one request. */
export interface Lease extends PooledConnection {
  /** Whether a request came before: then the server may have just given the connection up. */
  readonly isUsed: boolean
  release(): void
}

export interface ConnectionPool {
  /**
   * Takes a connection to a resource server: one that has room, else a new one, else the least busy.
   *
   * @throws {ServiceError} `connection_failed`, `protocol_refused`
   */
  lease(origin: string): Promise<Lease>
  close(): void
}

export interface ConnectionPoolOptions {
  readonly tls: TlsOptions
  readonly transport: Transport
  /** To one resource server. */
  readonly maxConnections: number
  readonly onOpen: (origin: string) => void
}

/** Keeps connections open: a proof serves as long as its connection lives. */
export function createConnectionPool(options: ConnectionPoolOptions): ConnectionPool {
  const { tls, transport, maxConnections, onOpen } = options
  const placesOf = new Map<string, Set<Place>>()
  const used = new WeakSet<TLSSocket>()

  const open = async (origin: string): Promise<PooledConnection> => {
    const socket = await openConnection(origin, tls, transport.protocols)
    onOpen(origin)
    return { socket, connection: transport.attach(socket, origin) }
  }
  const addPlace = (origin: string, places: Set<Place>): Place => {
    const place: Place = { ready: open(origin), load: 0 }
    places.add(place)
    const leave = (): void => void places.delete(place)
    place.ready.then(({ socket }) => socket.once('close', leave), leave)
    return place
  }
  const choose = (origin: string, places: Set<Place>): Place => {
    const [leastBusy] = [...places].toSorted((left, right) => left.load - right.load)
    const isFull = places.size >= maxConnections
    return leastBusy !== undefined && (isFull || leastBusy.load < transport.concurrency)
      ? leastBusy
      : addPlace(origin, places)
  }

  return {
    lease: async (origin) => {
      const places = placesOf.get(origin) ?? new Set()
      placesOf.set(origin, places)
      const { place, pooled } = await takeOpen(() => choose(origin, places), places)
      const isUsed = used.has(pooled.socket)
      used.add(pooled.socket)
      return { ...pooled, isUsed, release: () => void (place.load -= 1) }
    },
    close: () => {
      for (const { ready } of [...placesOf.values()].flatMap((places) => [...places])) {
        ready.then(
          ({ connection }) => {
            connection.close()
          },
          () => {
            // It was never opened, and whoever waits for it hears of that.
          },
        )
      }
      placesOf.clear()
    },
  }
}

/** A connection that has ended without a word is passed over; a second one is a failure. */
async function takeOpen(
  choose: () => Place,
  places: Set<Place>,
  attempts = 2,
): Promise<{ readonly place: Place; readonly pooled: PooledConnection }> {
  const place = choose()
  place.load += 1
  try {
    const pooled = await place.ready
    if (pooled.connection.isOpen()) return { place, pooled }

    pooled.connection.close()
  } catch (error) {
    place.load -= 1
    throw error
  }
  places.delete(place)
  if (attempts <= 1) throw new ServiceError('connection_failed')
  return takeOpen(choose, places, attempts - 1)
}
