type Child = Node | string

/** Makes an element. Text goes in as text: nothing on this page ever becomes markup. */
export function create<Kind extends keyof HTMLElementTagNameMap>(
  kind: Kind,
  className: string,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Kind] {
  const element = document.createElement(kind)
  if (className !== '') element.className = className
  element.append(...children)
  return element
}

/** An element of index.html that the page cannot do without. */
export function find(selector: string): HTMLElement {
  const element = document.querySelector<HTMLElement>(selector)
  if (element === null) throw new Error(`index.html has no ${selector}`)
  return element
}

/** An element by its `data-testid`. */
export function findByTestId(testId: string): HTMLElement {
  return find(`[data-testid="${testId}"]`)
}

/** Shows a text, or hides the element where there is none. */
export function showText(element: HTMLElement, text: string | undefined): void {
  element.textContent = text ?? ''
  element.hidden = text === undefined
}
