import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A listener on a port of its own. */
export interface Served {
  readonly origin: string
  close(): Promise<void>
}

/** The listener is made once its address is known. */
export async function serve(
  create: (origin: string) => Promise<RequestListener> | RequestListener,
): Promise<Served> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  server.on('request', await create(origin))
  return {
    origin,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
