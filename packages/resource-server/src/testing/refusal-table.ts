import { CLAIM_CASES } from './claim-cases.js'
import { CREDENTIAL_CASES } from './credential-cases.js'
import { KEY_CASES } from './key-cases.js'
import type { RefusalCase } from './refusal-case.js'
import { SHAPE_CASES } from './shape-cases.js'

/** Every request that no resource server may let through, each with exactly one thing wrong. */
export const REFUSAL_TABLE: readonly RefusalCase[] = [
  ...CREDENTIAL_CASES,
  ...SHAPE_CASES,
  ...KEY_CASES,
  ...CLAIM_CASES,
]
