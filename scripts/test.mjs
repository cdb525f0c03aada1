// Every test, in two runners; the last line sums them up.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { findChromium, NO_CHROMIUM } from '../e2e/find-engine.mjs'
import { findFreePorts } from './free-ports.mjs'
import { root, tryRun } from './process.mjs'

const RESULTS = `${root}/.cache/results`
/** Four demos of three ports each, and for each of two workers a driver of WebKit and of Chromium. */
const BROWSER_PORTS = 16
/** Away from the usual ones, so that tests run beside a demo. */
const FIRST_PORT = 4600

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
      E2E_PORT: String(await findFreePorts(BROWSER_PORTS, FIRST_PORT)),
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
