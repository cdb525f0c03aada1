import type { Server } from 'node:http'

/** Container hosts kill a process some 10 to 30 s after they asked it to end. */
const DEADLINE_SECONDS = 10
const IDLE_CHECK_MILLISECONDS = 100

/**
 * Ends a server without cutting anybody off: no new connection, connections that wait are closed,
 * requests in flight are answered. What is not done after 10 s is cut off.
 *
 * @returns once the last connection is gone.
 */
export async function shutDown(
  server: Server,
  options: { readonly deadlineSeconds?: number } = {},
): Promise<void> {
  const { deadlineSeconds = DEADLINE_SECONDS } = options

  await new Promise<void>((resolve) => {
    // A connection that has just given its answer is idle only now, and would be kept alive.
    const idleCheck = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MILLISECONDS)
    const deadline = setTimeout(() => server.closeAllConnections(), deadlineSeconds * 1000)
    server.close(() => {
      clearInterval(idleCheck)
      clearTimeout(deadline)
      resolve()
    })
  })
}
