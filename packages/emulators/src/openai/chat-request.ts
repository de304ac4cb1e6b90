import { isObject, numberField, stringField } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { Answer } from '../mount.ts'
import { errorAnswer, invalid, missing, modelNotFound } from './errors.ts'

/** A message of a chat request. Fields that are not listed are in the request's `body`. */
export interface ChatMessage {
  readonly role: string
  /** The text; parts of a message are joined. Empty for calls without text. */
  readonly text: string
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[]
  /** On `tool` messages: the call that this is the result of. */
  readonly toolCallId?: string
}

/** A tool that the model may call. */
export interface ChatTool {
  readonly name: string
  readonly description: string
  /** JSON Schema of the arguments. */
  readonly parameters: JsonObject
}

/** A chat request that passed the checks. */
export interface ChatRequest {
  readonly model: string
  readonly messages: readonly ChatMessage[]
  readonly tools: readonly ChatTool[]
  readonly stream: boolean
  readonly includeUsage: boolean
  /** Limit of the reply in tokens. */
  readonly maxTokens: number
  readonly stop: readonly string[]
  /** The request as it was sent. */
  readonly body: JsonObject
}

const ROLES = new Set(['system', 'developer', 'user', 'assistant', 'tool'])
const NAME = /^[a-zA-Z0-9_-]{1,64}$/

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const textOf = (content: unknown): string => {
  if (typeof content === 'string') return content
  return list(content)
    .map((part) => (isObject(part) ? (stringField(part, 'text') ?? '') : ''))
    .join('')
}

/** Thrown inside the checks, answered at the edge. */
class Refusal extends Error {
  readonly answer: Answer

  constructor(answer: Answer) {
    super('refused')
    this.answer = answer
  }
}

const refuse = (answer: Answer): never => {
  throw new Refusal(answer)
}

const readToolCall = (call: unknown, param: string): ChatMessage['toolCalls'][number] => {
  const fields = isObject(call) && isObject(call['function']) ? call['function'] : {}
  const id = isObject(call) ? stringField(call, 'id') : undefined
  const name = stringField(fields, 'name')
  const args = stringField(fields, 'arguments')
  if (id === undefined) return refuse(missing(`${param}.id`))
  if (name === undefined || !NAME.test(name)) {
    return refuse(invalid(`${param}.function.name`, "expected a string that matches '^[a-zA-Z0-9_-]+$'."))
  }
  if (args === undefined) return refuse(invalid(`${param}.function.arguments`, 'expected a string.'))
  return { id, name, arguments: args }
}

const readMessage = (value: unknown, index: number): ChatMessage => {
  const param = `messages[${index}]`
  if (!isObject(value)) return refuse(invalid(param, 'expected an object.'))
  const role = stringField(value, 'role')
  if (role === undefined) return refuse(missing(`${param}.role`))
  if (!ROLES.has(role)) {
    return refuse(
      invalid(`${param}.role`, `'${role}'. Supported values are: ${[...ROLES].map((name) => `'${name}'`).join(', ')}.`),
    )
  }
  const content = value['content']
  const toolCalls = list(value['tool_calls']).map((call, at) => readToolCall(call, `${param}.tool_calls[${at}]`))
  const mayBeEmpty = role === 'assistant' && (toolCalls.length > 0 || typeof value['refusal'] === 'string')
  if (typeof content !== 'string' && !Array.isArray(content) && !mayBeEmpty) {
    return refuse(invalid(`${param}.content`, 'expected a string or an array of parts.'))
  }
  const toolCallId = stringField(value, 'tool_call_id')
  if (role === 'tool' && toolCallId === undefined) return refuse(missing(`${param}.tool_call_id`))
  return { role, text: textOf(content), toolCalls, ...(toolCallId !== undefined && { toolCallId }) }
}

/** Every call needs its result right after it, and every result its call. */
const checkToolOrder = (messages: readonly ChatMessage[]): void => {
  let open: string[] = []
  for (const [index, message] of [...messages, undefined].entries()) {
    if (message?.role === 'tool') {
      const id = message.toolCallId ?? ''
      if (!open.includes(id)) {
        const text = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
        refuse(errorAnswer(400, `Invalid parameter: ${text}`, { param: `messages.[${index}].role` }))
      }
      open = open.filter((other) => other !== id)
      continue
    }
    if (open.length > 0) {
      const text =
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. " +
        `The following tool_call_ids did not have response messages: ${open.join(', ')}`
      refuse(errorAnswer(400, text, { param: 'messages' }))
    }
    open = message?.toolCalls.map(({ id }) => id) ?? []
  }
}

const readTool = (value: unknown, index: number): ChatTool => {
  const param = `tools[${index}]`
  const fields = isObject(value) && isObject(value['function']) ? value['function'] : undefined
  if (!isObject(value) || value['type'] !== 'function' || !fields) {
    return refuse(invalid(param, "expected an object with type 'function'."))
  }
  const name = stringField(fields, 'name')
  if (name === undefined) return refuse(missing(`${param}.function.name`))
  if (!NAME.test(name)) {
    return refuse(invalid(`${param}.function.name`, "expected a string that matches '^[a-zA-Z0-9_-]+$'."))
  }
  const parameters = fields['parameters'] ?? { type: 'object', properties: {} }
  if (!isObject(parameters) || parameters['type'] !== 'object') {
    const text = `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"'.`
    return refuse(
      errorAnswer(400, text, { param: `${param}.function.parameters`, code: 'invalid_function_parameters' }),
    )
  }
  return { name, description: stringField(fields, 'description') ?? '', parameters }
}

const isReasoningModel = (model: string): boolean => /^(o\d|gpt-([5-9]|\d{2}))/.test(model)

const readRequest = (body: unknown, models: ReadonlySet<string>): ChatRequest => {
  if (!isObject(body)) return refuse(errorAnswer(400, 'We could not parse the JSON body of your request.'))
  const model = stringField(body, 'model')
  if (!model) return refuse(errorAnswer(400, 'you must provide a model parameter'))
  if (!models.has(model)) return refuse(modelNotFound(model))
  if (body['messages'] === undefined) return refuse(missing('messages'))
  if (list(body['messages']).length === 0) return refuse(invalid('messages', 'expected a non-empty array.'))
  if (body['max_tokens'] !== undefined && isReasoningModel(model)) {
    const text =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    return refuse(errorAnswer(400, text, { param: 'max_tokens', code: 'unsupported_parameter' }))
  }
  const stream = body['stream'] === true
  const streamOptions = body['stream_options']
  if (streamOptions !== undefined && streamOptions !== null && !stream) {
    return refuse(invalid('stream_options', "it is only allowed when 'stream' is enabled."))
  }
  const messages = list(body['messages']).map(readMessage)
  checkToolOrder(messages)
  const stop = body['stop']
  return {
    model,
    messages,
    tools: list(body['tools']).map(readTool),
    stream,
    includeUsage: isObject(streamOptions) && streamOptions['include_usage'] === true,
    maxTokens: numberField(body, 'max_completion_tokens') ?? numberField(body, 'max_tokens') ?? Infinity,
    stop: (typeof stop === 'string' ? [stop] : list(stop)).filter((entry) => typeof entry === 'string'),
    body,
  }
}

/** Checks a request body as the vendor does; the answer refuses it. */
export const parseChatRequest = (body: unknown, models: ReadonlySet<string>): ChatRequest | Answer => {
  try {
    return readRequest(body, models)
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    throw error
  }
}
