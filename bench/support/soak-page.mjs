// What runs inside the page. Each function is sent there as text: it can use nothing of this file.

/** Before the page's own scripts: counts what really leaves, below the browser package. */
export function countRequests() {
  const send = window.fetch.bind(window)
  window.soak = { calls: 0, failures: {}, tokenRequests: 0, nonceChallenges: 0, longestMs: 0 }
  window.fetch = async (input, init) => {
    const request = new Request(input, init)
    if (request.url.endsWith('/bff/token')) window.soak.tokenRequests += 1
    const response = await send(request)
    const challenge = response.headers.get('WWW-Authenticate') ?? ''
    if (challenge.includes('use_dpop_nonce')) window.soak.nonceChallenges += 1
    return response
  }
}

/** Calls the API by turns to read and to write, without waiting for the call before. */
export function beginCalls({ api, everyMilliseconds }) {
  const { soak, tmb } = window
  const pending = new Set()
  const fail = (word) => (soak.failures[word] = (soak.failures[word] ?? 0) + 1)
  const post = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"n":1}' }
  const turns = [['/orders'], ['/orders', post], ['/whoami']]
  const call = async ([path, init]) => {
    const began = performance.now()
    try {
      const response = await tmb.fetch(`${api}${path}`, init)
      if (response.status !== 200) fail(`status ${response.status}`)
      await response.text()
    } catch (error) {
      fail(error.code ?? error.name)
    }
    soak.longestMs = Math.max(soak.longestMs, performance.now() - began)
  }
  const timer = setInterval(() => {
    const done = call(turns[soak.calls++ % turns.length]).then(() => pending.delete(done))
    pending.add(done)
  }, everyMilliseconds)
  window.endCalls = async () => {
    clearInterval(timer)
    await Promise.all(pending)
  }
}
