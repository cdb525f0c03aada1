/** The part of the testkit that needs no test runner, for runtimes that have none. */
export { testClock, type TestClock } from './clock.js'
export { createOrigins, type OriginHandler, type Origins } from './origins.js'
export { createProofFactory } from './proof-factory.js'
export { generateProofKey, jktOf } from './proof-key.js'
export { signRawJws } from './raw-jws.js'
