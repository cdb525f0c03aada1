/** The part of the testkit that needs no test runner, for runtimes that have none. */
export { testClock } from '../../../testkit/src/clock.js'
export { createProofFactory } from '../../../testkit/src/proof-factory.js'
export { generateProofKey, jktOf } from '../../../testkit/src/proof-key.js'
export { signRawJws } from '../../../testkit/src/raw-jws.js'
