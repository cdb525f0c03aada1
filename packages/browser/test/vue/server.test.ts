import { createTmb } from '@tmb-kit/browser'
import { tmbPlugin, useSession, useStepUp, useTmbFetch } from '@tmb-kit/browser/vue'
import { createSSRApp, defineComponent } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { expect, it } from 'vitest'

it('issue 5 item 8: a server renders it as loading, without a window, and asks nothing', async () => {
  expect(globalThis).not.toHaveProperty('window')
  let requests = 0
  const fetch = async (): Promise<Response> => {
    requests += 1
    return Response.json({})
  }
  const tmb = createTmb({ resourceServers: ['https://api.test'], fetch })
  const App = defineComponent(() => {
    useTmbFetch()
    const { login } = useStepUp()
    const session = useSession()
    return () => `${session.value.kind} ${typeof login.value}`
  })
  expect(await renderToString(createSSRApp(App).use(tmbPlugin(tmb)))).toBe('loading undefined')
  expect(requests).toBe(0)
})
