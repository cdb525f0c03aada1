import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { computeJkt } from '@tmb-kit/core'
import { describeResults, hasPassed } from './testing/report.js'
import { ControlError, runRefusals } from './testing/run-refusals.js'

const USAGE = `Aims some two hundred bad DPoP requests at an API, and says which it lets through.

  npx @tmb-kit/resource-server new-key > key.json     make a key; its thumbprint goes to standard error
  npx @tmb-kit/resource-server URL --key key.json     with a token bound to it in ACCESS_TOKEN

  --method METHOD   the method of the good request (default GET)
  --htu URL         what proofs must name, where it is not URL
  --lenient         a refusal with another status or word counts as one

Exit code: 0 all refused, 1 not all refused, 2 could not be tried.
`

/** A sentence for whoever sits at the terminal. */
class UsageError extends Error {
  override readonly name: string = 'UsageError'
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      key: { type: 'string' },
      method: { type: 'string' },
      htu: { type: 'string' },
      lenient: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const [url] = positionals
  if (values.help || url === undefined) {
    process.stdout.write(USAGE)
    return values.help ? 0 : 2
  }
  if (url === 'new-key') return writeNewKey()

  const { key, method, htu, lenient } = values
  const accessToken = process.env['ACCESS_TOKEN']
  if (!URL.canParse(url)) throw new UsageError(`${url} is not an absolute URL.`)
  if (key === undefined) throw new UsageError('Name the file of the key with --key.')
  if (accessToken === undefined) throw new UsageError('Put the access token into ACCESS_TOKEN.')

  const results = await runRefusals({
    url,
    accessToken,
    proofKey: await readKey(key),
    ...(method !== undefined && { method }),
    ...(htu !== undefined && { htu }),
  })
  process.stdout.write(`${describeResults(results)}\n`)
  return hasPassed(results, { lenient }) ? 0 : 1
}

async function writeNewKey(): Promise<number> {
  const parameters = { name: 'ECDSA', namedCurve: 'P-256' }
  const { privateKey } = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
  const jwk = await crypto.subtle.exportKey('jwk', privateKey)
  process.stderr.write(`jkt ${await computeJkt(jwk)}\n`)
  process.stdout.write(`${JSON.stringify(jwk)}\n`)
  return 0
}

async function readKey(file: string): Promise<CryptoKeyPair> {
  try {
    const { kty, crv, x, y, d } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
    const parameters = crv === 'Ed25519' ? { name: crv } : { name: 'ECDSA', namedCurve: 'P-256' }
    const publicJwk = { kty, crv, x, ...(y !== undefined && { y }) } as JsonWebKey
    const privateJwk = { ...publicJwk, d } as JsonWebKey
    return {
      publicKey: await crypto.subtle.importKey('jwk', publicJwk, parameters, true, ['verify']),
      privateKey: await crypto.subtle.importKey('jwk', privateJwk, parameters, false, ['sign']),
    }
  } catch (cause) {
    throw new UsageError(`${file} is not the private JWK of a P-256 or Ed25519 key.`, { cause })
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  const isExpected =
    error instanceof UsageError || error instanceof ControlError || error instanceof TypeError
  if (!isExpected) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}
