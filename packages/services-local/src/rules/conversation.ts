import { isRecord } from './json-schema.ts'

/** A message in the universal form of a model's context (that of chat completions). Unknown fields are ignored. */
export interface RuleMessage {
  role: string
  /** Text, or parts of which those with a `text` count. */
  content?: unknown
  /** Calls of an assistant message: `{ id, function: { name, arguments } }`, the arguments as JSON text. */
  tool_calls?: unknown
  tool_call_id?: unknown
}

/** A call that was made, with its result as far as it came. @internal */
export interface PastCall {
  name: string
  arguments: { readonly [key: string]: unknown }
  /** Index of the message that made it. */
  at: number
  result: string | undefined
}

/** Something the user said, with what the assistant said before. @internal */
export interface UserTurn {
  user: string
  assistant: string
  at: number
}

/** A conversation as the rules look at it. @internal */
export interface Conversation {
  /** All instructions, oldest first. */
  instructions: readonly string[]
  /** The newest instruction: what to do now. */
  task: string
  /** Index of the last message of the task; -1 without one. */
  taskAt: number
  turns: readonly UserTurn[]
  calls: readonly PastCall[]
  /** Results that came after the last thing said by anybody. */
  newResults: readonly PastCall[]
  /** Who has spoken last. */
  last: 'assistant' | 'instructions' | 'nobody' | 'tool' | 'user'
  /** What the assistant has said, oldest first. */
  spoken: readonly string[]
}

/** Reads the messages of a context; a message of an unknown form is passed over. @internal */
export function readConversation(messages: readonly RuleMessage[]): Conversation {
  const instructions: string[] = []
  const turns: UserTurn[] = []
  const calls = new Map<string, PastCall>()
  const spoken: string[] = []
  let newResults: PastCall[] = []
  let task = ''
  let taskAt = -1
  let last: Conversation['last'] = 'nobody'
  messages.forEach((message, at) => {
    const text = textOfContent(message.content)
    if (message.role === 'system' || message.role === 'developer') {
      const background = backgroundResult(text, calls, at)
      if (background !== undefined) {
        newResults = [background]
        last = 'tool'
      }
      if (text === '' || background !== undefined || isNotice(text)) return
      instructions.push(text)
      task = text
      taskAt = at
      last = 'instructions'
    } else if (message.role === 'user') {
      if (text === '') return
      const previous = turns.at(-1)
      if (last === 'user' && previous !== undefined)
        turns[turns.length - 1] = { ...previous, user: `${previous.user} ${text}`, at }
      else turns.push({ user: text, assistant: spoken.at(-1) ?? '', at })
      last = 'user'
    } else if (message.role === 'assistant') {
      const made = callsOf(message.tool_calls, at)
      for (const call of made) calls.set(call.id, call)
      if (made.length > 0 || text !== '') newResults = []
      if (text === '') return
      spoken.push(text)
      last = 'assistant'
    } else if (message.role === 'tool') {
      const call = calls.get(String(message.tool_call_id))
      const answered: PastCall = { ...(call ?? { name: '', arguments: {}, at }), result: text }
      if (call !== undefined) calls.set(String(message.tool_call_id), answered)
      newResults.push(answered)
      last = 'tool'
    }
  })
  return { instructions, task, taskAt, turns, calls: [...calls.values()], newResults, last, spoken }
}

/** Messages that tell which functions there are now are no task. */
function isNotice(text: string): boolean {
  return /^You can (?:now|no longer) call:/.test(text)
}

/** What a call in the background reports in a message of its own; see `@pc/core` for its form. */
function backgroundResult(text: string, calls: ReadonlyMap<string, PastCall>, at: number): PastCall | undefined {
  const value = text.startsWith('{') ? parsed(text) : undefined
  if (!isRecord(value) || value['type'] !== 'async_tool') return undefined
  const call = calls.get(String(value['tool_call_id'])) ?? { name: '', arguments: {}, at }
  const isOver = value['status'] !== 'running'
  const result =
    value['result'] === undefined ? (isOver ? 'COMPLETED' : 'IN_PROGRESS') : JSON.stringify(value['result'])
  return { ...call, result }
}

function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content.trim()
  if (!Array.isArray(content)) return ''
  return content
    .map((part: unknown) => (isRecord(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join(' ')
    .trim()
}

function callsOf(list: unknown, at: number): (PastCall & { id: string })[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((call: unknown) => {
    if (!isRecord(call) || !isRecord(call['function']) || typeof call['function']['name'] !== 'string') return []
    return [
      {
        id: String(call['id']),
        name: call['function']['name'],
        arguments: argumentsOf(call['function']['arguments']),
        at,
        result: undefined,
      },
    ]
  })
}

function argumentsOf(written: unknown): { readonly [key: string]: unknown } {
  if (isRecord(written)) return written
  const value = typeof written === 'string' ? parsed(written) : undefined
  return isRecord(value) ? value : {}
}

/** The value of a JSON text, `undefined` when it is not JSON. @internal */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
