import { expect } from 'vitest'
import type { Answer } from './authorization-server.js'

/** Fifty requests at once. */
export async function raceOfFifty(
  request: (index: number) => Promise<Answer>,
): Promise<readonly Answer[]> {
  return Promise.all(Array.from({ length: 50 }, async (_, index) => request(index)))
}

/** @param word What the losers hear. */
export function expectOneWinner(answers: readonly Answer[], word = 'invalid_grant'): Answer {
  const winners = answers.filter(({ status }) => status === 200)
  expect(winners).toHaveLength(1)
  const losers = answers.filter(({ status }) => status !== 200)
  expect(losers.map(({ body }) => body['error'])).toEqual(Array(49).fill(word))
  return winners[0]!
}
