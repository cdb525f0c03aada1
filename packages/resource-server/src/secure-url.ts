const LOOPBACK_HOST = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Whether a URL is https, or http to this very machine, and names no user. */
export function isSecureUrl(value: string): boolean {
  if (!URL.canParse(value)) return false

  const { protocol, hostname, username, password } = new URL(value)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK_HOST.test(hostname))
}
