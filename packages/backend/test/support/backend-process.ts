import type { Hono } from 'hono'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { bundle } from '@tmb-kit/testkit/bundle'
import { createTestBrowser, type TestBrowser } from './test-browser.js'

/** A backend in a process of its own. */
export interface BackendProcess {
  readonly child: ChildProcess
  /** A browser that talks to this process, with a cookie jar that others may share. */
  browser(jar?: Map<string, string>): TestBrowser
  /** Lets time pass, in this process. */
  advance(seconds: number): Promise<void>
  isAlive(): boolean
  /** `kill -9`. */
  kill(): Promise<void>
}

export type StartBackend = () => Promise<BackendProcess>

/** Bundles the backend once, and gives what starts it. */
export async function prepareBackend(
  environment: Readonly<Record<string, string>>,
  name: string,
): Promise<StartBackend> {
  const file = await bundle(new URL('backend-server.ts', import.meta.url), name, {
    platform: 'web',
  })
  return async () => {
    const child = fork(file, { env: { ...process.env, ...environment }, execArgv: [] })
    const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }]
    const send = async (request: Request): Promise<Response> => {
      const { pathname, search } = new URL(request.url)
      const { method, headers, body } = request
      return fetch(`http://127.0.0.1:${port}${pathname}${search}`, {
        method,
        headers,
        redirect: 'manual',
        ...(body === null ? {} : { body: await request.text() }),
      })
    }
    return {
      child,
      browser: (jar) => createTestBrowser({ request: send } as unknown as Hono, jar),
      advance: async (seconds) => {
        child.send(seconds)
        await once(child, 'message')
      },
      isAlive: () => child.exitCode === null && child.signalCode === null,
      kill: async () => {
        if (child.exitCode !== null || child.signalCode !== null) return

        child.kill('SIGKILL')
        await once(child, 'exit')
      },
    }
  }
}
