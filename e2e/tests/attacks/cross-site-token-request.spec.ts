import { expect, test, type Page } from '@playwright/test'
import { API, APPLICATION, openPage, signIn } from '../../support/demo.js'

/** A page of another origin, in the same browser, where the user is signed in at the application. */
async function openForeignPage(page: Page, origin: string): Promise<void> {
  await page.route(`${origin}/foreign`, async (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>foreign</title>' }),
  )
  await page.goto(`${origin}/foreign`)
}

// One shares the site with the application (another port), the others do not.
const FOREIGN_ORIGINS = [API, 'http://attacker.localhost:4999', 'https://attacker.example']

for (const origin of FOREIGN_ORIGINS) {
  test(`SES-11, SES-12: ${new URL(origin).hostname === 'localhost' ? 'a neighbour on the same site' : new URL(origin).hostname} cannot ask for a token`, async ({
    context,
    page,
  }) => {
    await signIn(page)
    const foreign = await context.newPage()
    await openForeignPage(foreign, origin)
    const answers: { url: string; status: number }[] = []
    foreign.on('response', (response) => {
      const { pathname } = new URL(response.url())
      if (pathname.startsWith('/bff/')) answers.push({ url: pathname, status: response.status() })
    })

    const outcomes = await foreign.evaluate(async (application) => {
      const attempt = async (path: string, init: RequestInit): Promise<string> =>
        fetch(`${application}${path}`, { ...init, credentials: 'include' }).then(
          async (response) => (response.type === 'opaque' ? 'opaque' : response.text()),
          () => 'blocked',
        )
      const json = { 'Content-Type': 'application/json', 'X-CSRF': '1' }
      return {
        json: await attempt('/bff/token', { method: 'POST', headers: json, body: '{}' }),
        simple: await attempt('/bff/token', { method: 'POST', mode: 'no-cors', body: '{}' }),
        logout: await attempt('/bff/logout', { method: 'POST', mode: 'no-cors', body: '{}' }),
        session: await attempt('/bff/session', { headers: { 'X-CSRF': '1' } }),
      }
    }, APPLICATION)
    // Whatever the page tries, it reads nothing: a preflight refuses, or the answer's
    // Cross-Origin-Resource-Policy does.
    expect(outcomes).toEqual({
      json: 'blocked',
      simple: 'blocked',
      logout: 'blocked',
      session: 'blocked',
    })
    for (const { url, status } of answers) expect(status, url).toBeGreaterThanOrEqual(400)

    await openPage(page)
    await expect(page.getByTestId('status')).toHaveText('signed-in')
  })
}

test('SES-11: a form of another site gets 403 and ends no session', async ({ context, page }) => {
  await signIn(page)
  const foreign = await context.newPage()
  await openForeignPage(foreign, 'http://attacker.localhost:4999')
  const answered = foreign.waitForResponse(`${APPLICATION}/bff/logout`)
  await foreign.evaluate((application) => {
    const form = Object.assign(document.createElement('form'), {
      method: 'POST',
      action: `${application}/bff/logout`,
      enctype: 'text/plain',
    })
    document.body.append(form)
    form.submit()
  }, APPLICATION)
  expect((await answered).status()).toBe(403)

  await openPage(page)
  await expect(page.getByTestId('status')).toHaveText('signed-in')
})

test('SES-19: no GET takes a jkt', async ({ page }) => {
  await signIn(page)
  const jkt = await page.getByTestId('jkt').innerText()
  const response = await page.request.get(`${APPLICATION}/bff/login?jkt=${jkt}`, {
    headers: { 'X-CSRF': '1' },
  })
  expect(response.status()).toBe(405)
  expect(response.headers()['allow']).toBe('POST')
})
