import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, trackedFiles } from './process.mjs'

/** The requirements that are numbered without a gap, and how many of each there are. */
const NUMBERED = { 'RS-DPOP': 32, CNF: 10 }

const TITLES =
  /^(?:packages|apps|e2e)\/.*(?:\/test\/|\/in-process\/|\/tests\/|\/src\/testing\/).*\.ts$/

/** Each requirement has a test, or a case of the refusal table, whose title begins with its number. */
export function checkRequirements() {
  const text = trackedFiles()
    .filter((file) => TITLES.test(file))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')
  const missing = Object.entries(NUMBERED)
    .flatMap(([name, count]) =>
      Array.from({ length: count }, (_, index) => `${name}-${`${index + 1}`.padStart(2, '0')}`),
    )
    .filter((id) => !new RegExp(`['"\`]${id}\\b`).test(text))
  return {
    ok: missing.length === 0,
    output: missing.map((id) => `${id}: no test has a title that begins with it`).join('\n'),
  }
}
