import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { hasPassed, main, runConformance } from '@tmb-kit/authorization-server/conformance'
import {
  serveSubject,
  settingsFileFor,
  settingsFor,
  type SubjectOptions,
} from './support/conformance-subjects.js'
import { DEFECTS } from './support/defects.js'
import { serve, type Served } from './support/served.js'

const running: Served[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (served) => served.close()))
})

const start = async (options: SubjectOptions): Promise<string> => {
  const served = await serveSubject(options)
  running.push(served)
  return served.origin
}

const tryServer = async (options: SubjectOptions, changes = {}) => {
  const results = await runConformance(settingsFor(await start(options), changes))
  const idsOf = (kind: string) =>
    results.filter(({ finding }) => finding.kind === kind).map(({ requirement }) => requirement.id)
  return { results, notMet: idsOf('not met'), notTried: idsOf('not tried') }
}

describe('the conformance command', () => {
  it('passes our plugin, and tries all there is', async () => {
    const { results, notMet, notTried } = await tryServer({ kind: 'plugin' })
    expect(results.filter(({ finding }) => finding.kind === 'not met')).toEqual([])
    expect(notMet).toEqual([])
    // This client is registered for every method, so none is left to ask for without permission.
    expect(notTried).toEqual(['AS-13a'])
    expect(results.length).toBeGreaterThan(40)
    expect(hasPassed(results)).toBe(true)
    expect(hasPassed(results, { strict: true })).toBe(false)
  })

  it('tries the rest with a client that has fewer methods', async () => {
    const clients = {
      permitted: {
        client_id: 'basic',
        client_secret: 'a-secret-of-the-client-that-nobody-must-see',
      },
      unpermitted: {
        client_id: 'unpermitted',
        client_secret: 'a-secret-of-the-client-that-nobody-must-see',
      },
    }
    const { notMet, notTried } = await tryServer({ kind: 'plugin' }, { clients })
    expect(notMet).toEqual([])
    expect(notTried).toEqual(['AS-09b', 'AS-19', 'AS-20'])
  })

  it('fails plain oidc-provider, in what it does not do and not in what it does', async () => {
    const { notMet, notTried } = await tryServer({ kind: 'plain' })
    expect(notMet).toEqual([
      ...['META-01a', 'META-01b', 'META-01c'],
      ...['AS-01a', 'AS-01b', 'AS-06a', 'AS-06b', 'AS-09a', 'AS-10', 'AS-19', 'AS-20'],
      ...['AS-02', 'AS-03a', 'AS-03b', 'AS-04', 'AS-13b', 'AS-25'],
      ...['AS-05a', 'AS-23'],
      ...['AS-07a', 'AS-07b'],
      ...['AS-11a'],
      ...['AS-12a', 'AS-12b', 'AS-12c', 'AS-12d', 'AS-12e'],
      ...['AS-16a', 'AS-16b'],
    ])
    expect(notTried).toEqual(['AS-13a', 'TX-04'])
  })

  it.each(DEFECTS)('points at the right lines where $name', async (defect) => {
    const { notMet } = await tryServer({ kind: 'plugin', defect })
    expect(notMet).toEqual(defect.breaks)
  })

  it('without a way to sign a user in, it says what that leaves out', async () => {
    const { notMet, notTried, results } = await tryServer(
      { kind: 'plugin' },
      { sign_in: undefined },
    )
    expect(notMet).toEqual([])
    expect(notTried.filter((id) => /^AS-(?:11|12|16|21|22)/.test(id)).length).toBeGreaterThan(15)
    expect(results.find(({ requirement }) => requirement.id === 'AS-12c')?.finding).toEqual({
      kind: 'not tried',
      reason: 'needs a user: the settings have no sign_in and redirect_uri',
    })
  })

  it('gives each requirement an id of its own, and a source', async () => {
    const { results } = await tryServer({ kind: 'plugin' }, { sign_in: undefined })
    const ids = results.map(({ requirement }) => requirement.id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { requirement } of results) {
      expect(requirement.source).toMatch(/^(?:RFC \d+|draft-|profile )/)
    }
  })
})

it('metadata of a server without OpenID is found, and none at all is said so', async () => {
  const served = await serve((origin) => (request, response) => {
    const isThere = request.url === '/.well-known/oauth-authorization-server/tenant'
    response.statusCode = isThere ? 200 : 404
    response.end(isThere ? JSON.stringify({ issuer: `${origin}/tenant` }) : '')
  })
  running.push(served)
  const results = await runConformance(settingsFor(`${served.origin}/tenant`))
  const found = results.find(({ requirement }) => requirement.id === 'META-03')
  expect(found?.finding).toEqual({ kind: 'met' })
  await expect(runConformance(settingsFor(served.origin))).rejects.toThrow(/no metadata at/)
})

describe('the command line', () => {
  const fileWith = (text: string): string => {
    const file = join(mkdtempSync(join(tmpdir(), 'conformance-')), 'settings.json')
    writeFileSync(file, text)
    return file
  }
  const run = async (...values: readonly string[]) => {
    let output = ''
    const code = await main(values, { write: (text) => (output += text) })
    return { code, output }
  }

  it('writes a line for each requirement, and exits with 0 where all are met', async () => {
    const issuer = await start({ kind: 'plugin' })
    const { code, output } = await run(fileWith(settingsFileFor(issuer, { sign_in: undefined })))
    expect(code).toBe(0)
    expect(output).toMatch(/^ok {7}META-01a {2}metadata: tmb_supported is true \[profile Q6\]$/m)
    expect(output).toMatch(/\n\d+ met, 0 not met, \d+ not tried\n$/)
    expect(output).not.toContain('a-secret-of-the-client')
    const strict = await run(fileWith(settingsFileFor(issuer, { sign_in: undefined })), '--strict')
    expect(strict.code).toBe(1)
  })

  it('exits with 1 where one is not met, and says which and why', async () => {
    const issuer = await start({ kind: 'plain' })
    const { code, output } = await run(fileWith(settingsFileFor(issuer, { sign_in: undefined })))
    expect(code).toBe(1)
    expect(output).toMatch(/^NOT MET {2}AS-10 .*: wanted cnf .* in the token response, got none$/m)
  })

  it.each([
    ['no file', [], /settings\.json/],
    ['a file that is not there', ['/nowhere.json'], /nowhere\.json/],
    ['a file without JSON', [fileWith('x')], /one JSON object/],
    ['no issuer', [fileWith(settingsFileFor('not an address'))], /issuer must be/],
    ['no clients', [fileWith('{"issuer":"https://as.test"}')], /clients must be an object/],
    [
      'a client without a secret',
      [
        fileWith(
          settingsFileFor('https://as.test', { clients: { permitted: { client_id: 'x' } } }),
        ),
      ],
      /clients\.permitted needs a client_secret/,
    ],
    [
      'a sign-in that is none',
      [fileWith(settingsFileFor('https://as.test', { sign_in: {} }))],
      /sign_in needs a form/,
    ],
    ['an unknown flag', ['--what'], /--what/],
  ])('with %s it says so in a sentence, and exits with 2', async (_what, values, sentence) => {
    const { code, output } = await run(...values)
    expect(output).toMatch(sentence)
    expect(output).not.toContain('    at ')
    expect(code).toBe(2)
  })
})
