import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const html = readFileSync(new URL('../index.html', import.meta.url), 'utf8')

it.each([
  'status',
  'sign-in',
  'sign-out',
  'call-api',
  'call-vault',
  'renew',
  'subject',
  'mode',
  'jkt',
  'token-cnf-jkt',
  'api-status',
  'api-body',
  'log',
])('the page has exactly one element %s', (testId) => {
  expect(html.split(`data-testid="${testId}"`)).toHaveLength(2)
})

it('SES-26: no script and no style stands in the page itself', () => {
  expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|"javascript:/i)
  expect(html.match(/<script(?![^>]*\ssrc=)/gi)).toBeNull()
})

it('nothing comes from another origin', () => {
  expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
})
