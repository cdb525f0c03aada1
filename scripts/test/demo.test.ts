import { spawn } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'

const RUN = fileURLToPath(new URL('../run.mjs', import.meta.url))

interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command as a user would, and waits for its end. */
async function demo(flags: readonly string[], environment: Record<string, string>): Promise<Ended> {
  const child = spawn(process.execPath, [RUN, 'demo', ...flags], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const exitCode = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { exitCode, stdout, stderr }
}

/** One sentence, exit code 1, and nothing installed or built before it. */
function expectOneSentence({ exitCode, stdout, stderr }: Ended, sentence: RegExp): void {
  expect(stderr).toMatch(sentence)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stdout).toBe('')
  expect(exitCode).toBe(1)
}

const taken = createServer()

afterEach(async () => {
  if (taken.listening) await new Promise((resolve) => taken.close(resolve))
})

describe('npm run demo, before anything is built', () => {
  it.each(['abc', '0', '-1', '65534', '4000.5', ''])('refuses PORT="%s"', async (PORT) => {
    expectOneSentence(await demo([], { PORT }), /^PORT must be a number/)
  })

  it.each([
    ['--bogus'],
    ['--nonce=yes'],
    ['word'],
    ['--mode'],
    ['--mode', 'bearer'],
    ['--short-lived=60'],
  ])('refuses the flags %s %s and names those it knows', async (...flags) => {
    expectOneSentence(await demo(flags, { PORT: '21230' }), /Known flags: --/)
  })

  it.each([
    ['--redis', 'localhost:6379'],
    ['--redis', 'http://canary@localhost'],
    ['--redis', 'redis://'],
    ['--redis', 'postgres://canary@localhost'],
    ['--postgres', 'canary'],
    ['--postgres', 'redis://canary@localhost'],
  ])('refuses %s %s and shows what a URL looks like', async (flag, url) => {
    const ended = await demo([flag, url], { PORT: '21230' })
    const scheme = flag.slice(2)
    expectOneSentence(ended, new RegExp(`^${flag} must be a URL such as ${scheme}://localhost:`))
    expect(ended.stderr).not.toContain('canary')
  })

  it('refuses two stores', async () => {
    const flags = ['--redis', 'redis://localhost', '--postgres', 'postgres://localhost']
    expectOneSentence(await demo(flags, { PORT: '21230' }), /sessions live in one place/)
  })

  it.each(['redis', 'postgres'])('refuses --%s where nothing answers', async (scheme) => {
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    await new Promise((resolve) => taken.close(resolve))
    const url = `${scheme}://user:canary@127.0.0.1:${port}/0`
    const ended = await demo([`--${scheme}`, url], { PORT: '21230' })
    expectOneSentence(ended, new RegExp(`^--${scheme}: nothing answers at 127.0.0.1:${port}: `))
    expect(ended.stderr).not.toContain('canary')
  })

  it.each([0, 1, 2])(
    'says which port is taken, when it is port %i of the three',
    async (offset) => {
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
      const { port } = taken.address() as AddressInfo
      const ended = await demo([], { PORT: String(port - offset) })
      expectOneSentence(ended, new RegExp(`^Port ${port} is taken: `))
    },
  )
})
