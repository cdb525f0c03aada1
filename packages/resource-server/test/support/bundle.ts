import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const sources = (path: string): string =>
  fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/**
 * Bundles an entry of this package from its sources, for a process of its own. Returns the file.
 *
 * @param platform Which half of core: the one for Node and what is like it, or the portable one.
 */
export async function bundle(
  entry: URL,
  name: string,
  platform: 'node' | 'web' = 'node',
): Promise<string> {
  const folder = fileURLToPath(new URL(`../../node_modules/.tmb/${name}/`, import.meta.url))
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: {
      alias: [
        { find: /^#platform$/, replacement: sources(`core/src/platform-${platform}.ts`) },
        { find: /^@tmb-kit\/core$/, replacement: sources('core/src/index.ts') },
        {
          find: /^@tmb-kit\/resource-server$/,
          replacement: sources('resource-server/src/index.ts'),
        },
        {
          find: /^@tmb-kit\/resource-server\/(.+)$/,
          replacement: sources('resource-server/src/$1.ts'),
        },
      ],
    },
    ssr: { noExternal: true },
    build: {
      ssr: fileURLToPath(entry),
      outDir: folder,
      emptyOutDir: true,
      rolldownOptions: { output: { entryFileNames: `${name}.mjs` } },
    },
  })
  return `${folder}${name}.mjs`
}
