import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readConfiguration } from '../src/configuration.js'
import { environmentWith, generateClientKey } from './environment.js'

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
const readme = read('README.md')
const commands = [...readme.matchAll(/^ *node -e "(.+)"$/gm)].map((match) => match[1] ?? '')

/** Runs what stands between the double quotes of a command in README.md. */
function run(code: string): readonly string[] {
  return execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' }).trim().split('\n')
}

/** Variables in the order in which a table of README.md, or .env.example, names them. */
const tableNames = [...readme.matchAll(/^\| `([A-Z_]+)` .*\|.*\|$/gm)].map((match) => match[1])
const exampleNames = [...read('.env.example').matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1])

describe('README.md', () => {
  it('has a command that makes a client key, and its public half', async () => {
    const [privateJwk = '', publicJwk = ''] = run(commands[0] ?? '')
    const env = environmentWith(await generateClientKey(), { CLIENT_KEY: privateJwk })
    expect(readConfiguration(env).client.authentication.method).toBe('private_key_jwt')

    const { d, ...rest } = JSON.parse(privateJwk) as Record<string, string>
    expect(d).toMatch(/^[\w-]{43}$/)
    expect(JSON.parse(publicJwk)).toEqual(rest)
    expect(rest).toMatchObject({ kty: 'EC', alg: 'ES256', use: 'sig' })
  })

  it('has a command that makes a session secret, another one each time', async () => {
    const [SESSION_SECRETS = ''] = run(commands[1] ?? '')
    const env = environmentWith(await generateClientKey(), { SESSION_SECRETS })
    expect(readConfiguration(env).sessionSecrets).toEqual([SESSION_SECRETS])
    expect(run(commands[1] ?? '')).not.toEqual([SESSION_SECRETS])
  })

  it('names every variable that is read, and no other', () => {
    const sources = ['src/configuration.ts', 'src/client-authentication.ts'].map(read).join('')
    const names = [...sources.matchAll(/env,\s+'([A-Z_]+)'/g)].map((match) => match[1])
    expect(new Set(tableNames)).toEqual(new Set(names))
  })
})

describe('.env.example', () => {
  it('names variables that are read', () => {
    expect(exampleNames.filter((name) => !tableNames.includes(name))).toEqual([])
  })

  it('leaves empty what has to be set, so that a forgotten one stops the start', () => {
    const lines = read('.env.example').split('\n')
    for (const name of ['ISSUER', 'CLIENT_ID', 'CLIENT_KEY', 'RESOURCES', 'SESSION_SECRETS']) {
      expect(lines).toContain(`${name}=`)
    }
  })
})
