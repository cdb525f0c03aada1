import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './process.mjs'

const PAGE = 'docs/threat-model.md'
const THREATS = 34
const EVIDENCE = /\[([^\]]+)\]\(([^)]+\.(?:test|spec)\.ts)\)/g

/**
 * Each threat has its row, each row its evidence: a test, whose title the link's text begins or is,
 * or the section of the source that says why there is no claim.
 */
export function threatModelProblems() {
  const rows = readFileSync(join(root, PAGE), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| T-'))
  const named = rows.map((row) => row.slice(2, 6))
  const numbers = Array.from(
    { length: THREATS },
    (_, index) => `T-${String(index + 1).padStart(2, '0')}`,
  )
  return [
    ...numbers
      .filter((number) => named.filter((name) => name === number).length !== 1)
      .map((number) => `${PAGE}: ${number} has not exactly one row`),
    ...rows.flatMap(rowProblems),
  ]
}

function rowProblems(row) {
  const tests = [...row.matchAll(EVIDENCE)]
  const hasSource = /RFC [0-9]+ section|draft-[a-z0-9-]+/.test(row)
  if (tests.length === 0 && !hasSource) return [`${PAGE}: a row without evidence: ${row}`]

  return tests
    .filter(([, title, file]) => !holds(join(root, 'docs', file), title))
    .map(([, title, file]) => `${PAGE}: ${file} has no test "${title}"`)
}

function holds(file, title) {
  return existsSync(file) && readFileSync(file, 'utf8').includes(title)
}
