import type { ServerResponse } from 'node:http'
import type { RefusalResponse } from '../access-token-error.js'
import type { NodeRequest } from './node-request.js'

/** A request of Fastify, as far as we look at it. */
export interface FastifyLikeRequest {
  readonly raw: NodeRequest
  readonly body?: unknown
}

/** A reply of Fastify, as far as we use it. */
export interface FastifyLikeReply {
  readonly raw: unknown
  code(status: number): unknown
  header(name: string, value: string): unknown
  send(body?: string): unknown
}

/** A request of node:http, node:http2, Express or Fastify. */
export type AnyNodeRequest = NodeRequest | FastifyLikeRequest
/** The response that belongs to an {@link AnyNodeRequest}. */
export type AnyNodeResponse =
  Pick<ServerResponse, 'statusCode' | 'setHeader' | 'getHeader' | 'end'> | FastifyLikeReply

/** Node's own request, under whatever a framework put around it. */
export function nodeRequestOf(request: AnyNodeRequest): NodeRequest {
  if (!isFastifyRequest(request)) return request

  const { raw, body } = request
  const { method, url, rawHeaders, socket } = raw
  return {
    ...(method !== undefined && { method }),
    ...(url !== undefined && { url }),
    rawHeaders,
    socket,
    body,
  }
}

/** Adds headers to whatever the handler will answer. */
export function setHeaders(
  response: AnyNodeResponse,
  headers: Readonly<Record<string, string>>,
): void {
  for (const [name, value] of Object.entries(headers)) {
    if (isFastifyReply(response)) response.header(name, value)
    else response.setHeader(name, value)
  }
}

/** Sends an answer that ends the request. */
export function sendAnswer(
  response: AnyNodeResponse,
  { status, headers, body }: RefusalResponse,
): void {
  setHeaders(response, headers)
  if (isFastifyReply(response)) {
    response.code(status)
    response.send(body)
    return
  }

  response.statusCode = status
  response.end(body)
}

function isFastifyRequest(request: AnyNodeRequest): request is FastifyLikeRequest {
  return 'raw' in request
}

function isFastifyReply(response: AnyNodeResponse): response is FastifyLikeReply {
  return 'raw' in response && 'code' in response
}
