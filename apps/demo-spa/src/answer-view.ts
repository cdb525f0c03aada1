import { parseJsonObject } from '@tmb-kit/core'
import { find, findByTestId } from './elements.js'
import { createHopsView } from './hops-view.js'
import type { ReceivedAnswer, SentRequest } from './watch-fetch.js'

/** What the API said last. */
export interface AnswerView {
  /** Forgets the answer before: nobody should take it for the new one. */
  clear(): void
  show(request: SentRequest, answer: ReceivedAnswer): void
}

export function createAnswerView(): AnswerView {
  const status = findByTestId('api-status')
  const body = findByTestId('api-body')
  const request = find('#api-request')
  const hops = createHopsView()

  return {
    clear: () => {
      status.textContent = ''
      body.textContent = ''
      hops.clear()
    },
    show: ({ method, url }, answer) => {
      request.textContent = `${method} ${url.origin}${url.pathname}`
      status.textContent = String(answer.status)
      status.dataset['tone'] = answer.status < 400 ? 'fine' : 'failed'
      body.textContent = indent(answer.body)
      hops.show(answer.body)
    },
  }
}

function indent(body: string): string {
  const json = parseJsonObject(body)
  return json === undefined ? body : JSON.stringify(json, undefined, 2)
}
