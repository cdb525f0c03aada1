import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const sources = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

export interface BundleOptions {
  /** Which halves: those for Node and what is like it, or the portable ones. Default: `'node'`. */
  readonly platform?: 'node' | 'web'
}

/**
 * Bundles a file of a package's tests, with the sources of our packages, for a process of its own.
 *
 * @param entry A file somewhere below a package's folder.
 * @returns the bundled file, beside that package's dependencies.
 */
export async function bundle(
  entry: URL,
  name: string,
  { platform = 'node' }: BundleOptions = {},
): Promise<string> {
  const [, packageFolder] = /^(.*\/packages\/[^/]+\/)/.exec(fileURLToPath(entry)) ?? []
  const folder = `${packageFolder ?? ''}node_modules/.tmb/${name}/`
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: {
      alias: [
        { find: /^#platform$/, replacement: sources(`core/src/platform-${platform}.ts`) },
        { find: /^#aes-gcm$/, replacement: sources(`backend/src/session/aes-gcm-${platform}.ts`) },
        // Runtimes other than ours have no test runner.
        { find: /^@tmb-kit\/testkit$/, replacement: sources('testkit/src/portable.ts') },
        { find: /^@tmb-kit\/([a-z-]+)$/, replacement: sources('$1/src/index.ts') },
        { find: /^@tmb-kit\/([a-z-]+)\/(.+)$/, replacement: sources('$1/src/$2.ts') },
      ],
    },
    ssr: { external: ['ioredis', 'pg'], noExternal: true },
    build: {
      ssr: fileURLToPath(entry),
      outDir: folder,
      emptyOutDir: true,
      rolldownOptions: { output: { entryFileNames: `${name}.mjs` } },
    },
  })
  return `${folder}${name}.mjs`
}
