import { expect, it } from 'vitest'
import { apiOriginOf } from '../src/api-origin.js'

it.each([
  ['http://localhost:4000/?error=as_error', 'http://localhost:4002'],
  ['http://localhost:5000/', 'http://localhost:5002'],
  ['http://app.localhost:4000/', 'http://api.localhost:4002'],
  ['https://app.localhost:4000/', 'https://api.localhost:4002'],
  ['https://app.example/', 'https://api.example:445'],
])('the page at %s has its API at %s', (page, api) => {
  expect(apiOriginOf(new URL(page), '')).toBe(api)
})

it('what index.html says goes before', () => {
  const page = new URL('http://localhost:4000/')
  expect(apiOriginOf(page, 'https://api.example')).toBe('https://api.example')
})
