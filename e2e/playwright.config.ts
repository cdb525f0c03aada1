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

/** Starts a demo for the tests; `flags` as after `npm run demo --`. */
const demo = (basePort: number, flags: string) => ({
  name: `demo ${flags}`,
  command: `node ../scripts/run.mjs demo ${flags}`,
  env: { PORT: String(basePort) },
  wait: { stdout: /demo ready/ },
  timeout: 120_000,
  gracefulShutdown: { signal: 'SIGTERM', timeout: 15_000 } as const,
})

export default defineConfig({
  testDir: './tests',
  outputDir: '../test-results',
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json']],
  use: {
    launchOptions: {
      args: [...QUIET, ...asRoot],
      ...(executablePath === undefined ? {} : { executablePath }),
    },
    trace: 'retain-on-failure',
  },
  projects: [
    {
      name: 'one site',
      testIgnore: ['modes/**'],
      use: { baseURL: `http://localhost:${port}` },
    },
    {
      name: 'three sites, TLS, nonces',
      testMatch: 'modes/three-sites.spec.ts',
      use: { baseURL: `https://app.localhost:${port + 3}`, ignoreHTTPSErrors: true },
    },
  ],
  webServer: [demo(port, ''), demo(port + 3, '--hosts --https --nonce')],
})
