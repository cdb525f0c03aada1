/** A JSON object whose members nobody has looked at yet. */
export type JsonObject = { readonly [member: string]: unknown }

/** How deep an object may nest when nothing else is said: `{}` is 1. */
const DEFAULT_MAX_DEPTH = 8

/** Characters from which on nesting is looked at before parsing: a bomb costs most while it is built. */
const LONG_TEXT = 512

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g

/**
 * Reads JSON text that must be one object.
 *
 * Refused beside bad syntax: a repeated member at any level (RFC 8259 section 4 leaves open which
 * one wins, so two parsers could see two values), a member named `__proto__`, too deep nesting.
 *
 * @param options.maxDepth Levels of nesting. Default: 8.
 */
export function parseJsonObject(
  text: string,
  options: { readonly maxDepth?: number } = {},
): JsonObject | undefined {
  const { maxDepth = DEFAULT_MAX_DEPTH } = options
  if (text.length > LONG_TEXT && isTooDeep(text, maxDepth)) return undefined

  const value = parseJson(text)
  if (!isJsonObject(value)) return undefined

  const quotes = countQuotes(text)
  if (quotes !== undefined) {
    return countWrittenQuotes(value, maxDepth) === quotes ? value : undefined
  }
  return hasUniqueMembers(text, maxDepth) ? value : undefined
}

/** Whether a parsed value is an object, and neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether text that may be JSON opens more levels than it may, counted without reading it. */
function isTooDeep(text: string, maxDepth: number): boolean {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === '"') isInString = !isInString
    else if (isInString && character === '\\') at += 1
    else if (!isInString && (character === '{' || character === '[')) depth += 1
    else if (!isInString && (character === '}' || character === ']')) depth -= 1
    if (depth > maxDepth) return true
  }
  return false
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON. The caller has its own word for that.
    return undefined
  }
}

/** The quotes of text in which each of them begins or ends a string; else there is an escape. */
function countQuotes(text: string): number | undefined {
  if (text.includes('\\')) return undefined

  let quotes = 0
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) quotes += 1
  return quotes
}

/**
 * The quotes that a parsed value would be written with. A member that the text held once more is
 * missing from the value, and its name from the count, so that the two counts differ.
 *
 * @returns NaN, which equals no count, for too deep nesting and for `__proto__`.
 */
function countWrittenQuotes(value: unknown, levels: number): number {
  if (typeof value === 'string') return 2
  if (typeof value !== 'object' || value === null) return 0
  if (levels === 0) return Number.NaN

  let quotes = 0
  if (Array.isArray(value)) {
    for (const member of value) quotes += countWrittenQuotes(member, levels - 1)
    return quotes
  }
  for (const name of Object.keys(value)) {
    if (name === '__proto__') return Number.NaN
    quotes += 2 + countWrittenQuotes((value as JsonObject)[name], levels - 1)
  }
  return quotes
}

/** Walks the tokens of text that is known to be JSON: on other text the expression could be slow. */
function hasUniqueMembers(text: string, maxDepth: number): boolean {
  const scopes: (Set<string> | undefined)[] = []
  let lastString: string | undefined

  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      if (scopes.push(token === '{' ? new Set() : undefined) > maxDepth) return false
    } else if (token === '}' || token === ']') {
      scopes.pop()
    } else if (token === ':') {
      const members = scopes.at(-1)
      const member: unknown = lastString === undefined ? undefined : JSON.parse(lastString)
      if (typeof member !== 'string' || member === '__proto__') return false
      if (members === undefined || members.has(member)) return false
      members.add(member)
    }
    lastString = token.startsWith('"') ? token : undefined
  }
  return true
}
