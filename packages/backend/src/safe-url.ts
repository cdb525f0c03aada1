const LOOPBACK_HOST = /^(?:localhost|[a-z0-9.-]+\.localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/

/** Whether a URL is https, or http to this very machine, without user information and fragment. */
export function isSafeUrl(value: string): boolean {
  if (!URL.canParse(value)) return false

  const { protocol, hostname, username, password, hash } = new URL(value)
  if (username !== '' || password !== '' || hash !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK_HOST.test(hostname))
}
