import { expect, it } from 'vitest'
import type { Narrator } from '../src/narrator.js'
import { takeReturnError, tellJourney } from '../src/return.js'
import type { Step } from '../src/step.js'

function arrive(href: string): { readonly error: string | undefined; readonly shown: string } {
  let shown = href
  const history = {
    replaceState: (_state: unknown, _title: string, url: URL) => {
      shown = url.href
    },
  } as unknown as History
  return { error: takeReturnError({ href } as Location, history), shown }
}

it('the error of a sign-in is taken out of the address, and nothing else is', () => {
  expect(arrive('https://app.example/orders?a=1&error=access_denied#b')).toEqual({
    error: 'access_denied',
    shown: 'https://app.example/orders?a=1#b',
  })
})

it('the state of a sign-out is taken out, and is no error', () => {
  expect(arrive('https://app.example/?state=abc')).toEqual({
    error: undefined,
    shown: 'https://app.example/',
  })
})

it('an address without either stays to the letter', () => {
  const href = 'https://app.example/?q=a%20b+c#d'
  expect(arrive(href)).toEqual({ error: undefined, shown: href })
})

it.each([
  ['tmb', 'Exchanged the code for tokens that are bound to the thumbprint'],
  ['handoff', 'Got the code, and keeps it sealed until this page hands over a proof'],
] as const)('in mode %s the story of the sign-in says what became of the code', (mode, title) => {
  const titles: string[] = []
  const narrator = { tell: (step: Step) => void titles.push(step.title) } as unknown as Narrator
  tellJourney(narrator, { jkt: 'the-thumbprint', repeat: undefined, mode }, undefined)
  expect(titles).toHaveLength(3)
  expect(titles.at(-1)).toBe(title)
})
