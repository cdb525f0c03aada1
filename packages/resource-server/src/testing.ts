export type { ProofChanges } from './testing/proof-writer.js'
export type { CaseRequest, CaseWorld, RefusalCase } from './testing/refusal-case.js'
export { REFUSAL_TABLE } from './testing/refusal-table.js'
export { replayStoreContract, type ReplayStoreCase } from './testing/replay-store-contract.js'
export { describeResults, hasPassed } from './testing/report.js'
export {
  ControlError,
  runRefusals,
  type RefusalResult,
  type RefusalTarget,
  type Verdict,
} from './testing/run-refusals.js'
