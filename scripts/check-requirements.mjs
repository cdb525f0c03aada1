import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, trackedFiles } from './process.mjs'

/** The requirements are numbered without a gap: how many of each there are. */
const NUMBERED = {
  BR: 34,
  CC: 26,
  HO: 13,
  SES: 30,
  LO: 13,
  META: 10,
  AS: 25,
  TX: 10,
  'RS-DPOP': 32,
  CNF: 10,
  MTLS: 7,
  EKM: 30,
}

const TITLES =
  /^(?:packages|apps|e2e)\/.*(?:test|in-process|tests|src\/testing)\/.*\.ts$|-contract\.ts$/

/**
 * Each requirement has a test, or a case of a refusal table, whose title begins with its number, or
 * with the numbers of several.
 */
export function checkRequirements() {
  const text = trackedFiles()
    .filter((file) => TITLES.test(file))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')
  const missing = Object.entries(NUMBERED)
    .flatMap(([name, count]) =>
      Array.from({ length: count }, (_, index) => `${name}-${`${index + 1}`.padStart(2, '0')}`),
    )
    .filter((id) => !new RegExp(`['"\`](?:[A-Z]+[A-Z0-9-]*,? )*${id}\\b`).test(text))
  return {
    ok: missing.length === 0,
    output: missing.map((id) => `${id}: no test has a title that begins with it`).join('\n'),
  }
}
