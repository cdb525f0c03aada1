import { equalConfirmations, withSession, type Confirmation } from './confirmation.js'
import { KeyBindingError } from './errors.js'

export interface TokenRequestOptions {
  readonly clientId: string
  /** What `tmb` asks for, checked, and with the session where the client's tokens have it. */
  readonly asked: Confirmation | undefined
  /** Whether the client must send `tmb`. */
  readonly required: boolean
  /** Whether all tokens of the client are session-bound. */
  readonly sessionBound: boolean
  /** Whether a grant that is there already decides: then nothing is bound before it was seen. */
  readonly refreshes: boolean
  /** Whether a bound token must be for a resource that the request names, and it names none. */
  readonly lacksAudience: boolean
}

/** A code, as far as its binding goes. */
interface BoundCode {
  readonly clientId?: string
  readonly consumed?: unknown
  dpopJkt: string | undefined
}

/** A refresh token, as far as its binding goes. */
interface BoundRefreshToken {
  readonly clientId?: string
  readonly consumed?: unknown
  readonly confirmation: Confirmation | undefined
}

/**
 * One token request, from what it asks for to how its tokens are bound.
 *
 * What belongs to another client, or was used before, is left to oidc-provider, which refuses it
 * and, where it was used before, revokes what came of it.
 */
export class TokenRequest {
  readonly clientId: string
  /** What `tmb` asks for, checked, and with the session where the client's tokens have it. */
  readonly asked: Confirmation | undefined
  /** Whether all tokens of the client are session-bound. */
  readonly sessionBound: boolean
  readonly #required: boolean
  readonly #lacksAudience: boolean
  #binding: Confirmation | undefined
  #endsAt: number | undefined

  constructor(options: TokenRequestOptions) {
    const { clientId, asked, required, sessionBound, refreshes, lacksAudience } = options
    this.clientId = clientId
    this.asked = asked
    this.sessionBound = sessionBound
    this.#required = required
    this.#lacksAudience = lacksAudience
    this.#binding = refreshes ? undefined : asked
  }

  /** How every access token of this answer is bound. `undefined`: as without the plugin. */
  get binding(): Confirmation | undefined {
    return this.#binding
  }

  /** NumericDate that no token of this answer outlives. `undefined`: there is none. */
  get endsAt(): number | undefined {
    return this.#endsAt
  }

  /** @param exp Of the token that the answer comes from. */
  endBy(exp: number): void {
    this.#endsAt = exp
  }

  /**
   * RFC 9449 section 10: a code that was asked for with `dpop_jkt` goes to that key only. Here `tmb`
   * names the key in place of a proof, so an equal one satisfies the code.
   *
   * @throws {@link KeyBindingError} `code_bound_to_another_key`
   */
  redeem(code: BoundCode): void {
    if (this.asked === undefined || code.dpopJkt === undefined) return
    if (code.clientId !== this.clientId || code.consumed !== undefined) return
    if (this.asked.jkt !== code.dpopJkt) throw new KeyBindingError('code_bound_to_another_key')

    // oidc-provider looks for a proof of this key next. There is none, by design.
    code.dpopJkt = undefined
  }

  /**
   * The binding sticks to the grant. Whoever has a refresh token and the client's credentials, but
   * not the key, must not move it to a key of his own; and no forgotten parameter loses it.
   *
   * @throws {@link KeyBindingError} `grant_bound_to_another_key`, `grant_not_bound`, `tmb_required`,
   *   `audience_required`, `session_binding_missing`
   */
  refresh({ clientId, consumed, confirmation }: BoundRefreshToken): void {
    if (clientId !== this.clientId || consumed !== undefined) return
    if (confirmation === undefined) {
      if (this.asked !== undefined) throw new KeyBindingError('grant_not_bound')
      if (this.#required) throw new KeyBindingError('tmb_required')
      return
    }
    // A grant may be older than the client's metadata.
    const kept = this.sessionBound ? withSession(confirmation) : confirmation
    if (this.asked !== undefined && !equalConfirmations(this.asked, kept)) {
      throw new KeyBindingError('grant_bound_to_another_key')
    }
    if (this.#lacksAudience) throw new KeyBindingError('audience_required')
    this.#binding = kept
  }
}
