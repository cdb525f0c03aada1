import { defineConfig } from '@playwright/test'
import { findChromium } from './find-chromium.mjs'

const port = Number(process.env['E2E_PORT'] ?? '4600')
const executablePath = await findChromium()

/** Chromium must not look for hosts of the internet: there may be none. */
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
// Chromium's sandbox refuses to run as root, which is who runs tests in a container.
const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []

export default defineConfig({
  testDir: './tests',
  outputDir: '../test-results',
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  timeout: 60_000,
  reporter: [['list'], ['json']],
  use: {
    baseURL: `http://localhost:${port}`,
    launchOptions: {
      args: [...QUIET, ...asRoot],
      ...(executablePath === undefined ? {} : { executablePath }),
    },
    trace: 'retain-on-failure',
  },
  webServer: {
    command: 'node ../scripts/run.mjs demo',
    env: { PORT: String(port) },
    wait: { stdout: /demo ready/ },
    timeout: 120_000,
    gracefulShutdown: { signal: 'SIGTERM', timeout: 15_000 },
  },
})
