import type { Tmb } from '@tmb-kit/browser'
import axios, { type AxiosInstance } from 'axios'

/**
 * An axios for one API, whose requests are signed.
 *
 * Its adapter is `fetch`, and that fetch is `tmb.fetch`: nonces, new tokens, bodies and aborts are
 * seen to. XMLHttpRequest, its other adapter, follows redirects and takes the proof along, wherever
 * they lead, and a request that the API wants again cannot be made again.
 */
export function createSignedAxios(tmb: Tmb, baseURL: string): AxiosInstance {
  const { fetch } = tmb
  return axios.create({ baseURL, adapter: 'fetch', env: { fetch } })
}
