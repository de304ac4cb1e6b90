import { FunctionSchema, LLMContext, ToolsSchema } from '@pc/core'
import { expect, test } from 'vitest'
import { InvalidFunctionError } from '../definition/errors.ts'
import type { FlowContext } from '../definition/flow-context.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import { argumentsSchemaOf } from '../definition/function-schema.ts'
import {
  type AdapterOptions,
  toAnthropic,
  toBedrock,
  toFlowFunction,
  toFlowFunctions,
  toGemini,
  toOpenAIChat,
  toOpenAIResponses,
} from './index.ts'

const adapters: ((context: LLMContext, options?: AdapterOptions) => object)[] = [
  toOpenAIChat,
  toOpenAIResponses,
  toAnthropic,
  toGemini,
  toBedrock,
]
const parameters = { type: 'object', properties: { size: { type: 'string' } }, required: ['size'] }
const words = { name: 'choose_size', description: 'Record the size' }

function sent(fn: FlowFunction): string[] {
  const tools = new ToolsSchema([new FunctionSchema({ ...words, ...argumentsSchemaOf(fn) })])
  const context = new LLMContext({ messages: [{ role: 'user', content: 'Hello' }], tools })
  return adapters.map((adapt) => JSON.stringify(adapt(context)))
}

test('a function in a provider’s shape moves a flow, and its own keys reach no provider', async () => {
  const handler = (args: Readonly<Record<string, unknown>>): unknown => ({ secretly: args['size'] })
  const fn = toFlowFunction({ ...words, input_schema: parameters, handler, transition_to: 'hidden_node' })
  expect(fn).toMatchObject({ ...words, transitionTo: ['hidden_node'], cancelOnInterruption: false })
  const run = fn.handler as (args: unknown, ctx: Pick<FlowContext, 'manager'>) => unknown
  const manager = { state: {}, currentNode: null, currentFunctions: new Set<string>(), getCurrentContext: () => [] }
  expect(await run({ size: 'small' }, { manager })).toEqual({ secretly: 'small' })
  for (const request of sent(fn)) {
    expect(request).toContain('choose_size')
    expect(request).not.toMatch(/hidden_node|transition|handler/)
  }
})

test('a callback runs when the result was given, and reaches no provider', async () => {
  const moved: unknown[] = []
  const fn = toFlowFunction({
    toolSpec: { ...words, inputSchema: { json: parameters } },
    transition_callback: async (args: unknown, result: unknown, _manager: unknown) => void moved.push(args, result),
  })
  const run = fn.handler as (args: unknown, ctx: object) => Promise<{ kind: string; run: (manager: object) => unknown }>
  const outcome = await run({ size: 'small' }, { manager: {} })
  expect(outcome.kind).toBe('callback')
  expect(moved).toEqual([])
  await outcome.run({})
  expect(moved).toEqual([{ size: 'small' }, { status: 'acknowledged' }])
  for (const request of sent(fn)) expect(request).not.toMatch(/callback/)
})

test('what properties refer to goes along', () => {
  const $defs = { Size: { type: 'string', enum: ['small'] } }
  const properties = { size: { $ref: '#/$defs/Size' } }
  const fn = toFlowFunction({ ...words, input_schema: { type: 'object', properties, $defs } })
  expect(argumentsSchemaOf(fn)).toEqual({ properties, required: [], $defs })
})

test('several declarations of Gemini are several functions', () => {
  const dict = { function_declarations: [words, { name: 'finish', description: 'The caller is done' }] }
  expect(toFlowFunctions(dict).map(({ name }) => name)).toEqual(['choose_size', 'finish'])
  expect(() => toFlowFunction(dict)).toThrow(/2 functions.*toFlowFunctions/)
  expect(toFlowFunctions({ function_declarations: [] })).toEqual([])
})

test.each([
  { handler: 'text' },
  { transition_to: 1 },
  { transition_callback: 'text' },
  { transition_to: 'a', transition_callback: () => {} },
  { name: 'not a name' },
])('%o is refused', (wrong) => {
  expect(() => toFlowFunction({ ...words, input_schema: parameters, ...wrong })).toThrow(InvalidFunctionError)
})
