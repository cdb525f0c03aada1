// Starts the backend as a process does, with an authorization server that answers at once.
const begun = performance.now()
const { cookieSessions, createBackend } = await import('@tmb-kit/backend')
const { Hono } = await import('hono')
const imported = performance.now()

// The stand-in for the authorization server, and what it imports, are not ours to count.
const { backendOptions, ORIGIN, SECRET } = await import('./backend-world.mjs')
const options = await backendOptions(cookieSessions({ secrets: [SECRET] }))
const created = performance.now()

const app = new Hono().route('/bff', createBackend(options))
const answer = await app.request(`${ORIGIN}/bff/session`, { headers: { 'X-CSRF': '1' } })
if (answer.status !== 200) throw new Error(`answered ${answer.status}`)

process.send({ milliseconds: imported - begun + (performance.now() - created) })
process.disconnect()
