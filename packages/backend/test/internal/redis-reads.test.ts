import { expect, it } from 'vitest'
import { createRedisReads } from '../../src/session/redis-reads.js'

const octetsOf = (text: string): Uint8Array => new TextEncoder().encode(text)

it('reads that are asked for together are one command, and each gets its own answer', async () => {
  const sent: string[][] = []
  const read = createRedisReads({
    mgetBuffer: async (keys) => {
      sent.push(keys)
      return keys.map((key) => (key === 'gone' ? null : octetsOf(key)))
    },
  })

  const answers = await Promise.all([read(['a', 'b']), read(['gone', 'c']), read(['d'])])
  expect(answers).toEqual([[octetsOf('a'), octetsOf('b')], [null, octetsOf('c')], [octetsOf('d')]])
  expect(sent).toEqual([['a', 'b', 'gone', 'c', 'd']])

  expect(await read(['e'])).toEqual([octetsOf('e')])
  expect(sent).toEqual([['a', 'b', 'gone', 'c', 'd'], ['e']])
})

it.each([
  ['rejects', async () => Promise.reject(new Error('away'))],
  [
    'throws',
    () => {
      throw new Error('away')
    },
  ],
])('a command that %s fails all its reads, and no later one', async (_name, fail) => {
  let isAway = true
  const mgetBuffer = async (keys: string[]): Promise<Uint8Array[]> =>
    isAway ? fail() : keys.map(octetsOf)
  const read = createRedisReads({ mgetBuffer })

  const answers = await Promise.allSettled([read(['a']), read(['b'])])
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])

  isAway = false
  expect(await read(['a'])).toEqual([octetsOf('a')])
})
