import { TmbProvider, useSession, useStepUp, useTmbFetch } from '@tmb-kit/browser/react'
import { createTmb } from '@tmb-kit/browser'
import { createElement, type FunctionComponent } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, it } from 'vitest'

const App: FunctionComponent = () => {
  useTmbFetch()
  const { login } = useStepUp()
  return `${useSession().kind} ${typeof login}`
}

it('issue 5 item 8: a server renders it as loading, without a window, and asks nothing', () => {
  expect(globalThis).not.toHaveProperty('window')
  let requests = 0
  const fetch = async (): Promise<Response> => {
    requests += 1
    return Response.json({})
  }
  const tmb = createTmb({ resourceServers: ['https://api.test'], fetch })
  const html = renderToString(createElement(TmbProvider, { tmb }, createElement(App)))
  expect(html).toBe('loading undefined')
  expect(requests).toBe(0)
})
