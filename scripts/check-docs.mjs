import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { threatModelProblems } from './check-threat-model.mjs'
import { root } from './process.mjs'

const read = (file) => readFileSync(join(root, file), 'utf8')

/**
 * What the pages say must be there: every file that docs/flow.md names in its table, every relative
 * link, every script that a page tells the reader to run, every import path of a code block.
 */
export function checkDocs() {
  const pages = pagesOf('')
  const problems = [
    ...flowProblems(read('docs/flow.md')),
    ...threatModelProblems(),
    ...pages.flatMap((page) => [
      ...linkProblems(page),
      ...scriptProblems(page),
      ...importProblems(page),
    ]),
  ]
  return { ok: problems.length === 0, output: problems.join('\n') }
}

/** Each row: step | who | file(s) | test(s) | section. A named test must be in its file. */
function flowProblems(text) {
  const rows = text.split('\n').filter((line) => /^\| *[0-9]/.test(line))
  if (rows.length < 5) return ['docs/flow.md: the table of steps is missing']
  return rows.flatMap((row) => {
    const files = [...row.matchAll(/`((?:packages|apps|e2e)\/[^`]+)`/g)].map(([, file]) => file)
    const missing = files.filter((file) => !existsSync(join(root, file)))
    const hasTest = files.some((file) => /\.(?:test|spec)\.ts$/.test(file))
    const hasSource = files.some((file) => file.includes('/src/'))
    const hasSection = /RFC [0-9]+|draft-/.test(row)
    return [
      ...missing.map((file) => `docs/flow.md: no such file ${file}`),
      ...(hasTest && hasSource && hasSection
        ? []
        : [`docs/flow.md: a row lacks a source, a test or a section: ${row}`]),
    ]
  })
}

function linkProblems(page) {
  const links = [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link]) => link)
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => !existsSync(join(root, page, '..', link)))
    .map((link) => `${page}: broken link ${link}`)
}

function scriptProblems(page) {
  const { scripts } = JSON.parse(read('package.json'))
  const named = [...read(page).matchAll(/npm (?:run ([a-z:-]+)|(test)\b)/g)].map(
    ([, name, test]) => name ?? test,
  )
  return named
    .filter((name) => !Object.hasOwn(scripts, name))
    .map((name) => `${page}: package.json has no script ${name}`)
}

function importProblems(page) {
  const imports = [...read(page).matchAll(/from '(@tmb-kit\/[^']+)'/g)].map(([, path]) => path)
  return imports
    .filter((path) => {
      const [, name, ...subpath] = path.split('/')
      const file = `packages/${name}/package.json`
      if (!existsSync(join(root, file))) return true
      return JSON.parse(read(file)).exports[['.', ...subpath].join('/')] === undefined
    })
    .map((path) => `${page}: nothing is exported at ${path}`)
}

function pagesOf(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', '.git', '.cache', 'test-results'].includes(entry.name)) return []
    if (entry.isDirectory()) return pagesOf(join(folder, entry.name))
    return entry.name.endsWith('.md') ? [join(folder, entry.name)] : []
  })
}
