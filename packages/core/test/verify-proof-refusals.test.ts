import { PROOF_REFUSALS } from '@tmb-kit/core'
import { describe, expect, it } from 'vitest'
import { createProofWorld, outcomeOf } from './support/proof-world.js'
import { REFUSAL_ROWS } from './support/refusal-rows.js'

describe('RFC 9449 4.3: one thing wrong is enough', () => {
  it.each(REFUSAL_ROWS)(
    '$item: $wrong -> $code',
    async ({ code, changes = {}, mutate, options }) => {
      const world = await createProofWorld()
      const expected = { ...world.options, ...options }
      expect(await outcomeOf(await world.factory.valid(), world.options)).toBe('accepted')

      const made = await world.factory.with(changes)
      const proof = mutate === undefined ? made : await mutate(made, world.factory)
      expect(await outcomeOf(proof, expected)).toBe(code)

      expect(await outcomeOf(await world.factory.valid(), world.options)).toBe('accepted')
    },
  )

  it('has a row for every code', () => {
    const codes = new Set(REFUSAL_ROWS.map(({ code }) => code))
    expect([...codes].toSorted()).toEqual(Object.keys(PROOF_REFUSALS).toSorted())
  })

  it('RS-DPOP-25: no refusal holds a quote, a back slash or a control character', () => {
    for (const { message } of Object.values(PROOF_REFUSALS)) {
      expect(message).toMatch(/^[ !#-[\]-~]+$/)
    }
  })
})
