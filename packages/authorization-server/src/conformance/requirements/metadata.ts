import {
  TMB_CONFIRMATION_METHODS_SUPPORTED,
  TMB_GRANT_TYPES_SUPPORTED,
  TMB_SUPPORTED,
  type JsonObject,
} from '@tmb-kit/core'
import { NotMet } from '../finding.js'
import { profile, type Requirement } from '../requirement.js'
import { supportsGrant } from '../server-under-test.js'

export const METADATA: readonly Requirement[] = [
  {
    id: 'META-01a',
    source: profile('Q6'),
    title: `metadata: ${TMB_SUPPORTED} is true`,
    check: async ({ metadata }) => {
      if (metadata[TMB_SUPPORTED] !== true) throw new NotMet(seen(metadata, TMB_SUPPORTED))
    },
  },
  {
    id: 'META-01b',
    source: profile('Q6'),
    title: `metadata: ${TMB_CONFIRMATION_METHODS_SUPPORTED} has the methods of the permitted client`,
    check: async ({ metadata, settings }) => {
      const methods = listOf(metadata, TMB_CONFIRMATION_METHODS_SUPPORTED)
      const missing = settings.methods.filter((method) => !methods.includes(method))
      if (missing.length > 0) throw new NotMet(`${missing.join(', ')} is not among them`)
    },
  },
  {
    id: 'META-01c',
    source: profile('Q6, Q16'),
    title: `metadata: ${TMB_GRANT_TYPES_SUPPORTED} has grants that are supported`,
    check: async ({ metadata }) => {
      const grants = listOf(metadata, TMB_GRANT_TYPES_SUPPORTED)
      const unknown = grants.filter((grant) => !supportsGrant(metadata, String(grant)))
      if (grants.length === 0) throw new NotMet('it names none')
      if (unknown.length > 0) {
        throw new NotMet(`${unknown.join(', ')} is not in grant_types_supported`)
      }
    },
  },
  {
    id: 'META-03',
    source: 'RFC 8414 section 3.3',
    title: 'metadata: issuer is the one that was asked',
    check: async ({ metadata, settings }) => {
      if (metadata['issuer'] !== settings.issuer) throw new NotMet(seen(metadata, 'issuer'))
    },
  },
  {
    id: 'META-08',
    source: 'RFC 9700 section 2.1.1',
    title: 'metadata: code_challenge_methods_supported has S256',
    check: async ({ metadata }) => {
      if (!listOf(metadata, 'code_challenge_methods_supported').includes('S256')) {
        throw new NotMet('it has not')
      }
    },
  },
]

function listOf(metadata: JsonObject, name: string): readonly unknown[] {
  const value = metadata[name]
  if (Array.isArray(value)) return value
  throw new NotMet(seen(metadata, name))
}

const seen = (metadata: JsonObject, name: string): string =>
  name in metadata ? `it is ${JSON.stringify(metadata[name])}` : 'it is absent'
