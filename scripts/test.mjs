// Every test, in two runners; the last line sums them up.
import { createServer } from 'node:net'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { findChromium, NO_CHROMIUM } from '../e2e/find-engine.mjs'
import { root, tryRun } from './process.mjs'

const RESULTS = `${root}/.cache/results`

/** @param filters Names of files to run; without any, everything runs. */
export async function runTests(filters) {
  rmSync(RESULTS, { recursive: true, force: true })
  mkdirSync(RESULTS, { recursive: true })

  const results = [runUnitTests(filters), await runBrowserTests(filters)]
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  const failed = results.reduce((sum, result) => sum + result.failed, 0)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
}

function runUnitTests(filters) {
  const file = `${RESULTS}/vitest.json`
  const options = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const { ok } = tryRun('vitest', [...options, '--passWithNoTests', ...filters])
  const report = readReport(file)
  return summarise('unit and in-process tests', ok, {
    passed: report?.numPassedTests,
    failed: report?.numFailedTests,
  })
}

async function runBrowserTests(filters) {
  if ((await findChromium()) === undefined) {
    console.error(NO_CHROMIUM)
    return { passed: 0, failed: 1 }
  }

  const file = `${RESULTS}/playwright.json`
  const { ok } = tryRun('playwright', ['test', '--pass-with-no-tests', ...filters], {
    cwd: `${root}/e2e`,
    env: {
      E2E_PORT: String(await findFreePorts()),
      PLAYWRIGHT_JSON_OUTPUT_NAME: file,
    },
  })
  const report = readReport(file)
  return summarise('browser tests', ok, {
    passed: report && report.stats.expected + report.stats.flaky,
    failed: report?.stats.unexpected,
  })
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // The runner ended before it could write one: that is a failure, and is counted as one.
    return undefined
  }
}

/** A runner that failed without naming a test counts as one failed test. */
function summarise(name, ok, { passed = 0, failed = 0 }) {
  const counted = { passed, failed: ok ? failed : Math.max(failed, 1) }
  console.log(`${name}: ${counted.passed} passed, ${counted.failed} failed\n`)
  return counted
}

/** Four demos of three ports each, and a driver of WebKit for each of the workers. */
const PORTS = 16

/** Free ports in a row, away from the usual ones, so that tests run beside a demo. */
async function findFreePorts() {
  for (let port = 4600; port < 30_000; port += PORTS) {
    const offsets = Array.from({ length: PORTS }, (_, offset) => offset)
    const free = await Promise.all(offsets.map((offset) => isFree(port + offset)))
    if (!free.includes(false)) return port
  }
  throw new Error(`no ${PORTS} free ports in a row`)
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
