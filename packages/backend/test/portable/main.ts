import { runPortableCases } from './cases.js'

/** For runtimes with a console: one line of JSON. */
globalThis.console.log(JSON.stringify(await runPortableCases()))
