import { generateProofKey, jktOf } from '@tmb-kit/testkit'
import type { BackendProcess } from './backend-process.js'
import type { Grant, RotatingAuthorizationServer } from './rotating-authorization-server.js'

/** A user who is signed in: with whichever process, the jar is the browser's. */
export interface SignedIn {
  readonly jar: Map<string, string>
  readonly jkt: string
  readonly grant: Grant
  token(process: BackendProcess, body?: Readonly<Record<string, unknown>>): Promise<Response>
}

export async function signInAt(
  backend: BackendProcess,
  authorizationServer: RotatingAuthorizationServer,
): Promise<SignedIn> {
  const jkt = await jktOf(await generateProofKey())
  const browser = backend.browser()
  const answer = await browser.post('/bff/login', { jkt })
  const { authorization_url: url } = (await answer.json()) as { readonly authorization_url: string }
  const callback = await browser.navigate(authorizationServer.authorize(url))
  if (callback.status !== 303 || !browser.jar.has('__Host-Http-tmb')) {
    throw new Error(`the sign-in failed: ${callback.status} ${callback.headers.get('Location')}`)
  }
  const grant = authorizationServer.grants.at(-1)!
  const { jar } = browser
  return {
    jar,
    jkt,
    grant,
    token: async (process, body = {}) =>
      process.browser(new Map(jar)).post('/bff/token', { jkt, ...body }),
  }
}
