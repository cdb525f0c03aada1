import { findingOf } from './finding.js'
import type { RequirementResult } from './requirement.js'
import { REQUIREMENTS } from './requirements/index.js'
import { openServer } from './server-under-test.js'
import type { ConformanceSettings } from './settings.js'

export interface RunConformanceOptions {
  readonly fetch?: typeof fetch
  /** Takes each result as it comes in. */
  readonly onResult?: (result: RequirementResult) => void
}

/**
 * Tries every requirement against an authorization server, over HTTP alone, one after the other.
 *
 * It issues tokens for the two test clients and signs the test user in some twenty times: use a test
 * installation, or clients and a user that exist for this.
 *
 * @throws {TypeError} when the server answers without metadata.
 */
export async function runConformance(
  settings: ConformanceSettings,
  options: RunConformanceOptions = {},
): Promise<readonly RequirementResult[]> {
  const { fetch = globalThis.fetch, onResult } = options
  const server = await openServer(settings, { fetch })
  const results: RequirementResult[] = []
  for (const requirement of REQUIREMENTS) {
    const finding = await findingOf(async () => requirement.check(server))
    const result = { requirement, finding }
    onResult?.(result)
    results.push(result)
  }
  return results
}
