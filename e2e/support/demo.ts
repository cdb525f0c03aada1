import { expect, type Page } from '@playwright/test'

const port = Number(process.env['E2E_PORT'] ?? '4600')

/** Where the demo under test answers. */
export const APPLICATION = `http://localhost:${port}`
export const AUTHORIZATION_SERVER = `http://localhost:${port + 1}`
export const API = `http://localhost:${port + 2}`

/**
 * Opens the page and waits until it has its key and knows whether somebody is signed in.
 *
 * A page gives its key store three seconds and then says so. A machine that is busy enough takes
 * longer: then the page is loaded again, as its user would.
 */
export async function openPage(page: Page, path = '/'): Promise<void> {
  await load(page, async () => page.goto(path))
}

/** Loads the page anew, and waits as {@link openPage} does. */
export async function reloadPage(page: Page): Promise<void> {
  await load(page, async () => page.reload())
}

async function load(page: Page, navigate: () => Promise<unknown>): Promise<void> {
  await expect(async () => {
    await navigate()
    await expect(page.getByTestId('status')).toHaveText(/^signed-(?:in|out)$/)
    expect(await page.getByTestId('jkt').innerText()).toMatch(/^[A-Za-z0-9_-]{43}$/)
  }).toPass()
}

/** Signs in through the authorization server's own page. */
export async function signIn(page: Page, user = 'alice', at = '/'): Promise<void> {
  await openPage(page, at)
  await page.getByTestId('sign-in').click()
  await submitPassword(page, user)
  await expect(page.getByTestId('status')).toHaveText(/^signed-(?:in|out)$/)
  if ((await page.getByTestId('jkt').innerText()) === '') await reloadPage(page)
  await expect(page.getByTestId('status')).toHaveText('signed-in')
}

/** Signs out, by way of the authorization server, and waits until the page is back. */
export async function signOut(page: Page): Promise<void> {
  const left = page.waitForURL(/\/session\/end/, { waitUntil: 'commit' })
  await page.getByTestId('sign-out').click()
  await left
  await page.waitForURL(({ pathname }) => pathname === '/', { waitUntil: 'commit' })
  await expect(page.getByTestId('status')).toHaveText('signed-out')
}

export async function submitPassword(page: Page, user: string): Promise<void> {
  await page.locator('input[name="login"]').fill(user)
  await page.locator('input[name="password"]').fill('demo')
  await page.locator('button[type="submit"]').click()
}

/** Token and proof of one request, as a script in the page can get hold of them. */
export async function stealCredentials(
  page: Page,
  request = { method: 'GET', url: `${API}/orders` },
): Promise<{ accessToken: string; proof: string }> {
  const { authorization, dpop } = await page.evaluate(async (r) => window.tmb.authorize(r), request)
  return { accessToken: authorization.replace(/^DPoP /, ''), proof: dpop }
}

/** Calls the API from outside the browser, as a thief would from his own machine. */
export async function callApi(
  headers: Readonly<Record<string, string>>,
  { path = '/orders', method = 'GET' } = {},
): Promise<{ status: number; challenge: string }> {
  const response = await fetch(`${API}${path}`, { method, headers })
  await response.arrayBuffer()
  return { status: response.status, challenge: response.headers.get('WWW-Authenticate') ?? '' }
}

/** Posts to the backend from inside the page, with the headers the browser package would send. */
export async function postToBackend(
  page: Page,
  path: string,
  body: unknown,
): Promise<{ status: number; body: unknown }> {
  return page.evaluate(
    async ({ path, body }) => {
      const headers = { 'Content-Type': 'application/json', 'X-CSRF': '1' }
      const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })
      return { status: response.status, body: (await response.json()) as unknown }
    },
    { path, body },
  )
}
