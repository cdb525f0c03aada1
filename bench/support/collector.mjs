import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Makes `gc()` callable, as if the process had been started with the flag for it. */
export function exposeGarbageCollector() {
  setFlagsFromString('--expose-gc')
  globalThis.gc ??= runInNewContext('gc')
}
