// Browsers resolve `*.localhost` themselves (RFC 6761 section 6.3), Node asks the system, which may not.
import dns from 'node:dns'

const { lookup } = dns
dns.lookup = (hostname, ...rest) =>
  lookup(hostname.endsWith('.localhost') ? 'localhost' : hostname, ...rest)
