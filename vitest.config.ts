import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const packages = [
  'core',
  'browser',
  'backend',
  'authorization-server',
  'resource-server',
  'service',
  'testkit',
]

export default defineConfig({
  resolve: {
    // Tests run on the sources: `@tmb-kit/core` is packages/core/src/index.ts, and
    // `@tmb-kit/resource-server/hono` is packages/resource-server/src/hono.ts.
    alias: [
      // Which half an import of it gets is the runtime's matter: here it is Node.
      {
        find: /^#aes-gcm$/,
        replacement: fileURLToPath(
          new URL('./packages/backend/src/session/aes-gcm-node.ts', import.meta.url),
        ),
      },
      {
        find: /^#platform$/,
        replacement: fileURLToPath(
          new URL('./packages/core/src/platform-node.ts', import.meta.url),
        ),
      },
      ...packages.flatMap((name) => [
        {
          find: new RegExp(`^@tmb-kit/${name}$`),
          replacement: fileURLToPath(new URL(`./packages/${name}/src/index.ts`, import.meta.url)),
        },
        {
          find: new RegExp(`^@tmb-kit/${name}/(.+)$`),
          replacement: fileURLToPath(new URL(`./packages/${name}/src/$1.ts`, import.meta.url)),
        },
      ]),
    ],
  },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'apps/*/test/**/*.test.ts',
      'scripts/test/**/*.test.ts',
      'e2e/in-process/**/*.test.ts',
    ],
    testTimeout: 30_000,
    // As long as a test may take: how busy the machine is must not matter.
    expect: { poll: { timeout: 29_000 } },
    hookTimeout: 60_000,
  },
})
