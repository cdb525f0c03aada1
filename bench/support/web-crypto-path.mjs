import { fileURLToPath } from 'node:url'
import { existsSync } from 'node:fs'
import { build } from 'vite'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = `${root}.cache/bench/web-crypto-path/`

/**
 * The resource server as a runtime without node:crypto gets it: the same built files, with the
 * portable half of core in place of the one for Node.
 */
export async function loadWebCryptoPath() {
  const platform = `${root}packages/core/dist/platform-web.js`
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { alias: existsSync(platform) ? { '#platform': platform } : {} },
    ssr: { noExternal: true },
    build: {
      ssr: `${root}packages/resource-server/dist/index.js`,
      outDir: folder,
      emptyOutDir: true,
      minify: false,
      rolldownOptions: { output: { entryFileNames: 'resource-server.mjs' } },
    },
  })
  return import(`${folder}resource-server.mjs`)
}
