import { runRefusals } from '@tmb-kit/resource-server/testing'
import { ORDERS, requestOf } from './world.mjs'

/**
 * Every bad request of the refusal table, and a replayed one, each as a contender of its own.
 *
 * They are those of a client that is known to the verifier: what costs less than its good request
 * costs less than anybody's.
 */
export async function createGarbage(verifier, client) {
  const refused = []
  const judge = async (request) => {
    const code = await codeOf(verifier, request)
    if (code !== undefined) refused.push({ code, request })
    return new Response(undefined, { status: code === undefined ? 200 : 401 })
  }
  await runRefusals({
    url: ORDERS,
    accessToken: client.accessToken,
    proofKey: client.proofKey,
    fetch: async (url, init) => judge(new Request(url, init)),
  })
  const replayed = await requestOf(client)
  await judge(replayed)
  await judge(replayed)

  return refused.map(({ code, request }, index) => ({
    name: `${index} ${code}`,
    code,
    inputs: async (count) => Array.from({ length: count }, () => request),
    run: async (bad) => codeOf(verifier, bad),
  }))
}

async function codeOf(verifier, request) {
  return verifier.verify(request).then(
    () => undefined,
    ({ code }) => code,
  )
}

/** For each reason to refuse, the dearest of its bad requests, the dearest reason first. */
export function dearestByCode(garbage, results) {
  const dearest = new Map()
  for (const { name, code } of garbage) {
    const { cpu } = results.get(name)
    const known = dearest.get(code)
    dearest.set(code, {
      kinds: (known?.kinds ?? 0) + 1,
      cpu: Math.max(known?.cpu ?? 0, cpu),
    })
  }
  return [...dearest].toSorted(([, left], [, right]) => right.cpu - left.cpu)
}
