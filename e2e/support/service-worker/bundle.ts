import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const pages = new URL('../../pages/service-worker/', import.meta.url)

/** One script of the page, with everything that it imports, as a user's bundler would make it. */
export async function bundle(name: 'page' | 'worker'): Promise<string> {
  const outputs = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: fileURLToPath(new URL(`${name}.ts`, pages)), formats: ['iife'], name },
    },
  })
  const [bundled] = Array.isArray(outputs) ? outputs : []
  const [chunk] = bundled?.output ?? []
  if (chunk?.type !== 'chunk') throw new Error(`no bundle of ${name}`)
  return chunk.code
}
