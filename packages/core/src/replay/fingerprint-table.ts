import type { Fingerprint } from './sip-hash.js'

/** Where a fingerprint is, or could be put. */
export interface FingerprintTable {
  /**
   * Looks for a fingerprint that still counts: one that has not expired, or is of the same proof.
   *
   * @returns `undefined` when it is there; else what puts it there. To be called at once.
   */
  findRoom(fingerprint: Fingerprint, expiresAt: number, now: number): Room | undefined
}

export interface Room {
  put(): void
}

/** Three numbers a slot: the two halves of the fingerprint, and when it expires; 0 for an empty one. */
const SLOT = 3

/** Entries of a part when all is full: few enough that rebuilding one is no pause. */
const ENTRIES_OF_PART = 4096
const MIN_SLOTS = 16

/** With this share of its slots in use a part is rebuilt, with half of its slots free. */
const MAX_LOAD = 0.75

const LATEST_EXPIRY = 0xffffffff
const TWO_TO_32 = 2 ** 32

/**
 * A table of fingerprints with open addressing, in many small parts.
 *
 * An entry takes 16 to 24 octets. What has expired is written over where it stands in the way, and
 * left out when its part is rebuilt; only one part is rebuilt at a time, so that nobody waits.
 */
export function createFingerprintTable(maxEntries: number): FingerprintTable {
  const partCount = 2 ** Math.ceil(Math.log2(Math.max(1, maxEntries / ENTRIES_OF_PART)))
  const parts: Part[] = []

  return {
    findRoom: (fingerprint, expiresAt, now) => {
      const index = fingerprint.low & (partCount - 1)
      const part = (parts[index] ??= { slots: new Uint32Array(MIN_SLOTS * SLOT), used: 0 })
      if (part.used >= (part.slots.length / SLOT) * MAX_LOAD) rebuild(part, now)

      const expiry = Math.min(Math.max(Math.ceil(expiresAt), 1), LATEST_EXPIRY)
      const at = findSlot(part.slots, fingerprint, expiry, now)
      if (at === KNOWN) return undefined

      return { put: () => put(part, at, fingerprint, expiry) }
    },
  }
}

interface Part {
  slots: Uint32Array
  /** Slots that are not empty, expired ones too. */
  used: number
}

const KNOWN = -1

function findSlot(
  slots: Uint32Array,
  { high, low }: Fingerprint,
  expiry: number,
  now: number,
): number {
  let free = KNOWN
  let at = Math.floor((high / TWO_TO_32) * (slots.length / SLOT)) * SLOT
  for (;;) {
    const known = slots[at + 2] ?? 0
    if (known === 0) return free === KNOWN ? at : free
    if (slots[at] === high && slots[at + 1] === low) {
      // The same expiry is the same proof again, even if this clock says that it has passed.
      return known >= now || known >= expiry ? KNOWN : at
    }

    if (known < now && free === KNOWN) free = at
    at += SLOT
    if (at === slots.length) at = 0
  }
}

function put(part: Part, at: number, { high, low }: Fingerprint, expiry: number): void {
  if (part.slots[at + 2] === 0) part.used += 1
  part.slots[at] = high
  part.slots[at + 1] = low
  part.slots[at + 2] = expiry
}

/** With twice the room that its live entries need. */
function rebuild(part: Part, now: number): void {
  const { slots } = part
  let live = 0
  for (let at = 2; at < slots.length; at += SLOT) if ((slots[at] ?? 0) >= now) live += 1

  part.slots = new Uint32Array(Math.max(MIN_SLOTS, live * 2) * SLOT)
  part.used = 0
  const fingerprint = { high: 0, low: 0 }
  for (let at = 0; at < slots.length; at += SLOT) {
    const expiry = slots[at + 2] ?? 0
    if (expiry < now || expiry === 0) continue

    fingerprint.high = slots[at] ?? 0
    fingerprint.low = slots[at + 1] ?? 0
    put(part, findSlot(part.slots, fingerprint, expiry, now), fingerprint, expiry)
  }
}
