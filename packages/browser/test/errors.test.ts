import { readFile } from 'node:fs/promises'
import type { TmbErrorCode } from '@tmb-kit/browser'
import { TmbError } from '@tmb-kit/browser'
import { beforeEach, describe, expect, it } from 'vitest'
import { API, createWorld, reply, type World } from './support/world.js'

/** A code without a line here does not compile. */
const CODES: Readonly<Record<TmbErrorCode, true>> = {
  algorithm_not_supported: true,
  as_error: true,
  as_unavailable: true,
  as_use_dpop_nonce: true,
  backend_unavailable: true,
  binding_not_applied: true,
  csrf_rejected: true,
  frame_not_allowed: true,
  header_not_allowed: true,
  invalid_dpop_proof: true,
  invalid_jkt: true,
  invalid_request: true,
  invalid_return_to: true,
  invalid_scope: true,
  invalid_target: true,
  invalid_token_endpoint_proof: true,
  key_mismatch: true,
  key_store_unavailable: true,
  login_required: true,
  method_not_allowed: true,
  no_session: true,
  origin_not_allowed: true,
  service_worker_unavailable: true,
  slow_down: true,
  step_up_required: true,
  token_endpoint_proof_required: true,
  too_large: true,
  unsupported_media_type: true,
  url_refused: true,
  use_dpop_nonce: true,
}

let world: World
beforeEach(() => {
  world = createWorld()
})

describe('errors', () => {
  it('the table in README.md has a row for each code, and for nothing else', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
    const rows = readme.slice(readme.indexOf('## Errors')).matchAll(/^\| (`[^|]+) \|/gm)
    const named = [...rows].flatMap(([, cell = '']) => cell.match(/\w+/g) ?? [])
    const codes = named.filter((word) => word !== 'code')
    expect(codes.toSorted()).toEqual(Object.keys(CODES))
  })

  it('are instances of TmbError, with a name and a code', () => {
    const error = new TmbError('no_session')
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'TmbError', code: 'no_session', message: 'no_session' })
  })

  it('hold nothing of an answer that was refused, or could not be read', async () => {
    const { tmb } = await world.signIn()
    const answers: readonly (() => Response)[] = [
      () => reply({ error: 'as_error', error_description: 'canary', access_token: 'canary' }, 502),
      () => new Response('{"access_token": "canary", ', { status: 200 }),
      () => new Response('canary', { status: 500 }),
      () => reply({ access_token: 'canary', token_type: 'Bearer', expires_in: 300 }),
    ]
    for (const answer of answers) {
      world.intercept('/bff/token', answer)
      const error: unknown = await tmb.fetch(`${API}/orders`).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(TmbError)
      const { message, stack, cause } = error as TmbError
      const text = JSON.stringify([error, message, stack, String(cause)])
      expect(text).not.toContain('canary')
    }
  })
})

describe('what a page can see of the tokens', () => {
  it('BR-16, BR-27: the object, its events and the store hold no token', async () => {
    const { tmb, events } = await world.signIn()
    await tmb.fetch(`${API}/orders`)
    expect(JSON.stringify([tmb, Object.getOwnPropertyNames(tmb), events])).not.toContain('token-1')
  })
})
