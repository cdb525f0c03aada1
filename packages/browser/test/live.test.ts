import type { SessionState, TmbEventName } from '@tmb-kit/browser'
import { followSession } from '@tmb-kit/browser/live'
import { afterEach, beforeEach, expect, describe, it, vi } from 'vitest'

/** A stream that a test speaks through. */
class TestEventSource {
  static readonly CLOSED = 2
  static readonly opened: TestEventSource[] = []
  readyState = 1
  onmessage: (() => void) | undefined
  readonly url: string
  constructor(url: string) {
    this.url = url
    TestEventSource.opened.push(this)
  }
  close(): void {
    this.readyState = TestEventSource.CLOSED
  }
}

class TestDocument extends EventTarget {
  hidden = false
  show(isShown: boolean): void {
    this.hidden = !isShown
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

const ACTIVE = { kind: 'active', claims: {}, jkt: 'jkt', expiresAt: 1 } as SessionState

function createPage(options?: Parameters<typeof followSession>[1]) {
  const events = new EventTarget()
  let answer: () => Promise<SessionState> = async () => ACTIVE
  const session = vi.fn(async () => answer())
  const tmb = {
    session,
    on: (name: TmbEventName, listener: () => void) => {
      events.addEventListener(name, listener)
      return () => events.removeEventListener(name, listener)
    },
  }
  const stop = followSession(tmb, options)
  return {
    session,
    stop,
    answerWith: (next: typeof answer) => (answer = next),
    tell: (name: TmbEventName) => events.dispatchEvent(new Event(name)),
  }
}

const open = () => TestEventSource.opened.filter(({ readyState }) => readyState === 1)

describe('followSession', () => {
  let page: TestDocument
  beforeEach(() => {
    TestEventSource.opened.length = 0
    page = new TestDocument()
    vi.stubGlobal('EventSource', TestEventSource)
    vi.stubGlobal('document', page)
  })
  afterEach(() => vi.unstubAllGlobals())

  it('LO-11: looks at the session as soon as the backend says so', async () => {
    const { answerWith, session } = createPage()
    await vi.waitFor(() => expect(open()).toHaveLength(1))
    expect(open()[0]?.url).toBe('/bff/events')
    answerWith(async () => ({ kind: 'none' }))
    open()[0]?.onmessage?.()
    await vi.waitFor(() => expect(session).toHaveBeenCalledTimes(2))
    expect(open()).toHaveLength(0)
  })

  it('LO-11: a false alarm costs one look, and the stream is opened again', async () => {
    const { session } = createPage({ backendUrl: '/backend' })
    await vi.waitFor(() => expect(open()).toHaveLength(1))
    open()[0]?.onmessage?.()
    expect(open()).toHaveLength(0)
    await vi.waitFor(() => expect(open()).toHaveLength(1))
    expect(session).toHaveBeenCalledTimes(2)
    expect(TestEventSource.opened.map(({ url }) => url)).toEqual([
      '/backend/events',
      '/backend/events',
    ])
  })

  it('has no stream without a session, and opens one when another tab has seen it begin', async () => {
    const { answerWith, session, tell } = createPage()
    await vi.waitFor(() => expect(open()).toHaveLength(1))
    answerWith(async () => ({ kind: 'none' }))
    open()[0]?.onmessage?.()
    await vi.waitFor(() => expect(session).toHaveBeenCalledTimes(2))
    expect(open()).toHaveLength(0)
    answerWith(async () => ACTIVE)
    tell('sessionstarted')
    await vi.waitFor(() => expect(open()).toHaveLength(1))
  })

  it('closes its stream while nobody looks, and when the session ends', async () => {
    const { tell } = createPage()
    await vi.waitFor(() => expect(open()).toHaveLength(1))
    page.show(false)
    expect(open()).toHaveLength(0)
    page.show(true)
    expect(open()).toHaveLength(1)
    tell('sessionended')
    expect(open()).toHaveLength(0)
    page.show(true)
    expect(open()).toHaveLength(0)
  })

  it('a backend that refuses the stream is asked again when the page is seen again', async () => {
    createPage()
    await vi.waitFor(() => expect(open()).toHaveLength(1))
    open()[0]?.close()
    expect(TestEventSource.opened).toHaveLength(1)
    page.show(true)
    expect(open()).toHaveLength(1)
    expect(TestEventSource.opened).toHaveLength(2)
  })

  it('a backend that is not reached ends nothing', async () => {
    const { answerWith, session } = createPage()
    await vi.waitFor(() => expect(open()).toHaveLength(1))
    answerWith(async () => Promise.reject(new Error('offline')))
    open()[0]?.onmessage?.()
    await vi.waitFor(() => expect(session).toHaveBeenCalledTimes(2))
    await vi.waitFor(() => expect(open()).toHaveLength(1))
  })

  it('stops when it is told to', async () => {
    const { stop, tell } = createPage()
    await vi.waitFor(() => expect(open()).toHaveLength(1))
    stop()
    expect(open()).toHaveLength(0)
    page.show(true)
    tell('sessionstarted')
    expect(open()).toHaveLength(0)
  })
})
