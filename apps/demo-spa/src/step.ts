import type { JsonObject } from '@tmb-kit/core'

/** The four parties of the flow, as the diagram names them. */
export type Actor = 'api' | 'authorization-server' | 'backend' | 'browser'

/** One thing to read below a step: text, or JSON that is shown indented. */
export interface Detail {
  readonly label: string
  readonly value: JsonObject | string
}

/** One thing that somebody did. */
export interface Step {
  readonly from: Actor
  readonly to: Actor
  readonly title: string
  /** Method and path, where the step is a request. */
  readonly request?: string
  readonly details: readonly Detail[]
}

/** How a step ended. `note`: a sentence for the reader. */
export interface Outcome {
  readonly tone: 'failed' | 'fine' | 'pending'
  readonly word: string
  readonly note?: string
  readonly details?: readonly Detail[]
}
