import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { runConformance } from '@tmb-kit/authorization-server/conformance'
import { serveSubject, settingsFor } from './support/conformance-subjects.js'
import { createUserAgent } from './support/user-agent.js'
import { serve, type Served } from './support/served.js'

const running: Served[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map(async (served) => served.close()))
})

/** The sign-in and consent pages that oidc-provider brings along: two forms, one after the other. */
const withPages = {
  kind: 'plugin',
  configuration: {
    interactions: { url: (_ctx: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  },
  features: { devInteractions: { enabled: true } },
} as const

const findingOf = async (issuer: string, id: string, changes = {}) => {
  const results = await runConformance(settingsFor(issuer, changes))
  return results.find(({ requirement }) => requirement.id === id)?.finding
}

describe('the conformance command signs a user in', () => {
  it('by filling in the forms of the pages that come', async () => {
    const served = await serveSubject(withPages)
    running.push(served)
    expect(await findingOf(served.origin, 'AS-01b')).toEqual({ kind: 'met' })
  })

  it('by a command that gets the address, and prints where the browser ended', async () => {
    const served = await serveSubject({ kind: 'plugin' })
    running.push(served)
    const forms = await serve(() => (request, response) => {
      const address = new URL(request.url ?? '', 'http://x').searchParams.get('address') ?? ''
      void createUserAgent(served.origin)
        .navigate(address)
        .then(({ href }) => response.end(href))
    })
    running.push(forms)
    const script = join(mkdtempSync(join(tmpdir(), 'sign-in-')), 'sign-in.mjs')
    writeFileSync(
      script,
      `const address = encodeURIComponent(process.argv[2])
       console.log('signing in')
       console.log(await (await fetch('${forms.origin}/?address=' + address)).text())`,
    )
    const changes = { sign_in: { command: [process.execPath, script] } }
    expect(await findingOf(served.origin, 'AS-12a', changes)).toEqual({ kind: 'met' })
  }, 120_000)

  it.each([
    ['has no form', '<p>Use your phone.</p>', /no form to fill in/],
    ['wants other fields', '<form method="post"><input name="pin"></form>', /round in circles/],
  ])('and says so where a page %s', async (_what, page, reason) => {
    const served = await serve((origin) => (request, response) => {
      const metadata = {
        issuer: origin,
        authorization_endpoint: `${origin}/auth`,
        token_endpoint: `${origin}/token`,
      }
      const isMetadata = request.url?.startsWith('/.well-known/') === true
      response.setHeader('Content-Type', isMetadata ? 'application/json' : 'text/html')
      response.end(isMetadata ? JSON.stringify(metadata) : page)
    })
    running.push(served)
    const finding = await findingOf(served.origin, 'AS-01b')
    expect(finding).toMatchObject({ kind: 'not tried', reason: expect.stringMatching(reason) })
  })
})
