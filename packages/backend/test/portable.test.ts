import { bundle } from '@tmb-kit/testkit/bundle'
import { askWorker, installRuntime, runProgram, RUNTIMES, WORKERD } from '@tmb-kit/testkit/runtimes'
import { describe, expect, it } from 'vitest'
import { PORTABLE_CASES } from './portable/cases.js'

const ALL = PORTABLE_CASES.map(({ title }) => ({ title }))
const entry = new URL('./portable/main.ts', import.meta.url)
const main = await bundle(entry, 'portable')
const web = await bundle(entry, 'portable-web', { platform: 'web' })
const worker = await bundle(new URL('./portable/worker.ts', import.meta.url), 'portable-worker', {
  platform: 'web',
})

const installed = await Promise.all(
  RUNTIMES.map(async (runtime) => ({ ...runtime, file: await installRuntime(runtime) })),
)
const workerd = await installRuntime(WORKERD)
const onThisNode = { name: 'this Node', file: process.execPath, flags: [] }
const runtimes = [onThisNode, ...installed.filter(({ file }) => file !== undefined)]

describe('the portable suite', () => {
  it.each(PORTABLE_CASES)('on this Node: $title', async ({ run }) => {
    await run()
  })

  it.each(runtimes)(
    'on $name, all of it',
    async ({ file, flags }) => {
      expect(JSON.parse(await runProgram(file ?? '', [...flags, main]))).toEqual(ALL)
    },
    90_000,
  )

  it.each(runtimes)(
    'on $name without node:crypto, all of it',
    async ({ file, flags }) => {
      expect(JSON.parse(await runProgram(file ?? '', [...flags, web]))).toEqual(ALL)
    },
    90_000,
  )

  it.runIf(workerd !== undefined)('on workerd, all of it', async () => {
    expect(JSON.parse(await askWorker(workerd ?? '', worker))).toEqual(ALL)
  })
})
