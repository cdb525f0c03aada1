import type { RequirementResult } from './requirement.js'

const WORDS = { met: 'ok     ', 'not met': 'NOT MET', 'not tried': '-      ' } as const

/** One requirement in one line: how it came out, its number, what it is, who asks for it, why. */
export function describeResult({ requirement, finding }: RequirementResult): string {
  const { id, title, source } = requirement
  const reason = finding.kind === 'met' ? '' : `: ${finding.reason}`
  return `${WORDS[finding.kind]}  ${id.padEnd(8)}  ${title} [${source}]${reason}`
}

export function describeSum(results: readonly RequirementResult[]): string {
  const count = (kind: RequirementResult['finding']['kind']): number =>
    results.filter(({ finding }) => finding.kind === kind).length
  return `${count('met')} met, ${count('not met')} not met, ${count('not tried')} not tried`
}

/**
 * Whether the server passed.
 *
 * @param options.strict Whether what could not be tried counts as not met. Default: false.
 */
export function hasPassed(
  results: readonly RequirementResult[],
  { strict = false }: { readonly strict?: boolean } = {},
): boolean {
  return results.every(
    ({ finding: { kind } }) => kind === 'met' || (kind === 'not tried' && !strict),
  )
}
