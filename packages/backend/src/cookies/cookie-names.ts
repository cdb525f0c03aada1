/** Every cookie of ours begins so; browsers that know the prefix keep scripts from setting one. */
export const COOKIE_PREFIX = '__Host-Http-tmb'

/** The session. */
export const SESSION_COOKIE = '__Host-Http-tmb'

/** One login transaction, under this and a random ending. */
export const LOGIN_COOKIE_PREFIX = `${COOKIE_PREFIX}-login-`

/** Mode `handoff`: the code that waits for a proof. */
export const CODE_COOKIE = `${COOKIE_PREFIX}-code`

/** The thumbprint that this browser pinned last. */
export const KEY_COOKIE = `${COOKIE_PREFIX}-key`
