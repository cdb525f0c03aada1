import { find, findByTestId, showText } from './elements.js'

/** Who is signed in, and which key holds what. */
export interface SessionView {
  signedIn(subject: string, name: string | undefined): void
  signedOut(): void
  /** The thumbprint of this browser's key; `undefined` while it has none. */
  showKey(jkt: string | undefined): void
  /** The thumbprint in the token's `cnf`; `undefined` when there is no token any more. */
  showTokenKey(jkt: string | undefined): void
  readonly jkt: string
  /** Whether it has been shown who is signed in. */
  readonly isKnown: boolean
}

const BOUND = 'Equal: the token is of use to this browser only.'
const NOT_BOUND = 'Not equal: this browser cannot use the token.'

export function createSessionView(): SessionView {
  const status = findByTestId('status')
  const subject = findByTestId('subject')
  const name = find('#name')
  const ownKey = findByTestId('jkt')
  const tokenKey = findByTestId('token-cnf-jkt')
  const actorKey = find('#actor-jkt')
  const verdict = find('#verdict')

  const compare = (): void => {
    const [own, bound] = [ownKey.textContent, tokenKey.textContent]
    const isBound = own === bound
    verdict.dataset['tone'] = isBound ? 'fine' : 'failed'
    showText(verdict, own === '' || bound === '' ? undefined : isBound ? BOUND : NOT_BOUND)
  }
  const setStatus = (word: 'signed-in' | 'signed-out', sub: string): void => {
    status.textContent = word
    subject.textContent = sub
    document.body.dataset['status'] = word
  }
  const showTokenKey = (jkt: string | undefined): void => {
    tokenKey.textContent = jkt ?? ''
    compare()
  }

  return {
    signedIn: (sub, fullName) => {
      setStatus('signed-in', sub)
      showText(name, fullName)
    },
    signedOut: () => {
      setStatus('signed-out', '')
      showText(name, undefined)
      showTokenKey(undefined)
    },
    showKey: (jkt) => {
      ownKey.textContent = jkt ?? ''
      showText(actorKey, jkt === undefined ? undefined : `${jkt.slice(0, 8)}…`)
      compare()
    },
    showTokenKey,
    get jkt() {
      return ownKey.textContent
    },
    get isKnown() {
      return status.textContent !== ''
    },
  }
}
