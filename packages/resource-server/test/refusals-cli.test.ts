import { createVerifier } from '@tmb-kit/resource-server'
import { protect } from '@tmb-kit/resource-server/node'
import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '@tmb-kit/testkit/bundle'
import { createTestIssuer, ISSUER } from './support/test-issuer.js'

const now = (): number => Math.floor(Date.now() / 1000)
const clock = Object.assign(now, { advance: () => undefined })

let cli: string
let server: Server | undefined
beforeAll(async () => {
  cli = await bundle(new URL('../src/refusals-cli.ts', import.meta.url), 'refusals-cli')
})
afterEach(async () => {
  server?.closeAllConnections()
  await new Promise((resolve) => server?.close(resolve) ?? resolve(undefined))
  server = undefined
})

interface Outcome {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

const run = async (
  values: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Outcome> => {
  const child = spawn(process.execPath, [cli, ...values], {
    env: { ...process.env, ...environment },
  })
  let output = ''
  let errors = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (errors += String(chunk)))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output, errors }
}

const listen = async (listener: RequestListener): Promise<string> => {
  const started = createServer(listener)
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`
}

const newKey = async (): Promise<{ readonly file: string; readonly jkt: string }> => {
  const { output, errors, code } = await run(['new-key'])
  expect(code).toBe(0)
  const file = join(mkdtempSync(join(tmpdir(), 'tmb-refusals-')), 'key.json')
  writeFileSync(file, output)
  return { file, jkt: /^jkt (\S+)$/m.exec(errors)?.[1] ?? '' }
}

describe('the refusal table as a command', () => {
  it('passes our own verifier over HTTP', async () => {
    const { file, jkt } = await newKey()
    const issuer = await createTestIssuer({ clock })
    const guards: ReturnType<typeof protect>[] = []
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      // As with every framework: a form that is parsed before the guard is looked into.
      const body = Object.fromEntries(new URLSearchParams(await text(request)))
      const verified = await guards[0]?.(Object.assign(request, { body }), response)
      if (verified !== undefined) response.end('orders')
    }
    const origin = await listen((request, response) => void answer(request, response))
    const verifier = createVerifier({
      origins: [origin],
      issuer: ISSUER,
      audience: origin,
      jwks: issuer.jwks(),
    })
    guards.push(protect(verifier))
    const accessToken = await issuer.token({ claims: { aud: origin, cnf: { jkt } } })

    const { code, output } = await run([`${origin}/orders`, '--key', file], {
      ACCESS_TOKEN: accessToken,
    })
    expect(output).toMatch(/^(\d{3}) of \1 bad requests were refused as they should be\.\n$/)
    expect(code).toBe(0)
  })

  it('fails an API that lets everything through, and says what', async () => {
    const { file } = await newKey()
    const origin = await listen((_, response) => response.end('orders'))
    const issuer = await createTestIssuer({ clock })
    const { code, output } = await run([`${origin}/orders`, '--key', file], {
      ACCESS_TOKEN: await issuer.token(),
    })
    expect(code).toBe(1)
    expect(output).toContain('RS-DPOP-01: no proof\n      wanted 401 invalid_dpop_proof, got 200')
  })

  it.each([
    ['no URL', [], /new-key/],
    ['a URL that is none', ['orders'], /orders is not an absolute URL/],
    ['no key', ['https://api.test/'], /--key/],
    ['an unknown flag', ['https://api.test/', '--what'], /--what/],
    [
      'a file that is none',
      ['https://api.test/', '--key', '/nowhere'],
      /nowhere is not the private JWK/,
    ],
  ])('with %s it says so in a sentence, and exits with 2', async (_, values, sentence) => {
    const { code, output, errors } = await run(values, { ACCESS_TOKEN: 'x' })
    expect(`${output}${errors}`).toMatch(sentence)
    expect(errors).not.toContain('    at ')
    expect(code).toBe(2)
  })
})
