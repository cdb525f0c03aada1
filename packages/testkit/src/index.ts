export { testClock, type TestClock } from './clock.js'
export { replayStoreContract } from './contracts/replay-store-contract.js'
export { createOrigins, type OriginHandler, type Origins } from './origins.js'
export {
  createProofFactory,
  type ProofChanges,
  type ProofFactory,
  type ProofFactoryOptions,
} from './proof-factory.js'
export { generateProofKey, jktOf } from './proof-key.js'
export { signRawJws, type Segment } from './raw-jws.js'
export { slow } from './slow.js'
