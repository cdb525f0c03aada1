import { brotliCompressSync } from 'node:zlib'
import { readFileSync } from 'node:fs'
import { build } from 'esbuild'
import { root, tryRun } from './process.mjs'

/**
 * The sizes of the browser package as size-limit counts them, and what is in each bundle: when it
 * grows, the file that grew has a name. The limits are in .size-limit.json.
 *
 * A file that must stay out of the small import fails the check whatever its size.
 */
export async function checkBrowserSize() {
  const { ok, output } = tryRun('size-limit', ['--json'], { stdio: 'pipe' })
  const entries = JSON.parse(readFileSync(`${root}/.size-limit.json`, 'utf8'))
  const results = ok || output.includes('"size"') ? parseResults(output) : []
  const reports = await Promise.all(
    entries.map(async (entry) =>
      report(
        entry,
        results.find(({ name }) => name === entry.name),
      ),
    ),
  )
  const leaks = reports.flatMap(({ leaks: found }) => found)
  return {
    ok: ok && results.length === entries.length && leaks.length === 0,
    output: [...reports.map(({ text }) => text), ...leaks].join('\n') || output,
  }
}

/** What a page pays for only when it asks for it. */
const PARTS = [
  'backend-clock',
  'captured-crypto',
  'create-tmb',
  'ed25519',
  'handoff',
  'login',
  'logout',
  'observed',
  'own-proofs',
  'sign-in',
  'tabs',
  'wake',
]

async function report({ name, path, import: imported }, result) {
  const files = await contentsOf(path, imported)
  // The service worker's entry is of parts on purpose.
  const isSmall = imported !== undefined && path.endsWith('/index.js')
  const leaks = files
    .filter(([file]) => isSmall && PARTS.includes(file.replace('browser/', '')))
    .map(([file]) => `${name}: ${file} leaked into it`)
  const size = result === undefined ? 'not measured' : `${result.size} of ${result.sizeLimit} bytes`
  const rows = files.map(([file, { octets, share }]) => {
    return `  ${file.padEnd(32)} ${String(octets).padStart(5)} minified, about ${String(share).padStart(4)} compressed`
  })
  return { leaks, text: [`${name}: ${size}`, ...rows].join('\n') }
}

/** Each file of a bundle: its octets when minified, and about how many of those are left of it. */
async function contentsOf(path, imported) {
  const module = JSON.stringify(`${root}/${path}`)
  const contents =
    imported === undefined
      ? `export * from ${module}`
      : `import ${imported} from ${module}; console.log(${imported.replace(/[{}]/g, '')})`
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    format: 'esm',
    logLevel: 'silent',
    metafile: true,
    minify: true,
    write: false,
  })
  const [{ inputs }] = Object.values(metafile.outputs)
  const whole = outputFiles[0].contents
  const perOctet = brotliCompressSync(whole).length / whole.length
  return Object.entries(inputs)
    .filter(([file, { bytesInOutput }]) => bytesInOutput > 0 && file !== '<stdin>')
    .map(([file, { bytesInOutput: octets }]) => [
      nameOf(file),
      { octets, share: Math.round(octets * perOctet) },
    ])
    .toSorted(([, left], [, right]) => right.octets - left.octets)
}

function nameOf(file) {
  return file
    .replace(/^.*node_modules\//, '')
    .replace(/^packages\//, '')
    .replace('/dist/', '/')
    .replace(/\.js$/, '')
}

function parseResults(output) {
  return JSON.parse(output.slice(output.indexOf('['), output.lastIndexOf(']') + 1))
}
