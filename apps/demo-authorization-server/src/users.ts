/** Somebody who can sign in to the demo. */
export interface User {
  /** What is typed, and the `sub` of every token. */
  readonly login: string
  readonly name: string
}

const USERS: readonly User[] = [
  { login: 'alice', name: 'Alice Example' },
  { login: 'bob', name: 'Bob Example' },
]

/** The README tells it to everybody: it keeps nobody out, it shows what a sign-in looks like. */
const PASSWORD = 'demo'

export function findUser(login: string): User | undefined {
  return USERS.find((user) => user.login === login)
}

/** The user whose name and password these are. Case and spaces around the name do not matter. */
export function checkPassword(login: string, password: string): User | undefined {
  return password === PASSWORD ? findUser(login.trim().toLowerCase()) : undefined
}
