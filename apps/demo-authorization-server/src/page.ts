import { createHash } from 'node:crypto'
import { STYLE } from './style.js'

/** Text of HTML that is known to be safe. */
export interface Html {
  readonly html: string
}

/**
 * HTML with every value escaped, save those that are {@link Html} themselves. Good for text and for
 * attributes in double quotes, and for nothing else.
 */
export function html(
  strings: TemplateStringsArray,
  ...values: readonly (string | Html | undefined)[]
): Html {
  const parts = strings.map((text, index) => `${text}${render(values[index])}`)
  return { html: parts.join('') }
}

/** HTML that somebody else has made, oidc-provider say, and answers for. */
export function trustedHtml(text: string): Html {
  return { html: text }
}

export interface PageOptions {
  readonly title: string
  /** Shown above the title, so that everybody sees who asks. */
  readonly issuer: string
  readonly content: Html
}

/** A whole page. It needs nothing from anywhere else. */
export function renderPage({ title, issuer, content }: PageOptions): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        ${trustedHtml(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main>
          <p class="issuer">Demo authorization server · ${new URL(issuer).host}</p>
          <h1>${title}</h1>
          ${content}
        </main>
      </body>
    </html> `
  return page.html
}

/** CSP level 3: how a policy names the one inline script or style that it lets through. */
export function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

function render(value: string | Html | undefined): string {
  if (value === undefined) return ''
  if (typeof value !== 'string') return value.html

  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
