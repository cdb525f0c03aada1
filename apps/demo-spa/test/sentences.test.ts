import { TmbError } from '@tmb-kit/browser'
import { describe, expect, it } from 'vitest'
import { errorSentence, signInSentence } from '../src/sentences.js'

describe('signInSentence', () => {
  it.each([
    'access_denied',
    'as_error',
    'as_unavailable',
    'binding_not_applied',
    'consent_required',
    'interaction_required',
    'login_required',
    'reauthentication_not_proven',
    'temporarily_unavailable',
  ])('has a sentence of its own for %s', (code) => {
    expect(signInSentence(code)).not.toContain(code)
    expect(signInSentence(code)).toMatch(/\.$/)
  })

  it('names a code that it does not know', () => {
    expect(signInSentence('new_code')).toBe('The sign-in failed (new_code).')
    expect(signInSentence('constructor')).toBe('The sign-in failed (constructor).')
  })

  it.each(['Call 0800 12345', '<b>', 'https://evil.example', '', 'a'.repeat(41)])(
    'never shows the text of whoever made the link: %j',
    (text) => expect(signInSentence(text)).toBe('The sign-in failed.'),
  )
})

describe('errorSentence', () => {
  it('says what to do', () => {
    expect(errorSentence(new TmbError('no_session'))).toContain('Sign in')
    expect(errorSentence(new TmbError('backend_unavailable'))).toContain('running')
    expect(errorSentence(new TmbError('key_store_unavailable'))).toContain('cannot keep a key')
  })

  it('says where to look when it knows no better', () => {
    expect(errorSentence(new TypeError('Failed to fetch'))).toContain('API does not answer')
    expect(errorSentence(new Error('secret'))).toBe('It did not work; the console says more.')
  })
})
