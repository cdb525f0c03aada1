import type { Actor } from './step.js'

/** The picture of the four parties. */
export interface DiagramView {
  /** Lights up the way from one party to another; the ways before it grow calm again. */
  light(from: Actor, to: Actor): void
}

const EDGES: readonly (readonly [Actor, Actor, string])[] = [
  ['browser', 'backend', 'login'],
  ['browser', 'authorization-server', 'navigate'],
  ['backend', 'authorization-server', 'redeem'],
  ['browser', 'api', 'call'],
]

export function createDiagramView(diagram: HTMLElement): DiagramView {
  return {
    light: (from, to) => {
      const [, , edge] = EDGES.find(([one, other]) => isBetween(one, other, from, to)) ?? []
      for (const lit of diagram.querySelectorAll('[data-live]')) lit.removeAttribute('data-live')

      for (const selector of [`[data-actor="${from}"]`, `[data-actor="${to}"]`]) {
        light(diagram.querySelector(selector), '')
      }
      light(diagram.querySelector(`[data-edge="${edge ?? ''}"]`), from === 'browser' ? 'out' : '')
    },
  }
}

function light(element: Element | null, live: string): void {
  element?.setAttribute('data-live', live)
  element?.setAttribute('data-seen', '')
}

function isBetween(one: Actor, other: Actor, from: Actor, to: Actor): boolean {
  return (one === from && other === to) || (one === to && other === from)
}
