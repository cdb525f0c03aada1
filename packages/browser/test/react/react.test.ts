import { createRootElement } from '../support/dom.js'
import {
  TmbProvider,
  useLogin,
  useLogout,
  useSession,
  useStepUp,
  useTmb,
  useTmbFetch,
  type StepUp,
} from '@tmb-kit/browser/react'
import { createElement, StrictMode, type FunctionComponent } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  API,
  challenge,
  createWorld,
  SIGN_IN_PAGE,
  type Tab,
  type World,
} from '../support/world.js'

let world: World
let root: Root
let element: HTMLElement
beforeEach(() => {
  world = createWorld()
  element = createRootElement()
  root = createRoot(element)
})
afterEach(() => {
  root.unmount()
})

const sessionRequests = (): number => world.requestsTo('/bff/session').length

/** Renders in StrictMode, which runs everything twice. */
function render({ tmb }: Tab, ...components: readonly FunctionComponent[]): void {
  const children = components.map((component, key) => createElement(component, { key }))
  root.render(createElement(StrictMode, {}, createElement(TmbProvider, { tmb }, children)))
}

const showsText = async (text: string): Promise<void> =>
  expect.poll(() => element.textContent).toBe(text)

const Session: FunctionComponent = () => {
  const session = useSession()
  return session.kind === 'active' ? `${session.claims['sub'] as string};` : `${session.kind};`
}

describe('useSession', () => {
  it('issue 5 item 8: StrictMode and three components make one request', async () => {
    const tab = await world.signIn()
    const asked = sessionRequests()
    render(tab, Session, Session, Session)
    await showsText('alice;alice;alice;')
    expect(sessionRequests()).toBe(asked + 1)
  })

  it('shows that it is loading until then', async () => {
    const tab = await world.signIn()
    const tmb = { ...tab.tmb, session: async () => new Promise<never>(() => undefined) }
    render({ ...tab, tmb }, Session)
    await showsText('loading;')
  })

  it('follows a sign-out in another tab', async () => {
    const tab = await world.signIn()
    render(tab, Session)
    await showsText('alice;')
    await world.openTab().tmb.logout()
    await showsText('none;')
  })

  it('follows the end of the session at the backend', async () => {
    const tab = await world.signIn()
    render(tab, Session)
    await showsText('alice;')
    world.backend.session = undefined
    await expect(tab.tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
    await showsText('none;')
  })

  it('follows another user’s sign-in in another tab', async () => {
    const tab = await world.signIn()
    render(tab, Session)
    await showsText('alice;')
    world.backend.session = { ...world.backend.session!, sub: 'bob' }
    await world.openTab().tmb.session()
    await showsText('bob;')
  })

  it('a backend that does not answer is a view too, with another try in it', async () => {
    const tab = await world.signIn()
    let retry: () => void = () => undefined
    const Failing: FunctionComponent = () => {
      const session = useSession()
      if (session.kind === 'failed') ({ retry } = session)
      return session.kind
    }
    world.intercept('/bff/session', () => new Response('no', { status: 502 }))
    render(tab, Failing)
    await showsText('failed')
    world.intercept('/bff/session', () => undefined)
    retry()
    await showsText('active')
  })

  it('asks again when it is shown again, and not while nobody looks', async () => {
    const tab = await world.signIn()
    render(tab, Session)
    await showsText('alice;')
    render(tab)
    await showsText('')
    world.backend.session = undefined
    const asked = sessionRequests()
    render(tab, Session)
    await showsText('none;')
    expect(sessionRequests()).toBe(asked + 1)
  })
})

describe('what a component can do', () => {
  it('useLogin, useLogout, useTmbFetch and useTmb are the page’s own, from render to render', async () => {
    const tab = await world.signIn()
    const seen: unknown[] = []
    render(tab, () => {
      seen.push([useLogin(), useLogout(), useTmbFetch(), useTmb()])
      return null
    })
    const { tmb } = tab
    await expect.poll(() => seen.length).toBeGreaterThan(1)
    for (const tools of seen) expect(tools).toEqual([tmb.login, tmb.logout, tmb.fetch, tmb])
  })

  it('outside of a provider it says what is missing', async () => {
    const errors: unknown[] = []
    const failing = createRoot(createRootElement(), {
      onUncaughtError: (error) => void errors.push(error),
    })
    failing.render(createElement(Session))
    await expect.poll(() => errors).toEqual([new TypeError('TmbProvider is missing')])
  })
})

describe('useStepUp', () => {
  let stepUp: StepUp
  const Vault: FunctionComponent = () => {
    stepUp = useStepUp()
    return stepUp.login ? 'confirm' : 'open'
  }

  it('BR-28: offers the sign-in that the API asks for, and takes the offer back after a success', async () => {
    const tab = await world.signIn()
    render(tab, Vault)
    await showsText('open')
    world.intercept('/vault', () =>
      challenge('error="insufficient_user_authentication", max_age="5"'),
    )
    const call = async (): Promise<Response> => tab.tmb.fetch(`${API}/vault`)
    const { attempt } = stepUp
    expect(await attempt(call)).toBeUndefined()
    await showsText('confirm')
    expect(stepUp.attempt).toBe(attempt)

    void stepUp.login!()
    await expect.poll(() => tab.visited).toEqual([SIGN_IN_PAGE])
    expect(await world.requestsTo('/bff/login')[0]!.json()).toMatchObject({ max_age: 5 })

    world.intercept('/vault', () => undefined)
    expect((await stepUp.attempt(call))?.status).toBe(200)
    await showsText('open')
  })

  it('throws every other error', async () => {
    const tab = await world.signIn()
    render(tab, Vault)
    await showsText('open')
    const error = new Error('another one')
    await expect(stepUp.attempt(async () => Promise.reject(error))).rejects.toBe(error)
    await showsText('open')
  })
})
