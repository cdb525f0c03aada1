import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { describeResult, describeSum, hasPassed } from './report.js'
import { runConformance } from './run-conformance.js'
import { parseSettings, SettingsError } from './settings.js'

const USAGE = `Tries an authorization server that claims the token-request parameter tmb.

  npx @tmb-kit/authorization-server settings.json

  --strict   what could not be tried counts as not met

The settings name the issuer, two test clients and, for all that needs a user, how to sign one in:
see conformance/README.md. Exit code: 0 all met, 1 not all met, 2 could not be tried.
`

/** The command. Writes lines, and answers with the exit code. */
export async function main(
  values: readonly string[],
  { write }: { readonly write: (text: string) => void },
): Promise<number> {
  try {
    const { values: flags, positionals } = parseArgs({
      args: [...values],
      allowPositionals: true,
      options: {
        strict: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
    const [file] = positionals
    if (flags.help || file === undefined) {
      write(USAGE)
      return flags.help ? 0 : 2
    }
    const results = await runConformance(parseSettings(readFileSync(file, 'utf8')), {
      onResult: (result) => write(`${describeResult(result)}\n`),
    })
    write(`\n${describeSum(results)}\n`)
    return hasPassed(results, { strict: flags.strict }) ? 0 : 1
  } catch (error) {
    write(`${sentenceOf(error)}\n`)
    return 2
  }
}

/** A wrong flag, a file that is not there, a wrong setting, a server that does not answer. */
function sentenceOf(error: unknown): string {
  if (error instanceof SettingsError || error instanceof TypeError) return error.message
  if (error instanceof Error && 'code' in error) return error.message
  throw error
}
