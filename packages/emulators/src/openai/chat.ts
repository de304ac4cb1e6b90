import { FaultQueue } from '../faults.ts'
import { isAnswer } from '../mount.ts'
import type { Endpoint, HttpReply, HttpRequest, Shared } from '../mount.ts'
import { ReplyQueue } from '../reply-queue.ts'
import { defaultReply, prepareReply } from './chat-reply.ts'
import type { ChatReply, PreparedReply } from './chat-reply.ts'
import { parseChatRequest } from './chat-request.ts'
import type { ChatRequest } from './chat-request.ts'
import { CHAT_MODELS } from './models.ts'

type Scripted = string | ChatReply

/** `POST /v1/chat/completions`: what the language model says, and its faults. */
export class ChatEmulator {
  readonly faults: FaultQueue = new FaultQueue()
  /** Models that are known; others are answered with 404 `model_not_found`. */
  readonly models: Set<string> = new Set(CHAT_MODELS)
  readonly #replies = new ReplyQueue<ChatRequest, Scripted | Promise<Scripted>>(defaultReply)

  /** Queues replies, one for each request to come. */
  reply(...replies: readonly Scripted[]): void {
    this.#replies.push(replies)
  }

  /**
   * Answers the requests for which nothing is queued. Without it a reply repeats the last user message or function
   * result. What it throws is answered with status 500.
   */
  respond(responder: (request: ChatRequest) => Scripted | Promise<Scripted>): void {
    this.#replies.respond(responder)
  }

  /** Forgets replies, responder, faults and added models. */
  reset(): void {
    this.#replies.clear()
    this.faults.clear()
    this.models.clear()
    for (const model of CHAT_MODELS) this.models.add(model)
  }

  /** @internal */
  endpoint(shared: Shared): Endpoint {
    return { faults: this.faults, http: (request, reply) => this.#serve(request, reply, shared) }
  }

  async #serve({ body }: HttpRequest, reply: HttpReply, shared: Shared): Promise<void> {
    const request = parseChatRequest(body, this.models)
    if (isAnswer(request)) {
      reply.answer(request)
      return
    }
    const scripted = await this.#replies.take(request)
    const prepared = prepareReply(typeof scripted === 'string' ? { text: scripted } : scripted, request, shared.ids)
    const envelope = {
      id: shared.ids.next('chatcmpl-'),
      created: Math.floor(shared.clock.epochMs() / 1000),
      model: request.model,
    }
    if (request.stream) await streamCompletion(prepared, { request, envelope, reply, shared })
    else await sendCompletion(prepared, { envelope, reply, shared })
  }
}

interface Envelope {
  readonly id: string
  readonly created: number
  readonly model: string
}

const SERVICE = { service_tier: 'default', system_fingerprint: 'fp_emulator' }

const sendCompletion = async (
  prepared: PreparedReply,
  { envelope, reply, shared }: { envelope: Envelope; reply: HttpReply; shared: Shared },
): Promise<void> => {
  const { tokens, toolCalls, finishReason, usage, firstTokenSecs, secsPerToken } = prepared
  const count = usage.completion_tokens
  await shared.startTimeline().at(firstTokenSecs + count * secsPerToken, reply.signal)
  const message = {
    role: 'assistant',
    content: tokens.length > 0 ? tokens.join('') : null,
    refusal: null,
    annotations: [],
    ...(toolCalls.length > 0 && {
      tool_calls: toolCalls.map(({ id, name, pieces }) => ({
        id,
        type: 'function',
        function: { name, arguments: pieces.join('') },
      })),
    }),
  }
  reply.answer({
    status: 200,
    body: {
      ...envelope,
      object: 'chat.completion',
      choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
      usage,
      ...SERVICE,
    },
  })
}

/** The deltas of a reply in the order of the wire; the first names the role. */
function* deltasOf({ tokens, toolCalls }: PreparedReply): Generator<object> {
  yield { role: 'assistant', content: toolCalls.length > 0 && tokens.length === 0 ? null : '', refusal: null }
  for (const token of tokens) yield { content: token }
  for (const [index, { id, name, pieces }] of toolCalls.entries()) {
    yield { tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }
    for (const piece of pieces) yield { tool_calls: [{ index, function: { arguments: piece } }] }
  }
}

const streamCompletion = async (
  prepared: PreparedReply,
  { request, envelope, reply, shared }: { request: ChatRequest; envelope: Envelope; reply: HttpReply; shared: Shared },
): Promise<void> => {
  const out = reply.stream({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }, 'sse')
  const timeline = shared.startTimeline()
  const send = (choices: readonly object[], usage: object | null): void => {
    const chunk = { ...envelope, object: 'chat.completion.chunk', ...SERVICE, choices }
    out.text(JSON.stringify(request.includeUsage ? { ...chunk, usage } : chunk))
  }
  const choice = (delta: object, finishReason: string | null): readonly object[] => [
    { index: 0, delta, logprobs: null, finish_reason: finishReason },
  ]
  let count = 0
  for (const delta of deltasOf(prepared)) {
    await timeline.at(prepared.firstTokenSecs + count * prepared.secsPerToken, out.signal)
    if (out.signal.aborted) return
    send(choice(delta, null), null)
    count += 1
  }
  send(choice({}, prepared.finishReason), null)
  if (request.includeUsage) send([], prepared.usage)
  out.text('[DONE]')
  out.close()
}
