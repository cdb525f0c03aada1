import type { JsonObject } from '@tmb-kit/core'
import { RefusalError } from '../errors.js'
import type { Settings } from '../settings.js'
import { formatScope, parseScope } from './scope.js'

/** What an access token is asked for. */
export interface TokenTarget {
  readonly resource: string
  /** Sorted. */
  readonly scope: string
}

/** Scopes of the login itself: they mean nothing to a resource. */
export const LOGIN_SCOPES: readonly string[] = ['openid', 'offline_access']

/** The name under which a token for exactly this resource and scope is remembered. */
export function nameOf({ resource, scope }: TokenTarget): string {
  return `${resource} ${scope}`
}

/**
 * Reads what `/token` is asked for, against the configuration and what the user granted.
 *
 * @throws {RefusalError} `invalid_request`, `invalid_target`, `invalid_scope`
 * @see https://www.rfc-editor.org/rfc/rfc8707#section-2
 */
export function parseTokenTarget(
  body: JsonObject,
  { granted: grantedScope, settings }: { readonly granted: string; readonly settings: Settings },
): TokenTarget {
  const { resource: asked, scope: askedScope } = body
  const resource = parseResource(asked, settings)
  const configured = configuredScopes(resource, settings)
  const granted = parseScope(grantedScope)
  if (typeof askedScope !== 'string') {
    const scopes = configured.filter((name) => granted.includes(name))
    if (scopes.length === 0 && configured.length > 0) throw new RefusalError('invalid_scope')
    return { resource, scope: formatScope(scopes) }
  }

  const scopes = parseScope(askedScope)
  const allowed = scopes.every((name) => configured.includes(name) && granted.includes(name))
  if (scopes.length === 0 || !allowed) throw new RefusalError('invalid_scope')
  return { resource, scope: formatScope(scopes) }
}

function parseResource(asked: unknown, { resources }: Settings): string {
  const [only] = resources.size === 1 ? resources.keys() : []
  const resource = asked ?? only
  if (typeof resource !== 'string' || !resources.has(resource)) {
    throw new RefusalError('invalid_target')
  }
  return resource
}

/** The scopes that the page may ask for, of one resource. */
export function configuredScopes(resource: string, { resources }: Settings): readonly string[] {
  return (resources.get(resource) ?? []).filter((name) => !LOGIN_SCOPES.includes(name))
}

/**
 * What an answer's token can do at resources, sorted. A scope that no resource has counts too: it may
 * open something else, UserInfo say.
 */
export function resourceScopesOf(scope: string): string {
  return formatScope(parseScope(scope).filter((name) => !LOGIN_SCOPES.includes(name)))
}
