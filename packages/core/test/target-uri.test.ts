import { originOf, parseTargetUri, type TargetUri } from '@tmb-kit/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('parseTargetUri', () => {
  it.each([
    ['https://rs.example/b~', 'https://rs.example/b~'],
    ['HTTPS://RS.example:443/a/../b%7E', 'https://rs.example/b~'],
    ['http://rs.example:80/x', 'http://rs.example/x'],
    ['http://rs.example:443/x', 'http://rs.example:443/x'],
    ['https://rs.example:8443/x', 'https://rs.example:8443/x'],
    ['https://rs.example:/x', 'https://rs.example/x'],
    ['https://rs.example:0443/x', 'https://rs.example/x'],
    ['https://rs.example', 'https://rs.example/'],
    ['https://rs.example?x=1', 'https://rs.example/'],
    ['https://rs.example/x?y=1#z', 'https://rs.example/x'],
    ['https://rs.example/x#z?y', 'https://rs.example/x'],
    ['https://rs.example/%2f%3a', 'https://rs.example/%2F%3A'],
    ['https://rs.example/%41%2D%2e%5f', 'https://rs.example/A-._'],
    ['https://rs.example/a/./b/../c', 'https://rs.example/a/c'],
    ['https://rs.example/a/..', 'https://rs.example/'],
    ['https://rs.example/a/.', 'https://rs.example/a/'],
    ['https://rs.example/../../x', 'https://rs.example/x'],
    ['https://rs.example/%2e%2E/x', 'https://rs.example/x'],
    ['https://rs.example//x', 'https://rs.example//x'],
    ['https://rs.example/a;b=c,d', 'https://rs.example/a;b=c,d'],
    ['https://rs.example/a|b', 'https://rs.example/a%7Cb'],
    ['https://[2001:DB8:0::1]/x', 'https://[2001:db8::1]/x'],
    ['http://127.0.0.1:4002/x', 'http://127.0.0.1:4002/x'],
    ['http://localhost:4002/', 'http://localhost:4002/'],
  ])('RS-DPOP-11: %s is %s', (value, expected) => {
    expect(parseTargetUri(value)).toBe(expected)
  })

  it.each([
    ['a trailing slash', 'https://rs.example/b/', 'https://rs.example/b'],
    ['the case of the path', 'https://rs.example/B', 'https://rs.example/b'],
    ['an encoded slash', 'https://rs.example/a%2Fb', 'https://rs.example/a/b'],
    ['the scheme', 'http://rs.example/b', 'https://rs.example/b'],
    ['the port', 'https://rs.example:444/b', 'https://rs.example/b'],
    ['a doubled slash', 'https://rs.example//b', 'https://rs.example/b'],
    ['a dot at the end of the host', 'https://rs.example./b', 'https://rs.example/b'],
  ])('RS-DPOP-10: %s stays significant', (_, left, right) => {
    expect(parseTargetUri(left)).not.toBe(parseTargetUri(right))
    expect(parseTargetUri(left)).toBeDefined()
  })

  it.each([
    ['user information', 'https://u:p@rs.example/x'],
    ['a user without a password', 'https://u@rs.example/x'],
    ['an empty user', 'https://@rs.example/x'],
    ['another scheme', 'ftp://rs.example/x'],
    ['a data URL', 'data:text/plain,x'],
    ['a javascript URL', 'javascript:alert(1)'],
    ['a path alone', '/x'],
    ['a host without a scheme', '//rs.example/x'],
    ['one slash after the scheme', 'https:/rs.example/x'],
    ['three slashes after the scheme', 'https:///rs.example/x'],
    ['an encoded host', 'https://rs%2etest/x'],
    ['a host outside ASCII', 'https://bücher.example/x'],
    ['a number that browsers read as an address', 'http://2130706433/x'],
    ['an octal address', 'http://0177.0.0.1/x'],
    ['a back slash', 'https://rs.example\\x'],
    ['a back slash in the path', 'https://rs.example/a\\b'],
    ['a tab', 'https://rs.example/a\tb'],
    ['a line break at the end', 'https://rs.example/a\n'],
    ['a space in front', ' https://rs.example/a'],
    ['a space', 'https://rs.example/a b'],
    ['a character outside ASCII', 'https://rs.example/ä'],
    ['a control character in the query', 'https://rs.example/a?\u{0}'],
    ['a broken percent-encoding', 'https://rs.example/%4'],
    ['a percent-encoding of no digits', 'https://rs.example/%zz'],
    ['a port beyond 65535', 'https://rs.example:65536/x'],
    ['a port that is no number', 'https://rs.example:x/'],
    ['no host', 'https:///x'],
    ['no text', ''],
    ['no string', 7],
    ['a URL object', new URL('https://rs.example/x')],
  ])('RS-DPOP-12: refuses %s', (_, value) => {
    expect(parseTargetUri(value)).toBeUndefined()
  })

  it('RFC 3986 6.2.2: normalising twice changes nothing', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        const once = parseTargetUri(url)
        return once === undefined || parseTargetUri(once) === once
      }),
      { seed: 3986 },
    )
  })

  it('agrees with what a server reads from a browser: the same URL through `new URL`', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), (url) => {
        expect(parseTargetUri(new URL(url).href)).toBe(
          parseTargetUri(url) ?? parseTargetUri(new URL(url).href),
        )
      }),
      { seed: 3986 },
    )
  })

  it('originOf gives scheme, host and port', () => {
    expect(originOf(parseTargetUri('https://rs.example:8443/a/b') as TargetUri)).toBe(
      'https://rs.example:8443',
    )
  })
})
