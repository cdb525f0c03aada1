import { html, renderPage, trustedHtml } from './page.js'

/** Sends the form of the sign-out page off: nobody is asked. */
export const SUBMIT_SCRIPT = 'document.forms[0].submit()'

export interface PlainPageOptions {
  readonly issuer: string
  readonly applicationOrigin: string
}

/** `GET /`: what this server is. */
export function indexPage({ issuer, applicationOrigin }: PlainPageOptions): string {
  const content = html`
    <p>
      It knows who <code>alice</code> and <code>bob</code> are, and gives the application's backend
      access tokens that only one browser's key can use.
    </p>
    <p><a href="/.well-known/openid-configuration">What it says of itself</a></p>
    <a class="button" href="${applicationOrigin}/">Open the application</a>
  `
  return renderPage({ title: 'Nothing to do here', issuer, content })
}

/**
 * The step between "sign out" and the way back. The user wanted it in the application, so the form
 * goes off by itself; the button is for browsers without scripts.
 *
 * @param options.form oidc-provider's own form, with its token against cross-site requests.
 */
export function signOutPage({
  issuer,
  form,
}: PlainPageOptions & { readonly form: string }): string {
  const content = html`
    ${trustedHtml(form)}
    <input type="hidden" name="logout" value="yes" form="op.logoutForm" />
    <p class="lead">One moment, please.</p>
    <button type="submit" form="op.logoutForm">Go on</button>
    ${trustedHtml(`<script>${SUBMIT_SCRIPT}</script>`)}
  `
  return renderPage({ title: 'Signing you out', issuer, content })
}

/** Where a sign-out ends that did not say where to go. */
export function signedOutPage({ issuer, applicationOrigin }: PlainPageOptions): string {
  const content = html`
    <p>You are signed out here.</p>
    <a class="button" href="${applicationOrigin}/">Back to the application</a>
  `
  return renderPage({ title: 'Signed out', issuer, content })
}

/** @param options.error The registered word, for whoever has to find out what happened. */
export function errorPage({
  issuer,
  applicationOrigin,
  error,
}: PlainPageOptions & { readonly error: string }): string {
  const content = html`
    <p class="problem" role="alert">
      This sign-in cannot go on: it is too old, or was not complete.
    </p>
    <p class="lead">For the curious: <code>${error}</code></p>
    <a class="button" href="${applicationOrigin}/">Back to the application</a>
  `
  return renderPage({ title: 'Something went wrong', issuer, content })
}
