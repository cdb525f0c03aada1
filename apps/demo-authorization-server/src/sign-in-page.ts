import { html, renderPage, type Html } from './page.js'

export interface SignInPageOptions {
  readonly issuer: string
  /** Whom the user signs in for. */
  readonly applicationOrigin: string
  /** What was typed, or what the application suggests. Never a password. */
  readonly login: string
  /** Whether that and a password were tried, and were wrong. */
  readonly failed: boolean
  /** Whether somebody is signed in already, and is asked all the same. */
  readonly again: boolean
}

/**
 * The form that asks who the user is. It goes back to the address that it came from.
 *
 * Without scripts: password managers, screen readers and tests see plain labelled inputs.
 */
export function signInPage(options: SignInPageOptions): string {
  const { issuer, applicationOrigin, login, failed, again } = options
  const content = html`
    <p class="lead">
      ${again ? 'once more, to go on to' : 'to go on to'}
      <strong>${new URL(applicationOrigin).host}</strong>
    </p>
    ${failed ? PROBLEM : undefined}
    <form method="post">
      <label for="login">User</label>
      ${loginInput(login, failed)}
      <label for="password">Password</label>
      ${passwordInput(login, failed)}
      <button type="submit">Sign in</button>
    </form>
    <p class="hint">
      This is a demo: <code>alice</code> and <code>bob</code> live here, and the password of both is
      <code>demo</code>.
    </p>
  `
  return renderPage({ title: 'Sign in', issuer, content })
}

const PROBLEM = html`<p class="problem" id="problem" role="alert">
  That user and password do not fit together. Please try again.
</p>`

function loginInput(login: string, failed: boolean): Html {
  return html`<input
    id="login"
    name="login"
    type="text"
    autocomplete="username"
    autocapitalize="none"
    spellcheck="false"
    required
    value="${login}"
    ${failed ? INVALID : undefined}
    ${login === '' ? AUTOFOCUS : undefined}
  />`
}

function passwordInput(login: string, failed: boolean): Html {
  return html`<input
    id="password"
    name="password"
    type="password"
    autocomplete="current-password"
    required
    ${failed ? INVALID : undefined}
    ${login === '' ? undefined : AUTOFOCUS}
  />`
}

const INVALID = html`aria-invalid="true" aria-describedby="problem"`
const AUTOFOCUS = html`autofocus`
