import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { NotTried } from './finding.js'
import { findForm } from './html-form.js'
import type { SignInSettings } from './settings.js'

export interface SignInOptions {
  readonly signIn: SignInSettings
  readonly redirectUri: string
  readonly fetch: typeof globalThis.fetch
}

/** Pages and redirects of one sign-in, beyond which it is going round in circles. */
const MAX_STEPS = 20
const COMMAND_MILLISECONDS = 120_000

/**
 * Opens an authorization request as a new browser would, and gives the address that it ends at.
 *
 * @throws {@link NotTried} when nobody can be signed in that way.
 */
export async function signIn(authorizationUrl: string, options: SignInOptions): Promise<URL> {
  const { signIn: how, redirectUri } = options
  const address =
    how.kind === 'command'
      ? await askCommand(how.command, authorizationUrl)
      : await fillForms(authorizationUrl, how.fields, options)
  const callback = URL.parse(address)
  if (callback === null || !address.startsWith(redirectUri)) {
    throw new NotTried('the sign-in did not end at the redirect_uri')
  }
  return callback
}

/** The command gets the address as its last argument, and prints the one that the browser ended at. */
async function askCommand(
  [program = '', ...values]: readonly string[],
  authorizationUrl: string,
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, [...values, authorizationUrl], {
      timeout: COMMAND_MILLISECONDS,
    })
    return stdout.trim().split('\n').at(-1) ?? ''
  } catch (cause) {
    throw new NotTried(`the command ${program} failed`, { cause })
  }
}

interface Step {
  readonly address: string
  readonly form?: URLSearchParams
}

async function fillForms(
  authorizationUrl: string,
  fields: Readonly<Record<string, string>>,
  { redirectUri, fetch }: SignInOptions,
): Promise<string> {
  const jar = new Map<string, Map<string, string>>()
  let step: Step = { address: authorizationUrl }
  for (let count = 0; count < MAX_STEPS; count += 1) {
    const { address, form } = step
    if (address.startsWith(redirectUri)) return address

    const cookies = jar.get(new URL(address).host) ?? new Map<string, string>()
    jar.set(new URL(address).host, cookies)
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(address, {
      redirect: 'manual',
      headers: { cookie, accept: 'text/html' },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    })
    keepCookies(cookies, response)
    step = nextStep(address, {
      location: response.headers.get('Location') ?? undefined,
      page: await response.text(),
      fields,
    })
  }
  throw new NotTried('the sign-in goes round in circles: are the fields of the form right?')
}

interface Page {
  readonly location: string | undefined
  readonly page: string
  readonly fields: Readonly<Record<string, string>>
}

function nextStep(address: string, { location, page, fields }: Page): Step {
  if (location !== undefined) return { address: new URL(location, address).href }

  const form = findForm(page)
  if (form === undefined) throw new NotTried('a page of the sign-in has no form to fill in')
  const known = Object.entries(fields).filter(([name]) => name in form.inputs)
  const filled = new URLSearchParams({ ...form.inputs, ...Object.fromEntries(known) })
  const target = new URL(form.action === '' ? address : form.action, address)
  if (form.method === 'POST') return { address: target.href, form: filled }

  target.search = filled.toString()
  return { address: target.href }
}

function keepCookies(cookies: Map<string, string>, { headers }: Response): void {
  for (const line of headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (value === '') cookies.delete(name)
    else cookies.set(name, value)
  }
}
