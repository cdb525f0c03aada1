export { main } from './conformance/command.js'
export type { Finding } from './conformance/finding.js'
export { describeResult, describeSum, hasPassed } from './conformance/report.js'
export type { Requirement, RequirementResult } from './conformance/requirement.js'
export { runConformance, type RunConformanceOptions } from './conformance/run-conformance.js'
export {
  parseSettings,
  SettingsError,
  type ClientCredential,
  type ConformanceSettings,
  type SignInSettings,
  type TestClient,
} from './conformance/settings.js'
