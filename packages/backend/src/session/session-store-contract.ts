import type { SessionRow, SessionStore } from './session-store.js'

/** One thing that a store must do. `run` rejects with a sentence when it does not. */
export interface ContractCase {
  readonly name: string
  readonly run: () => Promise<void>
}

/** A store to be tested, and a way to let its time pass. */
export interface StoreUnderTest {
  readonly store: SessionStore
  /** NumericDate of the store's present. */
  readonly now: () => number
  /** Lets this many seconds pass, for the store too. */
  readonly advance: (seconds: number) => Promise<void> | void
}

/**
 * What every session store must do, whoever wrote it.
 *
 * @param create A store that is empty, at least of the rows of other cases.
 * @example
 * ```ts
 * for (const { name, run } of sessionStoreContract(create)) it(name, run)
 * ```
 */
export function sessionStoreContract(
  create: () => Promise<StoreUnderTest>,
): readonly ContractCase[] {
  const rowOf = (now: number, changes: Partial<SessionRow> = {}): SessionRow => ({
    id: `row-${crypto.randomUUID()}`,
    version: 1,
    sealed: 'sealed-1',
    labels: [`label-${crypto.randomUUID()}`],
    expiresAt: now + 1000,
    ...changes,
  })
  const testCase = (
    name: string,
    run: (underTest: StoreUnderTest, row: SessionRow) => Promise<void>,
  ): ContractCase => ({
    name,
    run: async () => {
      const underTest = await create()
      await run(underTest, rowOf(underTest.now()))
    },
  })
  const next = (row: SessionRow, sealed = 'sealed-2'): SessionRow => ({
    ...row,
    version: row.version + 1,
    sealed,
  })

  return [
    testCase('finds what was inserted, as it was', async ({ store }, row) => {
      await store.insert(row)
      assertSame(await store.find(row.id), row)
      assertSame(await store.find(`${row.id}-other`), undefined)
    }),
    testCase('finds no row that is over', async ({ store, advance }, row) => {
      await store.insert(row)
      await advance(999)
      assertSame((await store.find(row.id))?.id, row.id)
      await advance(1)
      assertSame(await store.find(row.id), undefined)
      assertSame(await store.replace(next(row)), false)
      assertSame(await store.findByLabel(row.labels[0] ?? ''), [])
    }),
    testCase('replaces the version before, and no other', async ({ store }, row) => {
      await store.insert(row)
      assertSame(await store.replace(row), false)
      assertSame(await store.replace({ ...row, version: 3 }), false)
      assertSame(await store.replace(next(row)), true)
      assertSame(await store.find(row.id), next(row))
      assertSame(await store.replace(next(row)), false)
    }),
    testCase('has one winner of fifty concurrent replacements', async ({ store }, row) => {
      await store.insert(row)
      const writes = Array.from({ length: 50 }, async (_none, index) =>
        store.replace(next(row, `sealed-by-${index}`)),
      )
      assertSame((await Promise.all(writes)).filter(Boolean).length, 1)
    }),
    testCase('brings no deleted row back', async ({ store }, row) => {
      await store.insert(row)
      assertSame(await store.delete(row.id), true)
      assertSame(await store.delete(row.id), false)
      assertSame(await store.replace(next(row)), false)
      assertSame(await store.find(row.id), undefined)
      assertSame(await store.findByLabel(row.labels[0] ?? ''), [])
    }),
    testCase('has one winner of fifty concurrent deletions', async ({ store }, row) => {
      await store.insert(row)
      const deletions = Array.from({ length: 50 }, async () => store.delete(row.id))
      assertSame((await Promise.all(deletions)).filter(Boolean).length, 1)
    }),
    testCase('finds every row with a label, and no other', async ({ store, now }, row) => {
      const labels = [`shared-${crypto.randomUUID()}`]
      const rows = [rowOf(now(), { labels }), rowOf(now(), { labels })]
      for (const each of [...rows, row]) await store.insert(each)
      await store.replace(next(rows[0] ?? row))
      const found = (await store.findByLabel(labels[0] ?? '')).map(({ id }) => id)
      assertSame([...found].sort(), rows.map(({ id }) => id).sort())
    }),
    testCase('keeps tokens beside a row, and not past their end', async (underTest, row) => {
      const { store, now, advance } = underTest
      const tokens = { sealed: 'tokens-1', expiresAt: now() + 300 }
      await store.insert({ ...row, tokens })
      assertSame(await store.find(row.id), { ...row, tokens })
      const newer = { sealed: 'tokens-2', expiresAt: now() + 500 }
      assertSame(await store.replace({ ...next(row), tokens: newer }), true)
      assertSame(await store.find(row.id), { ...next(row), tokens: newer })
      assertSame(await store.replace({ ...next(row), tokens }), false)
      await advance(500)
      assertSame(await store.find(row.id), next(row))
      assertSame(await store.replace(next(next(row))), true)
      assertSame(await store.find(row.id), next(next(row)))
      assertSame(await store.delete(row.id), true)
      assertSame(await store.find(row.id), undefined)
    }),
    testCase('a row that is written without tokens has none', async ({ store, now }, row) => {
      await store.insert({ ...row, tokens: { sealed: 'tokens-1', expiresAt: now() + 300 } })
      assertSame(await store.replace(next(row)), true)
      assertSame(await store.find(row.id), next(row))
    }),
    testCase('gives a lease to one of fifty, until it is given back', async ({ store }, row) => {
      await store.insert(row)
      const takers = Array.from({ length: 50 }, async (_none, index) =>
        store.acquireLease(row.id, `holder-${index}`, 60),
      )
      const taken = await Promise.all(takers)
      assertSame(taken.filter((answer) => answer === 'acquired').length, 1)
      assertSame(taken.filter((answer) => answer === 'held').length, 49)
      await store.releaseLease(row.id, 'somebody else')
      assertSame(await store.acquireLease(row.id, 'late', 60), 'held')
      await store.releaseLease(row.id, `holder-${taken.indexOf('acquired')}`)
      assertSame(await store.acquireLease(row.id, 'late', 60), 'acquired')
    }),
    testCase('says of a lease that ran out that it was not given back', async (underTest, row) => {
      const { store, advance } = underTest
      await store.insert(row)
      assertSame(await store.acquireLease(row.id, 'crashed', 60), 'acquired')
      await advance(61)
      const takers = Array.from({ length: 50 }, async (_none, index) =>
        store.acquireLease(row.id, `holder-${index}`, 60),
      )
      const taken = await Promise.all(takers)
      assertSame(taken.filter((answer) => answer === 'taken_over').length, 1)
      assertSame(taken.filter((answer) => answer === 'held').length, 49)
      await store.releaseLease(row.id, 'crashed')
      assertSame(await store.acquireLease(row.id, 'late', 60), 'held')
      await store.releaseLease(row.id, `holder-${taken.indexOf('taken_over')}`)
      assertSame(await store.acquireLease(row.id, 'next', 60), 'acquired')
    }),
    testCase('renews a lease for its holder, and for nobody else', async (underTest, row) => {
      const { store, advance } = underTest
      await store.insert(row)
      assertSame(await store.renewLease(row.id, 'holder', 60), false)
      assertSame(await store.acquireLease(row.id, 'holder', 60), 'acquired')
      assertSame(await store.renewLease(row.id, 'other', 60), false)
      await advance(40)
      assertSame(await store.renewLease(row.id, 'holder', 60), true)
      await advance(40)
      assertSame(await store.acquireLease(row.id, 'other', 60), 'held')
      await advance(30)
      assertSame(await store.renewLease(row.id, 'holder', 60), true)
      await advance(61)
      assertSame(await store.acquireLease(row.id, 'other', 60), 'taken_over')
      assertSame(await store.renewLease(row.id, 'holder', 60), false)
    }),
    testCase('marks a name once, and forgets it in time', async ({ store, now, advance }) => {
      const name = `mark-${crypto.randomUUID()}`
      assertSame(await store.isMarked(name), false)
      const marks = Array.from({ length: 50 }, async () => store.mark(name, now() + 100))
      assertSame((await Promise.all(marks)).filter(Boolean).length, 1)
      assertSame(await store.isMarked(name), true)
      await advance(101)
      assertSame(await store.isMarked(name), false)
    }),
  ]
}

function assertSame(actual: unknown, expected: unknown): void {
  const [seen, wanted] = [canonical(actual), canonical(expected)]
  if (seen !== wanted) throw new Error(`expected ${wanted}, but the store said ${seen}`)
}

/** JSON with sorted members: a store may give them in any order. */
function canonical(value: unknown): string {
  if (value === undefined) return 'undefined'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`

  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, member]) => `"${name}":${canonical(member)}`).join()}}`
}
