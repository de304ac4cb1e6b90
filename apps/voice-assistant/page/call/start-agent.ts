import { fieldsOf, stringOf } from '../wire/guards.ts'

/** What the server is told of a call. */
export interface StartBody {
  /** Whether the agent is to speak first. */
  greet: boolean
  /** Which of the server's demos; its first by default. */
  demo?: string
  /** A conversation that was cut off goes on where it was when it is started again. */
  conversationId?: string
}

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
 * Asks the server for an agent over the WebSocket transport. Throws {@link StartRefused} when it answers without one, and what `fetch` throws when it does not answer. Only the keys that the official client accepts are passed on.
 */
export async function startAgent(endpoint: string, body: StartBody, signal: AbortSignal): Promise<AgentAddress> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ transport: 'websocket', body }),
    signal,
  })
  const answer = fieldsOf(await response.json().catch(() => undefined))
  if (!response.ok) {
    const reason = stringOf(answer?.['detail']) ?? stringOf(answer?.['info']) ?? response.statusText
    throw new StartRefused(reason === '' ? 'It gave no reason.' : reason, response.status)
  }
  const address = stringOf(answer?.['wsUrl']) ?? stringOf(answer?.['ws_url'])
  if (address === undefined) throw new StartRefused('Its answer has no wsUrl.', response.status)
  const url = new URL(address, response.url)
  if (url.protocol === 'http:' || url.protocol === 'https:') url.protocol = url.protocol.replace('http', 'ws')
  const token = stringOf(answer?.['token'])
  return token === undefined ? { wsUrl: url.href } : { wsUrl: url.href, token }
}
