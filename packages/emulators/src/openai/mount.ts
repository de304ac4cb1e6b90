import { FaultQueue } from '../faults.ts'
import type { Answer, Endpoint, Mount, RequestHead, Shared } from '../mount.ts'
import { ChatEmulator } from './chat.ts'
import { errorAnswer, errorObject, modelNotFound, statusAnswer } from './errors.ts'
import { OpenAISpeechEmulator } from './speech.ts'
import { TranscriptionsEmulator } from './transcriptions.ts'

const MODELS_CREATED = Date.UTC(2026, 0, 1) / 1000

/** The OpenAI API under `/openai/v1`. */
export class OpenAIEmulator {
  /** Keys that are accepted; while empty, every key is. */
  readonly apiKeys: Set<string> = new Set()
  /** Faults of all endpoints; an endpoint's own faults come first. */
  readonly faults: FaultQueue = new FaultQueue()
  readonly chat: ChatEmulator = new ChatEmulator()
  readonly speech: OpenAISpeechEmulator = new OpenAISpeechEmulator()
  readonly transcriptions: TranscriptionsEmulator = new TranscriptionsEmulator()

  readonly #origin: () => string

  /** @internal */
  constructor(origin: () => string) {
    this.#origin = origin
  }

  /** Base URL for the client, such as the `baseURL` option of the `openai` package. */
  get baseUrl(): string {
    return `${this.#origin()}/openai/v1`
  }

  /** Forgets everything scripted: replies, responders, faults, keys, models. */
  reset(): void {
    this.apiKeys.clear()
    this.faults.clear()
    this.chat.reset()
    this.speech.reset()
    this.transcriptions.reset()
  }
}

const bearerOf = ({ headers }: RequestHead): string | undefined => {
  const azure = headers['api-key']
  if (typeof azure === 'string') return azure
  return /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1]
}

const masked = (key: string): string => `${key.slice(0, 3)}***${key.slice(-2)}`

/** @internal */
export const openAiMount = (emulator: OpenAIEmulator, shared: Shared): Mount => {
  const modelsEndpoint = (path: string): Endpoint => ({
    faults: new FaultQueue(),
    http: (_request, reply) => {
      const { chat, speech, transcriptions } = emulator
      const ids = [...chat.models, ...speech.models, ...transcriptions.models]
      const data = ids.map((id) => ({ id, object: 'model', created: MODELS_CREATED, owned_by: 'system' }))
      const id = decodeURIComponent(path.slice('/v1/models/'.length))
      if (path === '/v1/models') return reply.answer({ status: 200, body: { object: 'list', data } })
      const model = data.find((entry) => entry.id === id)
      return reply.answer(model ? { status: 200, body: model } : modelNotFound(id))
    },
  })

  const find = ({ method, path }: RequestHead, upgrade: boolean): Endpoint | Answer => {
    const { chat, speech, transcriptions } = emulator
    const posts: Record<string, () => Endpoint> = {
      '/v1/chat/completions': () => chat.endpoint(shared),
      '/v1/audio/speech': () => speech.endpoint(shared),
      '/v1/audio/transcriptions': () => transcriptions.endpoint(shared),
    }
    const isModels = path === '/v1/models' || path.startsWith('/v1/models/')
    const post = posts[path]
    if (upgrade || (!post && !isModels)) {
      return errorAnswer(404, `Invalid URL (${upgrade ? 'WebSocket' : method} ${path})`)
    }
    if (method !== (post ? 'POST' : 'GET')) {
      return errorAnswer(405, `Not allowed to ${method} on ${path}.`, { code: 'method_not_supported' })
    }
    return post ? post() : modelsEndpoint(path)
  }

  return {
    name: 'openai',
    faults: emulator.faults,
    nextRequestId: () => shared.ids.next('req_'),
    responseHeaders: ({ requestId }) => ({
      'x-request-id': requestId,
      'openai-version': '2020-10-01',
      'openai-processing-ms': '1',
      'x-ratelimit-limit-requests': '10000',
      'x-ratelimit-remaining-requests': '9999',
      'x-ratelimit-reset-requests': '6ms',
      'x-ratelimit-limit-tokens': '2000000',
      'x-ratelimit-remaining-tokens': '1999000',
      'x-ratelimit-reset-tokens': '30ms',
    }),
    find,
    authorize: (request) => {
      const key = bearerOf(request)
      const { apiKeys } = emulator
      if (key === undefined) {
        const text = 'Missing bearer authentication in header: send "Authorization: Bearer" with an API key.'
        return errorAnswer(401, text)
      }
      if (apiKeys.size === 0 || apiKeys.has(key)) return undefined
      return errorAnswer(401, `Incorrect API key provided: ${masked(key)}.`, { code: 'invalid_api_key' })
    },
    failure: (status, message) => statusAnswer(status, message),
    errorMessage: () =>
      errorObject('The server had an error while processing your request.', {
        type: 'server_error',
        code: 'server_error',
      }),
  }
}
