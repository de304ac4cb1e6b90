import { FaultQueue } from '../faults.ts'
import { isObject, numberField } from '../json.ts'
import type { Answer, Endpoint, Mount, RequestHead, Shared } from '../mount.ts'
import { errorAnswer, socketError } from './errors.ts'
import { FluxEmulator } from './flux.ts'
import { ListenEmulator } from './listen.ts'
import { DeepgramSpeakEmulator } from './speak.ts'

const TOKEN_LIFE_SECS = 30

/** The Deepgram API under `/deepgram`. */
export class DeepgramEmulator {
  /** Keys and access tokens that are accepted; while empty, all are. */
  readonly apiKeys: Set<string> = new Set()
  /** Faults of all endpoints; an endpoint's own faults come first. */
  readonly faults: FaultQueue = new FaultQueue()
  readonly listen: ListenEmulator = new ListenEmulator()
  readonly flux: FluxEmulator = new FluxEmulator()
  readonly speak: DeepgramSpeakEmulator = new DeepgramSpeakEmulator()
  readonly #origin: () => string

  /** @internal */
  constructor(origin: () => string) {
    this.#origin = origin
  }

  /** Base URL of REST requests; with `ws:` in place of `http:` that of the sockets. */
  get baseUrl(): string {
    return `${this.#origin()}/deepgram`
  }

  /** The `environment` option of the `@deepgram/sdk` client. */
  get environment(): { base: string; production: string; agent: string; agentRest: string } {
    const socketUrl = this.baseUrl.replace(/^http/, 'ws')
    return { base: this.baseUrl, production: socketUrl, agent: socketUrl, agentRest: this.baseUrl }
  }

  /** Forgets everything scripted: sentences, scripts, responders, faults, keys. */
  reset(): void {
    this.apiKeys.clear()
    this.faults.clear()
    this.listen.reset()
    this.flux.reset()
    this.speak.reset()
  }
}

const credentialOf = ({ headers }: RequestHead): string | undefined => {
  const fromHeader = /^(?:token|bearer)\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (fromHeader) return fromHeader
  const [scheme = '', credential] = (headers['sec-websocket-protocol'] ?? '').split(',').map((part) => part.trim())
  return ['token', 'bearer'].includes(scheme) ? credential : undefined
}

/** @internal */
export const deepgramMount = (emulator: DeepgramEmulator, shared: Shared): Mount => {
  const grant: Endpoint = {
    faults: new FaultQueue(),
    http: ({ body }, reply) => {
      const lifeSecs = (isObject(body) ? numberField(body, 'ttl_seconds') : undefined) ?? TOKEN_LIFE_SECS
      const token = shared.ids.next('emulated.')
      if (emulator.apiKeys.size > 0) emulator.apiKeys.add(token)
      reply.answer({ status: 200, body: { access_token: token, expires_in: lifeSecs } })
    },
  }

  const find = (request: RequestHead, upgrade: boolean): Endpoint | Answer => {
    const { method, path } = request
    const sockets: Record<string, () => Endpoint> = {
      '/v1/listen': () => emulator.listen.endpoint(shared),
      '/v2/listen': () => emulator.flux.endpoint(shared),
      '/v1/speak': () => emulator.speak.endpoint(shared),
    }
    const posts: Record<string, () => Endpoint> = {
      '/v1/speak': () => emulator.speak.endpoint(shared),
      '/v1/auth/grant': () => grant,
    }
    const endpoint = (upgrade ? sockets : posts)[path]
    if (endpoint && (upgrade || method === 'POST')) return endpoint()
    const known = endpoint !== undefined || sockets[path] !== undefined
    return errorAnswer(known ? 405 : 404, `${upgrade ? 'WebSocket' : method} ${path} is not emulated.`, request)
  }

  return {
    name: 'deepgram',
    faults: emulator.faults,
    nextRequestId: () => shared.ids.uuid(),
    responseHeaders: ({ requestId }) => ({ 'dg-request-id': requestId }),
    find,
    authorize: (request) => {
      const credential = credentialOf(request)
      if (credential !== undefined && (emulator.apiKeys.size === 0 || emulator.apiKeys.has(credential)))
        return undefined
      return errorAnswer(401, 'Invalid credentials.', request)
    },
    failure: (status, message, request) => errorAnswer(status, message, request),
    errorMessage: ({ path }) => socketError(path, 'NET-0000', 'The server had an internal error.'),
  }
}
