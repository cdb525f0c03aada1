import { html } from 'hono/html'

/** What the user sees when a callback belongs to no login of this browser. */
export async function callbackPage(origin: string): Promise<string> {
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Sign-in not finished</title>
      </head>
      <body>
        <h1>This sign-in could not be finished</h1>
        <p>It took too long, or it was finished already. Nothing was changed.</p>
        <p><a href="${origin}/">Back to the application</a></p>
      </body>
    </html>`
  return page.toString()
}
