import { runRefusals } from '@tmb-kit/resource-server/testing'
import { runInRounds } from './rounds.mjs'
import { ORDERS, requestOf } from './world.mjs'

/**
 * Every bad request of the refusal table, and a replayed one, each as a contender of its own.
 *
 * They are those of a client that is known to the verifier. What comes with that client's own token has
 * to cost less than its good request. What comes with a token that nobody has shown before is compared
 * with a token that nobody has shown before: to find out that it is none takes the issuer's key.
 */
export async function createGarbage(verifier, client, { clock }) {
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
    clock,
    fetch: async (url, init) => judge(new Request(url, init)),
  })
  const replayed = await requestOf(client)
  await judge(replayed)
  await judge(replayed)

  return refused.map(({ code, request }, index) => ({
    name: `${index} ${code}`,
    code,
    likeness: likenessOf(code, request, client),
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

/** Which good request a bad one pretends to be. */
function likenessOf(code, request, { accessToken }) {
  if (code === 'token_in_body') return 'a form'
  const isOwn = request.headers.get('Authorization')?.endsWith(` ${accessToken}`) === true
  return code.startsWith('token_') && !isOwn ? 'a new client' : 'a known client'
}

const reasonOf = ({ code, likeness }) => `${code} ${likeness}`

/** What refusing costs beside accepting, by reason: the dearest kind of each, the dearest first. */
export async function measureRefusals(garbage, good) {
  const dearest = new Map()
  for (const reason of new Set(garbage.map(reasonOf))) {
    const kinds = garbage.filter((kind) => reasonOf(kind) === reason)
    const unit = good[kinds[0].likeness]
    const quick = await runInRounds([unit, ...kinds], { rounds: 1, iterations: 20 })
    const [chosen] = kinds.toSorted(
      (one, other) => quick.get(other.name).cpu - quick.get(one.name).cpu,
    )
    const measured = await runInRounds([unit, chosen], { rounds: 7, iterations: 100 })
    dearest.set(reason, { ...chosen, kinds: kinds.length, cpu: measured.get(chosen.name).cpu })
  }
  return [...dearest.values()].toSorted((one, other) => other.cpu - one.cpu)
}
