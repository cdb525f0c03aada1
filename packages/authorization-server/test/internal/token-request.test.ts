import { describe, expect, it } from 'vitest'
import { parseJkt } from '@tmb-kit/core'
import { TokenRequest } from '../../src/token-request.js'

const jkt = parseJkt('0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I')!
const clientId = 'c'

describe('AS-14: a grant from the time before its client had to send tmb', () => {
  const refreshToken = { clientId, confirmation: undefined }

  it('gives no unbound token any more', () => {
    const options = {
      clientId,
      asked: undefined,
      required: true,
      sessionBound: false,
      refreshes: true,
      lacksAudience: false,
    }
    expect(() => new TokenRequest(options).refresh(refreshToken)).toThrow(
      expect.objectContaining({ code: 'tmb_required' }),
    )
  })

  it('control: goes on where the client need not', () => {
    const request = new TokenRequest({
      clientId,
      asked: undefined,
      required: false,
      sessionBound: false,
      refreshes: true,
      lacksAudience: false,
    })
    request.refresh(refreshToken)
    expect(request.binding).toBeUndefined()
  })
})

it('AS-12: a refresh is bound by its grant, and not before the grant was seen', () => {
  const request = new TokenRequest({
    clientId,
    asked: { jkt },
    required: false,
    sessionBound: false,
    refreshes: true,
    lacksAudience: false,
  })
  expect(request.binding).toBeUndefined()
  request.refresh({ clientId, confirmation: { jkt } })
  expect(request.binding).toStrictEqual({ jkt })
})
