import { defineConfig, type LaunchOptions, type Project } from '@playwright/test'
import { chromiumLaunch, findChromium, findFirefox, findWebKit } from './find-engine.mjs'

const port = Number(process.env['E2E_PORT'] ?? '4600')
const firefox = await findFirefox()

/** The same specs in each engine that Playwright drives; below modes/ each has a demo of its own. */
const MODES = [
  {
    name: 'one site',
    testIgnore: ['chromium/**', 'modes/**', 'webkit/**'],
    use: { baseURL: `http://localhost:${port}` },
  },
  {
    name: 'three sites, TLS, nonces',
    testMatch: 'modes/three-sites.spec.ts',
    use: { baseURL: `https://app.localhost:${port + 3}`, ignoreHTTPSErrors: true },
  },
  {
    name: 'handoff, nonces',
    testMatch: 'modes/handoff.spec.ts',
    use: { baseURL: `http://localhost:${port + 6}` },
  },
  {
    name: 'proof of possession',
    testMatch: 'modes/proof-of-possession.spec.ts',
    use: { baseURL: `http://localhost:${port + 9}` },
  },
] satisfies Project[]

const projectsOf = (browserName: 'chromium' | 'firefox', launchOptions: LaunchOptions): Project[] =>
  MODES.map((mode) => ({
    ...mode,
    name: `${browserName}: ${mode.name}`,
    use: { ...mode.use, browserName, launchOptions },
  }))

/** Starts a demo for the tests; `flags` as after `npm run demo --`. */
const demo = (basePort: number, flags: string) => ({
  name: `demo ${flags}`,
  command: `node ../scripts/run.mjs demo ${flags}`,
  env: { PORT: String(basePort) },
  wait: { stdout: /demo ready/ },
  timeout: 120_000,
  gracefulShutdown: { signal: 'SIGTERM', timeout: 15_000 } as const,
})

const chromium = chromiumLaunch(await findChromium())

export default defineConfig({
  testDir: './tests',
  outputDir: '../test-results',
  globalSetup: './announce-engines.ts',
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  // Long, for machines that do something else as well: what is awaited is a condition, never a time.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ['json']],
  use: { trace: 'retain-on-failure' },
  projects: [
    ...projectsOf('chromium', chromium),
    ...(firefox === undefined ? [] : projectsOf('firefox', firefox)),
    {
      name: 'only chromium',
      testMatch: 'chromium/**',
      use: { baseURL: `http://localhost:${port}`, launchOptions: chromium },
    },
    ...(findWebKit() === undefined
      ? []
      : [
          {
            name: 'webkit',
            testMatch: 'webkit/**',
            use: { baseURL: `https://app.localhost:${port + 3}` },
          },
        ]),
  ],
  webServer: [
    demo(port, ''),
    demo(port + 3, '--hosts --https --nonce'),
    demo(port + 6, '--mode handoff --nonce'),
    demo(port + 9, '--proof-of-possession'),
  ],
})
