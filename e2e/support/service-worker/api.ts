import { createVerifier } from '@tmb-kit/resource-server'
import { cors, protect } from '@tmb-kit/resource-server/hono'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'

/** A request that reached the API, by what a test wants to know of it. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly authorization: string
  readonly range: string
  readonly cookie: string
}

const PHOTO = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** Images, sound, events and orders, all behind the verifier. */
export function createApi(
  { origin, issuer, applicationOrigin }: Readonly<Record<ApiSetting, string>>,
  received: Received[],
): Hono {
  const verifier = createVerifier({ origins: [origin], issuer, audience: origin })
  const sound = createSound()
  const api = new Hono()
  api.use(async (c, next) => {
    const header = (name: string): string => c.req.header(name) ?? ''
    if (c.req.method !== 'OPTIONS') {
      received.push({
        method: c.req.method,
        path: c.req.path,
        authorization: header('Authorization'),
        range: header('Range'),
        cookie: header('Cookie'),
      })
    }
    await next()
  })
  api.use(cors({ origins: [applicationOrigin], allowHeaders: ['Range'] }))
  api.use(protect(verifier, { scope: 'orders.read' }))

  api.get('/orders', (c) => c.json({ orders: ['a bicycle'] }))
  api.post('/orders', async (c) => c.json({ received: await c.req.json<unknown>() }))
  api.get('/photo', (c) => c.body(PHOTO, 200, { 'Content-Type': 'image/png' }))
  api.get('/sound', (c) => {
    const [, from] = /^bytes=(\d+)-/.exec(c.req.header('Range') ?? '') ?? []
    const start = Number(from ?? 0)
    return c.body(sound.subarray(start), from === undefined ? 200 : 206, {
      'Content-Type': 'audio/wav',
      'Accept-Ranges': 'bytes',
      ...(from !== undefined && {
        'Content-Range': `bytes ${start}-${sound.length - 1}/${sound.length}`,
      }),
    })
  })
  // Says something again and again, for as long as somebody listens.
  api.get('/events', (c) =>
    streamSSE(c, async (stream) => {
      while (!stream.aborted) {
        await stream.writeSSE({ data: 'hello', retry: 100 })
        await stream.sleep(100)
      }
    }),
  )
  return api
}

type ApiSetting = 'origin' | 'issuer' | 'applicationOrigin'

/** One second of silence: 8000 samples of 8 bits. */
function createSound(): Buffer<ArrayBuffer> {
  const samples = Buffer.alloc(8000, 128)
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + samples.length, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(8000, 24)
  header.writeUInt32LE(8000, 28)
  header.writeUInt16LE(1, 32)
  header.writeUInt16LE(8, 34)
  header.write('data', 36)
  header.writeUInt32LE(samples.length, 40)
  return Buffer.concat([header, samples])
}
