import { RuleModel } from '../src/rules/rule-model.ts'
import type { RuleMessage, RuleTool } from '../src/rules/index.ts'

/** A Friday afternoon. */
export const now = (): Date => new Date(2026, 10, 20, 14, 5)

/** A tool whose parameters are all required unless others are named. */
export function tool(
  name: string,
  description: string,
  properties: Record<string, unknown> = {},
  required: readonly string[] = Object.keys(properties),
): RuleTool {
  return { name, description, parameters: { type: 'object', properties, required } }
}

export const weather: RuleTool = tool(
  'get_current_weather',
  'Get the current weather',
  {
    location: { type: 'string', description: 'The city and state, e.g. San Francisco, CA' },
    format: { type: 'string', enum: ['celsius', 'fahrenheit'], description: 'The temperature unit to use.' },
  },
  ['location'],
)

export const table: RuleTool = tool('book_table', 'Book a table at the restaurant', {
  party_size: { type: 'integer', description: 'Number of people', minimum: 1, maximum: 12 },
  date: { type: 'string', format: 'date' },
  time: { type: 'string', description: 'Time in HH:MM' },
  name: { type: 'string', description: "The customer's name" },
})

/** A conversation that goes on: what the user says gives what the assistant does. */
export class Talk {
  readonly messages: RuleMessage[] = []
  readonly said: string[] = []
  tools: readonly RuleTool[]
  private readonly model = new RuleModel({ now })

  constructor(tools: readonly RuleTool[] = [], instructions?: string) {
    this.tools = tools
    if (instructions !== undefined) this.messages.push({ role: 'system', content: instructions })
  }

  /** The text of the reply, or `name {arguments}` of its call. The call stays open until `result`. */
  say(text: string): string {
    this.messages.push({ role: 'user', content: text })
    return this.run()
  }

  /** Gives the result of the last call, and new instructions and tools if a flow goes on with it. */
  result(value: unknown, next?: { task: string; tools: readonly RuleTool[] }): string {
    const id = `call-${this.messages.length - 1}`
    this.messages.push({
      role: 'tool',
      tool_call_id: id,
      content: typeof value === 'string' ? value : JSON.stringify(value),
    })
    if (next !== undefined) {
      this.messages.push({ role: 'system', content: next.task })
      this.tools = next.tools
    }
    return this.run()
  }

  run(): string {
    const { text, toolCalls } = this.model.reply(this.messages, this.tools)
    const [call] = toolCalls ?? []
    if (call === undefined) {
      this.messages.push({ role: 'assistant', content: text ?? '' })
      return text ?? ''
    }
    const written = JSON.stringify(call.arguments)
    const id = `call-${this.messages.length}`
    this.messages.push({
      role: 'assistant',
      content: null,
      tool_calls: [{ id, type: 'function', function: { name: call.name, arguments: written } }],
    })
    return `${call.name} ${written}`
  }
}

/** Says all but the last text, answering calls with success, and gives the reply to the last. */
export function lastReply(tools: readonly RuleTool[], texts: readonly string[], instructions?: string): string {
  const talk = new Talk(tools, instructions)
  let reply = ''
  for (const [index, text] of texts.entries()) {
    reply = talk.say(text)
    if (/^\w+ \{/.test(reply) && index < texts.length - 1) talk.result({ status: 'success' })
  }
  return reply
}
