/// <reference types="node" />
import type { SealedTokens, SessionRow } from './session-store.js'

// Memory is what a session costs in Redis. So its row is no JSON: version, end and labels in one line of
// text, and behind it the octets that base64url stands for, which is longer by a third.
const ROW_LINE = /^([0-9]+) ([0-9.]+)((?: [\w-]+)*) ([bt])$/
const TOKENS_LINE = /^([0-9.]+) ([bt])$/
const LONGEST_LINE_OCTETS = 4096
const LINE_END = '\n'

/** A row as Redis keeps it; its id is in the key. */
export function encodeRow({ version, expiresAt, labels, sealed }: SessionRow): Uint8Array {
  return encode([`${version}`, `${expiresAt}`, ...labels], sealed)
}

/** @returns `undefined` for what no release of ours wrote: then there is no session. */
export function parseRow(id: string, stored: Uint8Array): SessionRow | undefined {
  const { fields, text } = parse(stored, ROW_LINE)
  if (fields === undefined) return undefined

  const [version, expiresAt, labels = ''] = fields
  return {
    id,
    version: Number(version),
    expiresAt: Number(expiresAt),
    labels: labels.split(' ').slice(1),
    sealed: text,
  }
}

export function encodeTokens({ sealed, expiresAt }: SealedTokens): Uint8Array {
  return encode([`${expiresAt}`], sealed)
}

/** @returns `undefined` for what is over, and for what no release of ours wrote. */
export function parseTokens(stored: Uint8Array, now: number): SealedTokens | undefined {
  const { fields, text } = parse(stored, TOKENS_LINE)
  const expiresAt = Number(fields?.[0] ?? 0)
  return expiresAt > now ? { sealed: text, expiresAt } : undefined
}

/** `b`: the octets of base64url. `t`: a text that is none, in its one canonical form. */
function encode(fields: readonly string[], text: string): Buffer {
  const octets = Buffer.from(text, 'base64url')
  const isBase64url = octets.toString('base64url') === text
  const line = [...fields, isBase64url ? 'b' : 't'].join(' ')
  return Buffer.concat([Buffer.from(line + LINE_END), isBase64url ? octets : Buffer.from(text)])
}

function parse(
  stored: Uint8Array,
  pattern: RegExp,
): { readonly fields: readonly string[] | undefined; readonly text: string } {
  const buffer = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength)
  const end = buffer.subarray(0, LONGEST_LINE_OCTETS).indexOf(LINE_END)
  const line = pattern.exec(buffer.toString('latin1', 0, Math.max(end, 0)))
  if (line === null) return { fields: undefined, text: '' }

  const fields = line.slice(1)
  const encoding = fields.at(-1) === 'b' ? 'base64url' : 'utf8'
  return { fields, text: buffer.subarray(end + 1).toString(encoding) }
}
