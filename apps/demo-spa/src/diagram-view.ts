import type { Actor } from './step.js'

/** The picture of the four parties. */
export interface DiagramView {
  /** Lights up the way from one party to another; the ways before it grow calm again. */
  light(from: Actor, to: Actor): void
  /** Shows that the step which is lit up has failed. */
  fail(from: Actor, to: Actor): void
}

const EDGES: readonly (readonly [Actor, Actor, string])[] = [
  ['browser', 'backend', 'login'],
  ['browser', 'authorization-server', 'navigate'],
  ['backend', 'authorization-server', 'redeem'],
  ['browser', 'api', 'call'],
]

export function createDiagramView(diagram: HTMLElement): DiagramView {
  const edgeOf = (from: Actor, to: Actor): Element | null => {
    const [, , edge] = EDGES.find(([one, other]) => one === from && other === to) ?? []
    return edge === undefined ? null : diagram.querySelector(`[data-edge="${edge}"]`)
  }
  return {
    light: (from, to) => {
      for (const lit of diagram.querySelectorAll('[data-live]')) lit.removeAttribute('data-live')

      const parties = [from, to].map((actor) => diagram.querySelector(`[data-actor="${actor}"]`))
      for (const element of [...parties, edgeOf(from, to)]) {
        element?.setAttribute('data-live', '')
        element?.setAttribute('data-seen', '')
      }
    },
    fail: (from, to) => {
      const edge = edgeOf(from, to)
      if (edge?.hasAttribute('data-live') === true) edge.setAttribute('data-live', 'failed')
    },
  }
}
