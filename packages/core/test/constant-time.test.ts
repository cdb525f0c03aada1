import { equalInConstantTime, hmacNonceSource, verifyProof } from '@tmb-kit/core'
import { createProofFactory, generateProofKey, testClock } from '@tmb-kit/testkit'
import { describe, expect, it } from 'vitest'

const HTU = 'https://api.test/orders'
const ACCESS_TOKEN = 'a-token'

/** The same text, another character at one place. */
const changedAt = (text: string, at: number): string =>
  `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`

/** A text that says how often it was looked into. */
const countedText = (text: string) => {
  let looked = 0
  const counted = {
    length: text.length,
    charCodeAt: (at: number) => {
      looked += 1
      return text.charCodeAt(at)
    },
  } as unknown as string
  return { counted, looked: () => looked }
}

describe('what is compared without telling where it differs', () => {
  it.each([0, 21, 42])(
    'RS-DPOP-31: a text is looked at to its end, if it differs at place %i as well',
    (at) => {
      const secret = 'x'.repeat(43)
      const { counted, looked } = countedText(changedAt(secret, at))
      expect(equalInConstantTime(counted, secret)).toBe(false)
      expect(looked()).toBe(43)
    },
  )

  it('RS-DPOP-31: equal texts are equal, and texts of other lengths are not', () => {
    expect(equalInConstantTime('abc', 'abc')).toBe(true)
    expect(equalInConstantTime('abc', 'abcd')).toBe(false)
    expect(equalInConstantTime('', '')).toBe(true)
  })

  it('RS-DPOP-31: a refusal does not tell how much of ath, key or nonce was right', async () => {
    const clock = testClock()
    const nonceSource = hmacNonceSource({ secrets: ['s'.repeat(32)], clock })
    const nonce = await nonceSource.current()
    const factory = await createProofFactory({
      proofKey: await generateProofKey(),
      htm: 'GET',
      htu: HTU,
      accessToken: ACCESS_TOKEN,
      clock,
    })
    const request = { htm: 'GET', htu: HTU, accessToken: ACCESS_TOKEN, nonceSource, clock }
    const good = await factory.with({ claims: { nonce } })
    const { jkt, claims } = await verifyProof(good, request)
    const messageOf = async (proof: string, expected: string): Promise<string> =>
      verifyProof(proof, { ...request, jkt: expected }).then(
        () => 'accepted',
        (error: unknown) => String(error),
      )

    for (const [wrong, message] of [
      [{ ath: claims.ath ?? '' }, 'ProofError: ath does not match'],
      [{ nonce }, 'ProofError: a fresh nonce is required'],
    ] as const) {
      const [[name, right]] = Object.entries(wrong) as [[string, string]]
      const messages = await Promise.all(
        [0, right.length - 2].map(async (at) =>
          messageOf(await factory.with({ claims: { nonce, [name]: changedAt(right, at) } }), jkt),
        ),
      )
      expect(messages).toEqual([message, message])
    }
    for (const at of [0, 41]) {
      expect(await messageOf(good, changedAt(jkt, at))).toBe('ProofError: Invalid DPoP key binding')
    }
  })
})
