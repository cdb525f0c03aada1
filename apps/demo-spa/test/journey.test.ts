import { beforeEach, describe, expect, it } from 'vitest'
import { beginJourney, endJourney } from '../src/journey.js'

function memoryStorage(): Storage {
  const items = new Map<string, string>()
  return {
    get length() {
      return items.size
    },
    clear: () => items.clear(),
    getItem: (name) => items.get(name) ?? null,
    key: (index) => [...items.keys()][index] ?? null,
    removeItem: (name) => void items.delete(name),
    setItem: (name, value) => void items.set(name, value),
  }
}

describe('a journey', () => {
  let storage: Storage
  beforeEach(() => {
    storage = memoryStorage()
  })

  it('ends once', () => {
    const journey = { jkt: 'the-thumbprint', repeat: '/vault', mode: 'handoff' } as const
    beginJourney(storage, journey)
    expect(endJourney(storage)).toEqual(journey)
    expect(endJourney(storage)).toBeUndefined()
    expect(storage.length).toBe(0)
  })

  it('repeats only what a button of the page can ask for', () => {
    for (const repeat of ['/whoami', 'https://evil.example/', '//evil.example', 7]) {
      storage.setItem('tmb-demo-journey', JSON.stringify({ jkt: 'the-thumbprint', repeat }))
      expect(endJourney(storage)).toMatchObject({ jkt: 'the-thumbprint', repeat: undefined })
    }
  })

  it('that makes no sense is none', () => {
    for (const text of ['', 'x', '[]', '{}', '{"jkt":1}']) {
      storage.setItem('tmb-demo-journey', text)
      expect(endJourney(storage)).toBeUndefined()
    }
  })
})
