import { parseJsonObject } from '@tmb-kit/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const nested = (levels: number): string =>
  '{"a":'.repeat(levels - 1) + '{}' + '}'.repeat(levels - 1)

describe('parseJsonObject', () => {
  it('reads what JSON.parse reads, when it is an object', () => {
    const member = fc.string().filter((name) => name !== '__proto__')
    const values = fc.dictionary(member, fc.jsonValue({ maxDepth: 3 }))
    fc.assert(
      fc.property(values, (value) => {
        const text = JSON.stringify(value)
        if (text.includes('"__proto__"')) return

        expect(parseJsonObject(text)).toEqual(JSON.parse(text))
      }),
      { seed: 8259 },
    )
  })

  it.each([
    ['nothing', ''],
    ['an array', '[]'],
    ['null', 'null'],
    ['a string', '"{}"'],
    ['a number', '1'],
    ['two objects', '{}{}'],
    ['a trailing comma', '{"a":1,}'],
    ['single quotes', "{'a':1}"],
    ['a comment', '{}//'],
    ['a byte order mark', '\u{feff}{}'],
    ['a repeated member', '{"a":1,"a":1}'],
    ['a repeated member with another value between', '{"a":1,"b":{"a":2},"a":3}'],
    ['a repeated member deeper down', '{"a":{"b":1,"b":2}}'],
    ['a repeated member in an array', '{"a":[{"b":1,"b":2}]}'],
    ['a repeated member spelled with an escape', '{"a":1,"\\u0061":2}'],
    ['a repeated empty member', '{"":1,"":2}'],
    ['__proto__', '{"__proto__":{"a":1}}'],
    ['__proto__ spelled with an escape', '{"__proto\\u005f_":1}'],
    ['nine levels', nested(9)],
    ['nine levels of arrays', `{"a":${'['.repeat(8)}${']'.repeat(8)}}`],
    ['a bomb of brackets', '{"a":'.repeat(100_000)],
  ])('RFC 8259: refuses %s', (_, text) => {
    expect(parseJsonObject(text)).toBeUndefined()
  })

  it.each([
    ['eight levels', nested(8)],
    ['equal members of different objects', '{"a":{"b":1},"c":{"b":1}}'],
    ['braces, colons and quotes inside strings', '{"a":"{\\"a\\":1,[","b":":"}'],
    ['a string that ends in a back slash', '{"a":"\\\\","b":1}'],
    ['constructor and toString as members', '{"constructor":1,"toString":2}'],
    ['white space everywhere', ' {\n"a"\t:\r1 } '],
  ])('RFC 8259: takes %s', (_, text) => {
    expect(parseJsonObject(text)).toEqual(JSON.parse(text))
  })

  it('RFC 8259: refuses a member that is repeated, wherever and whatever it is', () => {
    const member = fc.string().filter((name) => name !== '__proto__')
    const values = fc.dictionary(member, fc.jsonValue({ maxDepth: 2 }), { minKeys: 1 })
    fc.assert(
      fc.property(values, fc.jsonValue({ maxDepth: 1 }), fc.nat(), (value, other, at) => {
        const names = Object.keys(value)
        const again = `${JSON.stringify(names[at % names.length])}:${JSON.stringify(other)}`
        const text = JSON.stringify(value)
        expect(parseJsonObject(`{${again},${text.slice(1)}`)).toBeUndefined()
        expect(parseJsonObject(`${text.slice(0, -1)},${again}}`)).toBeUndefined()
        expect(parseJsonObject(`{"outer":[${text.slice(0, -1)},${again}}]}`)).toBeUndefined()
      }),
      { seed: 8259 },
    )
  })

  it('takes long text with brackets, quotes and back slashes in its strings', () => {
    const text = JSON.stringify({ a: '[{"\\'.repeat(300), b: { c: ['\\', '"'] } })
    expect(parseJsonObject(text)).toEqual(JSON.parse(text))
    expect(parseJsonObject(`{"a":"${'x'.repeat(600)}","b":${nested(8)}}`)).toBeUndefined()
    expect(parseJsonObject(`{"a":"${'x'.repeat(600)}","b":${nested(7)}}`)).toBeDefined()
  })

  it('takes as many levels as it is told', () => {
    expect(parseJsonObject(nested(9), { maxDepth: 9 })).toBeDefined()
    expect(parseJsonObject(nested(2), { maxDepth: 1 })).toBeUndefined()
  })
})
