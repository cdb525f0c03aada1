import type { OidcProvider } from '@tmb-kit/authorization-server'
// @ts-expect-error oidc-provider ships no types; the plugin's package says what is used of it.
import { errors, Provider } from 'oidc-provider'

/** oidc-provider as it comes, which knows DPoP and not `tmb`. */
export const PlainProvider = Provider as unknown as typeof OidcProvider

/** RFC 8707 section 2: the resource is not one that there are tokens for. */
export const InvalidTarget = (errors as unknown as { readonly InvalidTarget: new () => Error })
  .InvalidTarget
