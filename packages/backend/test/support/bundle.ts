import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const sources = (path: string): string =>
  fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** Bundles an entry of this package from its sources, for a process of its own. Returns the file. */
export async function bundle(entry: URL, name: string): Promise<string> {
  const folder = fileURLToPath(new URL(`../../node_modules/.tmb/${name}/`, import.meta.url))
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: {
      alias: [
        // One bundle for every runtime, so it has the portable half of both.
        { find: /^#platform$/, replacement: sources('core/src/platform-web.ts') },
        { find: /^#aes-gcm$/, replacement: sources('backend/src/session/aes-gcm-web.ts') },
        { find: /^@tmb-kit\/core$/, replacement: sources('core/src/index.ts') },
        { find: /^@tmb-kit\/backend$/, replacement: sources('backend/src/index.ts') },
        { find: /^@tmb-kit\/backend\/(.+)$/, replacement: sources('backend/src/$1.ts') },
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
