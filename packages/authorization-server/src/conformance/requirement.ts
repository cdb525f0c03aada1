import type { Finding } from './finding.js'
import type { ServerUnderTest } from './server-under-test.js'

/** One thing that an authorization server with `tmb` must do, and how to see it from outside. */
export interface Requirement {
  /** Unique. The row of the kit's catalogue, and a letter where it takes several looks. */
  readonly id: string
  /** Who asks for it: a specification with its section, or our profile of the draft. */
  readonly source: string
  readonly title: string
  /** Resolves when the requirement is met, rejects with `NotMet` or `NotTried` otherwise. */
  readonly check: (server: ServerUnderTest) => Promise<void>
}

export interface RequirementResult {
  readonly requirement: Requirement
  readonly finding: Finding
}

export const DRAFT = 'draft-richer-oauth-tmb-claim-01 section 3'

/** docs/deferred-key-binding-profile.md: where the draft says nothing. */
export const profile = (question: string): string => `profile ${question}`
