import { fieldsOf, stringOf } from '../wire/guards.ts'

/** Where to connect to a started agent. */
export interface AgentAddress {
  wsUrl: string
  token?: string
}

/** The server answered a request for an agent with a refusal, or with something else than an address. */
export class StartRefused extends Error {
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.name = 'StartRefused'
    this.status = status
  }
}

/**
 * Asks the server for an agent over the WebSocket transport; `greet` says whether the agent is to speak first. Throws {@link StartRefused} when it answers without one,
 * and what `fetch` throws when it does not answer. Only the keys that the official client accepts are passed on.
 */
export async function startAgent(endpoint: string, greet: boolean, signal: AbortSignal): Promise<AgentAddress> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ transport: 'websocket', body: { greet } }),
    signal,
  })
  const body = fieldsOf(await response.json().catch(() => undefined))
  if (!response.ok) {
    const reason = stringOf(body?.['detail']) ?? stringOf(body?.['info']) ?? response.statusText
    throw new StartRefused(reason === '' ? 'It gave no reason.' : reason, response.status)
  }
  const address = stringOf(body?.['wsUrl']) ?? stringOf(body?.['ws_url'])
  if (address === undefined) throw new StartRefused('Its answer has no wsUrl.', response.status)
  const url = new URL(address, response.url)
  if (url.protocol === 'http:' || url.protocol === 'https:') url.protocol = url.protocol.replace('http', 'ws')
  const token = stringOf(body?.['token'])
  return token === undefined ? { wsUrl: url.href } : { wsUrl: url.href, token }
}
