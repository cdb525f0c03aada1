import { isJsonObject, parseJsonObject } from '@tmb-kit/core'
import { find, findByTestId } from './elements.js'

/** What the tokens on the way from this page to the inventory are bound to, side by side. */
export interface HopsView {
  clear(): void
  /** @param body What the API answered. */
  show(body: string): void
}

const CELLS: Readonly<Record<string, string>> = {
  API: 'hop-api-cnf',
  inventory: 'hop-inventory-cnf',
}

export function createHopsView(): HopsView {
  const section = find('#hops')
  const cells = Object.entries(CELLS).map(([to, testId]) => ({ to, cell: findByTestId(testId) }))
  const clear = (): void => {
    section.hidden = true
    for (const { cell } of cells) cell.textContent = ''
  }

  return {
    clear,
    show: (body) => {
      clear()
      const hops = hopsOf(body)
      for (const { to, cell } of cells) {
        const hop = hops.find((candidate) => candidate['to'] === to)
        cell.textContent = hop === undefined ? '' : JSON.stringify(hop['cnf'], undefined, 2)
      }
      section.hidden = hops.length === 0
    },
  }
}

function hopsOf(body: string) {
  const inventory = parseJsonObject(body)?.['inventory']
  const hops = isJsonObject(inventory) ? inventory['hops'] : undefined
  return Array.isArray(hops) ? hops.filter(isJsonObject) : []
}
