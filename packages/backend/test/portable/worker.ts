import { runPortableCases } from './cases.js'

/** For workerd: the results as the answer to any request. */
const worker = { fetch: async () => Response.json(await runPortableCases()) }

export { worker as default }
