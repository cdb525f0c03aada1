import { describe, expect, it } from 'vitest'
import { API, deploy } from './support/deployment.js'
import { ISSUER } from './support/fake-authorization-server.js'

describe('the whole flow, mode tmb', () => {
  it('signs in, hands out a bound token, refreshes it and signs out', async () => {
    const { browser, server, jkt, clock, signIn, token } = await deploy()
    expect(await (await browser.get('/bff/session')).json()).toEqual({ active: false, mode: 'tmb' })

    const callback = await signIn({ return_to: '/orders?tab=2' })
    expect(callback.status).toBe(303)
    expect(callback.headers.get('Location')).toBe('/orders?tab=2')
    expect(await (await browser.get('/bff/session')).json()).toEqual({
      active: true,
      mode: 'tmb',
      claims: { sub: 'user-1', name: 'Alice' },
      jkt,
      scope: 'openid offline_access orders.read orders.write',
      expires_at: clock() + 8 * 3600,
    })

    const first = await token()
    expect(first.status).toBe(200)
    const answer = (await first.json()) as { access_token: string }
    expect(answer).toMatchObject({ token_type: 'DPoP', expires_in: 300, resource: API, jkt })
    expect(server.formsTo('/token')).toHaveLength(1)

    clock.advance(280)
    const renewed = (await (await token()).json()) as { access_token: string; scope: string }
    expect(renewed.access_token).not.toBe(answer.access_token)
    expect(renewed.scope).toBe('orders.read orders.write')
    expect(server.formsTo('/token')).toHaveLength(2)

    const logout = await browser.post('/bff/logout', {})
    expect(logout.status).toBe(200)
    const { end_session_url: endSessionUrl } = (await logout.json()) as { end_session_url: string }
    expect(endSessionUrl.startsWith(`${ISSUER}/logout?`)).toBe(true)
    expect(server.revoked).toHaveLength(1)
    expect((await token()).status).toBe(401)
  })
})
