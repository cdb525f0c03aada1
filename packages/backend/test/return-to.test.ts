import { describe, expect, it } from 'vitest'
import corpus from './data/return-to.json' with { type: 'json' }
import { deploy } from './support/deployment.js'
import { CLIENT_ID, ISSUER } from './support/fake-authorization-server.js'
import { ORIGIN } from './support/test-browser.js'

const { browser, jkt, server, signIn } = await deploy()

/** Every way in which some browser may read a Location. */
function originsOf(location: string): readonly string[] {
  const readings = [location, location.replaceAll('\\', '/'), location.replace(/[\t\r\n]/g, '')]
  return readings.map((reading) => new URL(reading, ORIGIN).origin)
}

describe('return_to', () => {
  it.each(corpus.refused)('SES-21: %j is refused', async (returnTo) => {
    const answer = await browser.post('/bff/login', { jkt, return_to: returnTo })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ error: 'invalid_return_to' })
  })

  it.each(corpus.accepted)('SES-21: %j is a path of the application', async (returnTo) => {
    const location = (await signIn({ return_to: returnTo })).headers.get('Location') ?? ''
    expect(location.startsWith('/')).toBe(true)
    expect(originsOf(location)).toEqual([ORIGIN, ORIGIN, ORIGIN])
    expect(new URL(location, ORIGIN).href).toBe(new URL(returnTo, ORIGIN).href)
  })

  it.each(corpus.accepted)('SES-21: %j with an error stays on the origin', async (returnTo) => {
    const login = await browser.post('/bff/login', { jkt, return_to: returnTo })
    const { authorization_url: url } = (await login.json()) as { authorization_url: string }
    const answer = await browser.navigate(server.authorize(url, { error: 'access_denied' }))
    const location = answer.headers.get('Location') ?? ''
    expect(originsOf(location)).toEqual([ORIGIN, ORIGIN, ORIGIN])
    expect(new URL(location, ORIGIN).searchParams.get('error')).toBe('access_denied')
  })

  it.each([5, null, true, {}, ['/']])('SES-21: %j is no path', async (returnTo) => {
    const answer = await browser.post('/bff/login', { jkt, return_to: returnTo })
    expect(await answer.json()).toMatchObject({ error: 'invalid_return_to' })
  })

  it('SES-21: without one the user comes back to the root', async () => {
    expect((await signIn()).headers.get('Location')).toBe('/')
  })
})

describe('the way back from a logout', () => {
  const all = [...corpus.refused, ...corpus.accepted]

  it('T-21: the corpus is one', () => {
    expect(new Set(all).size).toBe(all.length)
    expect(all.length).toBeGreaterThanOrEqual(300)
  })

  it('LO-03, T-21: is the application, whatever the page asks for', async () => {
    const endpoint = `${ISSUER}/logout`
    for (const wish of all) {
      const names = ['return_to', 'post_logout_redirect_uri', 'redirect_uri', 'state', 'client_id']
      const wishes = Object.fromEntries(names.map((name) => [name, wish]))
      const query = new URLSearchParams(wishes).toString()
      const answer = await browser.post(`/bff/logout?${query}`, wishes)
      // A body of more than 8 KiB is not read at all.
      expect(wish.length > 1000 ? [200, 413] : [200]).toContain(answer.status)
      if (answer.status !== 200) continue

      const { end_session_url: url } = (await answer.json()) as { end_session_url: string }
      const { origin, pathname, searchParams } = new URL(url)
      expect(origin + pathname).toBe(endpoint)
      expect(searchParams.getAll('post_logout_redirect_uri')).toEqual([`${ORIGIN}/`])
      expect(searchParams.getAll('client_id')).toEqual([CLIENT_ID])
      expect(searchParams.get('state')).toMatch(/^[\w-]{43}$/)
      expect([...searchParams.keys()]).toHaveLength(3)
    }
  })
})
