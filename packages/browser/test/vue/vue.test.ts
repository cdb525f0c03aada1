import { createRootElement } from '../support/dom.js'
import {
  tmbPlugin,
  useLogin,
  useLogout,
  useSession,
  useStepUp,
  useTmb,
  useTmbFetch,
  type VueStepUp,
} from '@tmb-kit/browser/vue'
import { createApp, defineComponent, h, nextTick, ref, type App, type Component } from 'vue'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  API,
  challenge,
  createWorld,
  SIGN_IN_PAGE,
  type Tab,
  type World,
} from '../support/world.js'

let world: World
let element: HTMLElement
let app: App | undefined
beforeEach(() => {
  world = createWorld()
  element = createRootElement()
})
afterEach(() => {
  app?.unmount()
  app = undefined
})

const sessionRequests = (): number => world.requestsTo('/bff/session').length

function mount({ tmb }: Tab, ...components: readonly Component[]): void {
  app = createApp({ render: () => components.map((component) => h(component)) })
  app.use(tmbPlugin(tmb)).mount(element)
}

const showsText = async (text: string): Promise<void> =>
  expect.poll(() => element.textContent).toBe(text)

const Session = defineComponent(() => {
  const session = useSession()
  return () => {
    const { value } = session
    return value.kind === 'active' ? `${value.claims['sub'] as string};` : `${value.kind};`
  }
})

it('issue 5 item 8: three components make one request', async () => {
  const tab = await world.signIn()
  const asked = sessionRequests()
  mount(tab, Session, Session, Session)
  expect(element.textContent).toBe('loading;loading;loading;')
  await showsText('alice;alice;alice;')
  expect(sessionRequests()).toBe(asked + 1)
})

it('follows a sign-out in another tab, and another user’s sign-in', async () => {
  const tab = await world.signIn()
  mount(tab, Session)
  await showsText('alice;')
  world.backend.session = { ...world.backend.session!, sub: 'bob' }
  await world.openTab().tmb.session()
  await showsText('bob;')
  await world.openTab().tmb.logout()
  await showsText('none;')
})

it('follows the end of the session at the backend', async () => {
  const tab = await world.signIn()
  mount(tab, Session)
  await showsText('alice;')
  world.backend.session = undefined
  await expect(tab.tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
  await showsText('none;')
})

it('a component that comes later shows at once what is known', async () => {
  const tab = await world.signIn()
  const isLate = ref(false)
  const Late = defineComponent(() => () => (isLate.value ? h(Session) : 'not yet;'))
  mount(tab, Session, Late)
  await showsText('alice;not yet;')
  const asked = sessionRequests()
  isLate.value = true
  await nextTick()
  expect(element.textContent).toBe('alice;alice;')
  expect(sessionRequests()).toBe(asked)
})

it('nobody listens any more when it is gone', async () => {
  const tab = await world.signIn()
  mount(tab, Session)
  await showsText('alice;')
  app!.unmount()
  app = undefined
  await nextTick()
  const asked = sessionRequests()
  await world.openTab().tmb.logout()
  // The other tab's own requests are all that there is.
  expect(sessionRequests()).toBe(asked)
})

it('useLogin, useLogout, useTmbFetch and useTmb are the page’s own', async () => {
  const tab = await world.signIn()
  const { tmb } = tab
  let seen: unknown
  const Tools = defineComponent(() => {
    seen = [useLogin(), useLogout(), useTmbFetch(), useTmb()]
    return () => ''
  })
  mount(tab, Tools)
  expect(seen).toEqual([tmb.login, tmb.logout, tmb.fetch, tmb])
})

it('without the plugin it says what is missing', () => {
  app = createApp(Session)
  app.config.errorHandler = (error) => {
    throw error
  }
  app.config.warnHandler = () => undefined
  expect(() => app!.mount(element)).toThrow(new TypeError('tmbPlugin is missing'))
})

it('BR-28: useStepUp offers the sign-in that the API asks for, and throws every other error', async () => {
  const tab = await world.signIn()
  let stepUp: VueStepUp | undefined
  const Vault = defineComponent(() => {
    const { login } = (stepUp = useStepUp())
    return () => (login.value ? 'confirm' : 'open')
  })
  mount(tab, Vault)
  world.intercept('/vault', () =>
    challenge('error="insufficient_user_authentication", acr_values="gold"'),
  )
  const call = async (): Promise<Response> => tab.tmb.fetch(`${API}/vault`)
  expect(await stepUp!.attempt(call)).toBeUndefined()
  await showsText('confirm')
  void stepUp!.login.value!()
  await expect.poll(() => tab.visited).toEqual([SIGN_IN_PAGE])
  expect(await world.requestsTo('/bff/login')[0]!.json()).toMatchObject({ acr_values: 'gold' })

  world.intercept('/vault', () => undefined)
  expect((await stepUp!.attempt(call))?.status).toBe(200)
  await showsText('open')
  const error = new Error('another one')
  await expect(stepUp!.attempt(async () => Promise.reject(error))).rejects.toBe(error)
})
