import { create } from './elements.js'
import type { Actor, Detail, Outcome, Step } from './step.js'

/** The last steps, in the order in which they happened. */
export interface LogView {
  add(step: Step, outcome?: Outcome): StepView
  clear(): void
}

/** One step on the page. */
export interface StepView {
  /** Says how it ended; `highlight` is the thumbprint to mark wherever it occurs. */
  finish(outcome: Outcome, highlight?: string): void
}

const NAMES: Readonly<Record<Actor, string>> = {
  browser: 'Browser',
  backend: 'Backend',
  'authorization-server': 'Authorization server',
  api: 'API',
}

/** Older ones go: a page that is left open for a day must not grow for a day. */
const MAX_STEPS = 100

export function createLogView(list: HTMLElement): LogView {
  return {
    add: (step, outcome) => {
      const word = create('span', 'outcome')
      const note = create('p', 'note')
      const body = create('div', 'detail-list')
      const item = create('li', 'step', stepLine(step, word), note, fold(body))
      list.append(item)
      if (list.childElementCount > MAX_STEPS) list.firstElementChild?.remove()
      list.scrollTop = list.scrollHeight

      const finish = (end: Outcome, highlight?: string): void => {
        const details = [...step.details, ...(end.details ?? [])]
        item.dataset['tone'] = end.tone
        word.textContent = end.word
        note.textContent = end.note ?? ''
        body.replaceChildren(...details.map((detail) => describe(detail, highlight)))
        item.classList.toggle('has-details', details.length > 0)
      }
      finish(outcome ?? { tone: 'pending', word: '…' })
      return { finish }
    },
    clear: () => list.replaceChildren(),
  }
}

function stepLine({ from, to, title, request }: Step, word: HTMLElement): HTMLElement {
  const now = new Date()
  const time = create('time', '', now.toLocaleTimeString([], { hour12: false }))
  time.dateTime = now.toISOString()
  const route = from === to ? NAMES[from] : `${NAMES[from]} → ${NAMES[to]}`

  return create(
    'div',
    'step-line',
    create('p', 'route', create('span', '', route), time),
    create('p', 'title', title),
    create('p', 'wire', create('code', '', request ?? ''), word),
  )
}

function fold(body: HTMLElement): HTMLElement {
  return create('details', '', create('summary', '', 'Details'), body)
}

function describe({ label, value }: Detail, highlight: string | undefined): HTMLElement {
  const text = typeof value === 'string' ? value : JSON.stringify(value, undefined, 2)
  const code = create('pre', '', create('code', '', ...mark(text, highlight)))
  return create('div', 'detail', create('h3', '', label), code)
}

/** The same thumbprint in a token, a proof and a request is the point of it all: it stands out. */
function mark(text: string, highlight: string | undefined): readonly (Node | string)[] {
  if (highlight === undefined || highlight === '') return [text]

  return text
    .split(highlight)
    .flatMap((part, index) => (index === 0 ? [part] : [create('mark', '', highlight), part]))
}
