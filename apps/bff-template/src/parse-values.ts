import type { Reading } from './reading.js'

const MIN_SECRET_BYTES = 32
// RFC 6749 section 3.3.
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/

const NO_LIST = {
  mistake: 'must be a list: entries between commas, or a JSON array of strings.',
} as const

/** A scope for each resource, as RFC 8707 names resources. */
export type Resources = Readonly<Record<string, readonly string[]>>

export function parseText(text: string): Reading<string> {
  return { value: text }
}

export function parsePort(text: string): Reading<number> {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    return { mistake: 'must be a whole number from 1 to 65535.' }
  }
  return { value: port }
}

/** An origin as a browser spells it: what is compared with the `Origin` header has one spelling. */
export function parseOrigin(text: string): Reading<string> {
  const url = parseUrl(text)
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return { mistake: 'must be an origin such as https://app.example.' }
  }
  if (url.origin !== text) {
    return { mistake: `must be an origin alone: write ${url.origin}, without anything after it.` }
  }
  if (!isSafe(url)) return { mistake: 'must use https: http is for localhost only.' }
  return { value: text }
}

export function parseOrigins(text: string): Reading<readonly string[]> {
  const origins = parseList(text)
  if (origins === undefined) return NO_LIST

  const mistakes = origins.flatMap((origin) => {
    const reading = parseOrigin(origin)
    return 'mistake' in reading ? [reading.mistake] : []
  })
  return mistakes[0] === undefined
    ? { value: origins }
    : { mistake: `holds an entry that ${mistakes[0]}` }
}

/** RFC 8414 section 2: https, no query, no fragment. */
export function parseIssuer(text: string): Reading<string> {
  const url = parseUrl(text)
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return { mistake: 'must be a URL such as https://as.example.' }
  }
  if (/[?#]/.test(text)) return { mistake: 'must have neither a query nor a fragment.' }
  if (url.username !== '' || url.password !== '') return { mistake: 'must hold no user name.' }
  if (!isSafe(url)) return { mistake: 'must use https: http is for localhost only.' }
  return { value: text }
}

export function parseScope(text: string): Reading<string> {
  const scopes = text.split(/ +/)
  if (!scopes.every((scope) => SCOPE_TOKEN.test(scope))) {
    return { mistake: 'must be scopes with spaces between them.' }
  }
  if (!scopes.includes('openid')) {
    return { mistake: 'must contain openid: a session begins with an ID token.' }
  }
  return { value: scopes.join(' ') }
}

export function parseResources(text: string): Reading<Resources> {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { mistake: 'must be JSON: an object with an array of scopes for each resource.' }
  }
  const entries = Object.entries(value as Readonly<Record<string, unknown>>)
  if (entries.length === 0) return { mistake: 'must name at least one resource.' }

  for (const [resource, scopes] of entries) {
    const url = parseUrl(resource)
    if (url === undefined || resource.includes('#')) {
      return { mistake: 'has a resource that is no absolute URL, or that has a fragment.' }
    }
    if (/^http:$/.test(url.protocol) && !isSafe(url)) {
      return { mistake: 'has a resource with http: https is needed, but for localhost.' }
    }
    if (!isScopeList(scopes)) {
      return { mistake: 'must have an array of at least one scope for each resource.' }
    }
  }
  return { value: Object.fromEntries(entries) as Resources }
}

export function parseSecrets(text: string): Reading<readonly string[]> {
  const secrets = parseList(text)
  if (secrets === undefined) return NO_LIST

  const short = secrets.findIndex((secret) => Buffer.byteLength(secret) < MIN_SECRET_BYTES)
  if (short >= 0) {
    const place = secrets.length === 1 ? 'is' : `holds as number ${short + 1} a secret that is`
    return { mistake: `${place} too short: 32 bytes or more are needed.` }
  }
  if (new Set(secrets).size < secrets.length) {
    return { mistake: 'holds the same secret twice: put a new one in front.' }
  }
  return { value: secrets }
}

export function parseClaims(text: string): Reading<readonly string[]> {
  const claims = parseList(text)
  return claims === undefined ? NO_LIST : { value: claims }
}

export function parseOneOf<Word extends string>(
  words: readonly Word[],
): (text: string) => Reading<Word> {
  return (text) => {
    const word = words.find((candidate) => candidate === text)
    return word === undefined ? { mistake: `must be ${words.join(' or ')}.` } : { value: word }
  }
}

/** The URL of a server that stores sessions. It may hold a password, so nothing of it is said again. */
export function parseStoreUrl(...schemes: readonly string[]): (text: string) => Reading<string> {
  return (text) => {
    const url = parseUrl(text)
    if (url === undefined || !schemes.includes(url.protocol.slice(0, -1)) || url.hostname === '') {
      return { mistake: `must be a URL such as ${schemes[0]}://host:port.` }
    }
    return { value: text }
  }
}

/** Entries between commas, or a JSON array of strings for entries that hold a comma. */
function parseList(text: string): readonly string[] | undefined {
  const entries: unknown = text.startsWith('[') ? parseJson(text) : text.split(',')
  if (!Array.isArray(entries) || !entries.every((entry) => typeof entry === 'string')) {
    return undefined
  }
  const trimmed = entries.map((entry) => entry.trim())
  return trimmed.length === 0 || trimmed.includes('') ? undefined : trimmed
}

function isScopeList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((scope) => typeof scope === 'string' && SCOPE_TOKEN.test(scope))
  )
}

/** Whether a URL is https, or stays on this machine. */
function isSafe(url: URL): boolean {
  return url.protocol === 'https:' || isLoopback(url.hostname)
}

/** RFC 6761 section 6.3 keeps every name below `localhost` on this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON. The caller has its own word for that.
    return undefined
  }
}
