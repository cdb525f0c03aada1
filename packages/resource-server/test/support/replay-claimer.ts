import { Redis } from 'ioredis'
import { redisReplayStore } from '@tmb-kit/resource-server/redis'
import type { Jkt } from '@tmb-kit/resource-server'

/** One of several processes: claims the same proofs as the others, and says what it won. */
const [, , port = '', rounds = ''] = process.argv
const redis = new Redis({ port: Number(port), host: '127.0.0.1', enableAutoPipelining: true })
const store = redisReplayStore({ redis })
const jkt = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' as Jkt
const expiresAt = Math.floor(Date.now() / 1000) + 70

await redis.ping()
process.stdout.write('ready\n')
await new Promise((resolve) => process.stdin.once('data', resolve))
for (let round = 0; round < Number(rounds); round += 1) {
  const claims = Array.from({ length: 25 }, async () =>
    store.claim(jkt, `round-${round}`, expiresAt),
  )
  const wins = (await Promise.all(claims)).filter(Boolean).length
  process.stdout.write(`${wins}\n`)
}
redis.disconnect()
process.exit(0)
