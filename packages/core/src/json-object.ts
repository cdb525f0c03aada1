/** A JSON object whose members nobody has looked at yet. */
export type JsonObject = { readonly [member: string]: unknown }

/** How deep an object may nest when nothing else is said: `{}` is 1. */
const DEFAULT_MAX_DEPTH = 8

const OPENING = /[{[]/

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
  const value = parseJson(text)
  if (!isJsonObject(value)) return undefined
  return isPlain(text, value, maxDepth) || hasUniqueMembers(text, maxDepth) ? value : undefined
}

/** Whether a parsed value is an object, and neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON. The caller has its own word for that.
    return undefined
  }
}

/**
 * Whether the value says all that the text says, which is a quick way to see that nothing is in it
 * twice: a member that was given once more would be missing from what the value is written as.
 *
 * Text that is written otherwise (white space, escapes, other numbers) is left to the slow way.
 */
function isPlain(text: string, value: JsonObject, maxDepth: number): boolean {
  if (text.includes('__proto__') || countOpenings(text) > maxDepth) return false
  return JSON.stringify(value) === text
}

/** More levels than these there cannot be, even if some of them are in a string. */
function countOpenings(text: string): number {
  // Most objects are flat.
  if (text.lastIndexOf('{') === 0 && !text.includes('[')) return 1
  return text.split(OPENING).length - 1
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
