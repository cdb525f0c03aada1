import { Window } from 'happy-dom'

/**
 * A document for a framework to render into. Import it before the framework: some look for one when
 * they are loaded. Nothing but these names is taken from it: fetch and events stay the platform's.
 */
const window = new Window({ url: 'https://app.test/' })
const { document, navigator } = window
Object.assign(globalThis, { window, document })
for (const name of ['Element', 'HTMLElement', 'HTMLIFrameElement', 'SVGElement', 'Node'] as const) {
  Object.assign(globalThis, { [name]: window[name] })
}
Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true })

export function createRootElement(): HTMLElement {
  const element = document.createElement('div')
  document.body.append(element)
  return element as unknown as HTMLElement
}
