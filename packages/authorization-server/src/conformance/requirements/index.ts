import type { Requirement } from '../requirement.js'
import { BINDING } from './binding.js'
import { CODES } from './codes.js'
import { METADATA } from './metadata.js'
import { PARAMETER } from './parameter.js'
import { PERMISSION } from './permission.js'
import { PRESENTING } from './presenting.js'
import { PROOFS } from './proofs.js'
import { REFRESHES } from './refreshes.js'

/** All of them, in the order in which they are tried. */
export const REQUIREMENTS: readonly Requirement[] = [
  ...METADATA,
  ...BINDING,
  ...PARAMETER,
  ...PERMISSION,
  ...PROOFS,
  ...CODES,
  ...REFRESHES,
  ...PRESENTING,
]
