import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, trackedFiles } from './process.mjs'

const MAX_LINES = 250
const MAX_MEDIAN_LINES = 80

/** A file is one noun of the protocol: no source over 250 lines, the median under 80. */
export function checkTree() {
  const files = trackedFiles()
  const sources = files.filter((file) => /^(?:packages|apps)\/[^/]+\/src\/.*\.ts$/.test(file))
  const lengths = sources.map((file) => [file, linesOf(file)])
  const median = lengths.map(([, lines]) => lines).toSorted((a, b) => a - b)[sources.length >> 1]
  const problems = [
    ...lengths
      .filter(([, lines]) => lines > MAX_LINES)
      .map(([file, lines]) => `${file}: ${lines} lines, the most is ${MAX_LINES}`),
    ...(median < MAX_MEDIAN_LINES ? [] : [`the median source file has ${median} lines`]),
    ...files.flatMap(leftovers),
  ]
  return { ok: problems.length === 0, output: problems.join('\n') }
}

/** What must not be in the repository: unfinished work, focused tests, an address of a registry. */
function leftovers(file) {
  if (!/\.(?:ts|mjs|css|html|yaml|json)$/.test(file) || file.startsWith('scripts/check-')) return []
  const text = readFileSync(join(root, file), 'utf8')
  const found =
    /\bTODO\b|\bFIXME\b|\b(?:it|test|describe)\.(?:only|todo)\(|tarball: http|registry\.npm/.exec(
      text,
    )
  return found === null ? [] : [`${file}: holds "${found[0]}"`]
}

function linesOf(file) {
  return readFileSync(join(root, file), 'utf8').split('\n').length - 1
}
