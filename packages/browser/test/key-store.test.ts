import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { deleteDatabases, overwriteRecords, readRecords } from './support/records.js'
import { API, createWorld, keyOf, settled, type Tab, type World } from './support/world.js'

let world: World
beforeEach(() => {
  world = createWorld()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const never = (): IDBOpenDBRequest => new EventTarget() as unknown as IDBOpenDBRequest

/** Each way in which a browser does not keep a key, and how to get there. */
const FAILURES: Readonly<Record<string, () => void>> = {
  'IndexedDB is missing': () => vi.stubGlobal('indexedDB', undefined),
  'opening throws, as in a sandboxed frame': () => {
    indexedDB.open = () => {
      throw new DOMException('denied', 'SecurityError')
    }
  },
  'opening is refused': () => {
    indexedDB.open = () => failing('InvalidStateError')
  },
  'opening never ends': () => {
    indexedDB.open = never
  },
  'the key is not taken': () => {
    stubMethod('add', () => {
      throw new DOMException('no keys here', 'DataCloneError')
    })
  },
  'the storage is full': () => {
    stubMethod('add', () => failing('QuotaExceededError'))
  },
  'writing never ends': () => {
    stubMethod('add', never)
  },
  'the key is taken, and nothing comes back': () => {
    stubMethod('get', () => succeeding(undefined))
  },
  'the key comes back without its private half': () => {
    stubMethod('get', () => succeeding({ privateKey: null, publicKey: null }))
  },
  'there is no WebCrypto, as on a page without https': () => vi.stubGlobal('crypto', {}),
}

describe('a key store that fails', () => {
  it.each(Object.entries(FAILURES))(
    'BR-31: %s: key_store_unavailable, from all that needs a key, within three seconds',
    async (_, fail) => {
      vi.useFakeTimers({ toFake: ['setTimeout'] })
      world.backend.session = { jkt: 'x', sub: 'alice' }
      fail()
      const { tmb } = world.openTab()
      const calls = [tmb.session(), tmb.login(), tmb.fetch(`${API}/orders`), tmb.renew()]
      const outcomes = Promise.allSettled(calls)
      await settled()
      vi.advanceTimersByTime(3000)
      for (const outcome of await outcomes) {
        expect(outcome).toMatchObject({ reason: { code: 'key_store_unavailable' } })
      }
      expect(world.requestsTo('/bff/login')).toHaveLength(0)
      expect(world.requestsTo('/orders')).toHaveLength(0)
    },
  )

  it('BR-31: nothing is refused before three seconds are over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    indexedDB.open = never
    let isSettled = false
    const session = world.openTab().tmb.session()
    session.catch(() => (isSettled = true))
    await settled()
    vi.advanceTimersByTime(2999)
    await settled()
    expect(isSettled).toBe(false)
    vi.advanceTimersByTime(1)
    await expect(session).rejects.toMatchObject({ code: 'key_store_unavailable' })
  })

  it('is tried anew by the next call, and works when the store does', async () => {
    const factory = indexedDB
    vi.stubGlobal('indexedDB', undefined)
    const tab = world.openTab()
    await expect(tab.tmb.session()).rejects.toMatchObject({ code: 'key_store_unavailable' })
    vi.stubGlobal('indexedDB', factory)
    expect(await tab.tmb.session()).toEqual({ kind: 'none' })
  })

  it('signing out goes on at the backend, and says at the end that the key may still be there', async () => {
    const { tmb } = await world.signIn()
    vi.stubGlobal('indexedDB', undefined)
    await expect(tmb.logout()).rejects.toMatchObject({ code: 'key_store_unavailable' })
    expect(world.requestsTo('/bff/logout')).toHaveLength(1)
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
  })
})

describe('a record that is no key', () => {
  const damaged: readonly unknown[] = [
    'a string',
    42,
    {},
    { privateKey: 'x', publicKey: 'y' },
    { version: 2, keys: [] },
    new Uint8Array(3),
  ]
  it.each(damaged.map((record) => [JSON.stringify(record), record] as const))(
    'BR-31: %s gives way to a new key',
    async (_, record) => {
      const tab = world.openTab()
      await keyOf(tab)
      await overwriteRecords(record)
      const jkt = await keyOf(world.openTab())
      expect(jkt).toHaveLength(43)
      expect(await keyOf(world.openTab())).toBe(jkt)
    },
  )

  it('BR-03: a key that is there is never overwritten, though reading it failed once', async () => {
    const jkt = await keyOf(world.openTab())
    const open = indexedDB.open.bind(indexedDB)
    let opens = 0
    indexedDB.open = (...values) => {
      opens += 1
      return opens === 1 ? failing('UnknownError') : open(...values)
    }
    expect(await keyOf(world.openTab())).toBe(jkt)
  })
})

describe('a lost key is normal life', () => {
  it('BR-25: the page is told, and one sign-in, back to where it was, makes all well', async () => {
    await world.signIn()
    await deleteDatabases()
    const tab = world.openTab()
    expect(await tab.tmb.session()).toEqual({ kind: 'reauthenticate', reason: 'key_lost' })
    const error: unknown = await tab.tmb.fetch(`${API}/orders`).catch((thrown: unknown) => thrown)
    const { login } = error as { login: Tab['tmb']['login'] }
    void login()
    await vi.waitFor(() => expect(tab.visited).toHaveLength(1))
    const asked = (await world.requestsTo('/bff/login')[0]!.json()) as Record<string, string>
    expect(asked).toEqual({ jkt: await keyOf(tab), return_to: '/orders?tab=2#top' })

    world.backend.session = { jkt: asked['jkt']!, sub: 'alice' }
    const back = world.openTab()
    expect(await back.tmb.session()).toMatchObject({ kind: 'active' })
    expect((await back.tmb.fetch(`${API}/orders`)).status).toBe(200)
  })

  it('BR-31: a key that this page made is tried before anything is asked: it was written and read', async () => {
    const methods: string[] = []
    const { add, get } = IDBObjectStore.prototype
    vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(function (this: never, ...values) {
      methods.push('add')
      return Reflect.apply(add, this, values)
    })
    vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(function (this: never, ...values) {
      methods.push('get')
      return Reflect.apply(get, this, values)
    })
    const sign = vi.spyOn(crypto.subtle, 'sign')
    await keyOf(world.openTab())
    expect(methods).toEqual(['get', 'add', 'get'])
    expect(sign).toHaveBeenCalledTimes(1)
    vi.restoreAllMocks()
  })
})

describe('a connection that is lost', () => {
  it('in the middle of a step is opened anew, once', async () => {
    const tab = await world.signIn()
    let losses = 0
    const { transaction } = IDBDatabase.prototype
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
      this: never,
      ...values
    ) {
      losses += 1
      if (losses === 1) throw new DOMException('The database connection is closing.', 'AbortError')
      return Reflect.apply(transaction, this, values)
    })
    await tab.tmb.logout()
    expect(losses).toBe(2)
    vi.restoreAllMocks()
    expect(await readRecords()).toEqual([])
  })

  it('in the middle of a session stops nothing: none is kept', async () => {
    const { tmb } = await world.signIn()
    // What a browser does when it clears site data: every open connection is closed.
    globalThis.indexedDB = new IDBFactory()
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    await tmb.logout()
    expect(await tmb.session()).toEqual({ kind: 'none' })
  })

  it('none is left open that would block the deletion of the database', async () => {
    await keyOf(world.openTab())
    for (const { name = '' } of await indexedDB.databases()) {
      const blocked = vi.fn()
      const request = indexedDB.deleteDatabase(name)
      request.onblocked = blocked
      await new Promise((resolve) => (request.onsuccess = resolve))
      expect(blocked).not.toHaveBeenCalled()
    }
    expect(await indexedDB.databases()).toEqual([])
  })
})

function stubMethod(name: 'add' | 'get', method: () => unknown): void {
  const open = indexedDB.open.bind(indexedDB)
  indexedDB.open = (...values) => {
    const request = open(...values)
    request.addEventListener('success', () => {
      const { transaction } = request.result
      request.result.transaction = (...names: unknown[]) => {
        const opened = Reflect.apply(transaction, request.result, names) as IDBTransaction
        const { objectStore } = opened
        opened.objectStore = (store: string) =>
          Object.assign(Reflect.apply(objectStore, opened, [store]), { [name]: method })
        return opened
      }
    })
    return request
  }
}

function failing(name: string): IDBOpenDBRequest {
  const request = { error: new DOMException('no', name), onerror: (): void => undefined }
  setImmediate(() => request.onerror())
  return request as unknown as IDBOpenDBRequest
}

function succeeding(result: unknown): IDBRequest {
  const request = { result, onsuccess: (): void => undefined }
  setImmediate(() => request.onsuccess())
  return request as unknown as IDBRequest
}
