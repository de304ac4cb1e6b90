import { FunctionSchema, LLMContext, type Message, ToolsSchema } from '@pc/core'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { FlowFunction } from '../definition/flow-function.ts'
import { argumentsSchemaOf } from '../definition/function-schema.ts'
import { flowFunction } from '../definition/typed-function.ts'
import { toAnthropic, toBedrock, toGemini, toOpenAIChat, toOpenAIResponses } from './index.ts'

const order = flowFunction({
  name: 'order',
  description: 'Record the order',
  parameters: z.object({
    size: z.enum(['small', 'large']),
    count: z.int().min(1).max(10),
    note: z.union([z.string(), z.number()]).nullable(),
    extras: z.looseObject({ cheese: z.boolean() }).optional(),
  }),
  transitionTo: 'confirm',
})
const plain: FlowFunction = {
  name: 'rate',
  description: 'Record a rating',
  parameters: {
    jsonSchema: {
      type: 'object',
      properties: {
        stars: { type: 'integer', enum: [1, 2, 3], 'x-unit': 'stars' },
        why: { type: ['string', 'array', 'null'], items: { type: 'string' }, minLength: 3 },
      },
      required: ['stars'],
    },
  },
}

const tools = new ToolsSchema(
  [order, plain].map(
    (fn) => new FunctionSchema({ name: fn.name, description: fn.description, ...argumentsSchemaOf(fn) }),
  ),
)
const context = new LLMContext({ messages: [{ role: 'user', content: 'Hello' }], tools })

const orderSchema = {
  type: 'object',
  properties: {
    size: { type: 'string', enum: ['small', 'large'] },
    count: { type: 'integer', minimum: 1, maximum: 10 },
    note: { type: ['string', 'number', 'null'] },
    extras: {
      type: 'object',
      properties: { cheese: { type: 'boolean' } },
      required: ['cheese'],
      additionalProperties: {},
    },
  },
  required: ['size', 'count', 'note'],
}
const rateSchema = {
  type: 'object',
  properties: {
    stars: { type: 'integer', enum: [1, 2, 3], 'x-unit': 'stars' },
    why: { type: ['string', 'array', 'null'], items: { type: 'string' }, minLength: 3 },
  },
  required: ['stars'],
}
const named = { name: 'order', description: 'Record the order' }
const rated = { name: 'rate', description: 'Record a rating' }

describe('the functions of a node', () => {
  test('for OpenAI chat stand in function, with parameters', () => {
    expect(toOpenAIChat(context).tools).toEqual([
      { type: 'function', function: { ...named, parameters: orderSchema } },
      { type: 'function', function: { ...rated, parameters: rateSchema } },
    ])
  })

  test('for OpenAI Responses are flat', () => {
    expect(toOpenAIResponses(context).tools).toEqual([
      { type: 'function', ...named, parameters: orderSchema, strict: false },
      { type: 'function', ...rated, parameters: rateSchema, strict: false },
    ])
  })

  test('for Anthropic have an input_schema', () => {
    expect(toAnthropic(context).tools).toEqual([
      { ...named, input_schema: orderSchema },
      { ...rated, input_schema: rateSchema },
    ])
  })

  test('for Bedrock stand in toolSpec', () => {
    expect(toBedrock(context).toolConfig?.tools).toEqual([
      { toolSpec: { ...named, inputSchema: { json: orderSchema } } },
      { toolSpec: { ...rated, inputSchema: { json: rateSchema } } },
    ])
  })

  test('for Gemini are declarations in the part of JSON Schema that it knows', () => {
    expect(toGemini(context).tools).toEqual([
      {
        functionDeclarations: [
          {
            ...named,
            parameters: {
              type: 'object',
              properties: {
                size: { type: 'string', enum: ['small', 'large'] },
                count: { type: 'integer', minimum: 1, maximum: 10 },
                note: { anyOf: [{ type: 'string' }, { type: 'number' }], nullable: true },
                extras: { type: 'object', properties: { cheese: { type: 'boolean' } }, required: ['cheese'] },
              },
              required: ['size', 'count', 'note'],
            },
          },
          {
            ...rated,
            parameters: {
              type: 'object',
              properties: {
                stars: { type: 'integer' },
                why: {
                  anyOf: [
                    { type: 'string', minLength: 3 },
                    { type: 'array', items: { type: 'string' } },
                  ],
                  nullable: true,
                },
              },
              required: ['stars'],
            },
          },
        ],
      },
    ])
  })

  test('a node without functions sends none, and Bedrock one that does nothing where the history holds calls', () => {
    const history: Message[] = [
      { role: 'system', content: 'You take orders.' },
      { role: 'user', content: 'A pizza' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: '1', type: 'function', function: { name: 'order', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: '1', content: '{"status":"acknowledged"}' },
      { role: 'developer', content: 'Say goodbye.' },
    ]
    const over = new LLMContext(history)
    for (const adapt of [toOpenAIChat, toOpenAIResponses, toAnthropic, toGemini]) {
      expect(adapt(over)).not.toHaveProperty('tools')
    }
    expect(toBedrock(over).toolConfig?.tools.map(({ toolSpec }) => toolSpec.name)).toEqual(['no_operation'])
  })

  test('instructions go where each provider wants them, and the task of a node is the user’s where it must', () => {
    const talk = new LLMContext([
      { role: 'system', content: 'You take orders.' },
      { role: 'assistant', content: 'Hello' },
      { role: 'developer', content: 'Ask for a size.' },
      { role: 'user', content: 'Large' },
    ])
    expect(toOpenAIChat(talk).messages.map(({ role }) => role)).toEqual(['system', 'assistant', 'developer', 'user'])
    expect(toOpenAIResponses(talk, { systemInstruction: 'Be brief.' }).instructions).toBe('Be brief.')
    expect(toAnthropic(talk).system).toBe('You take orders.')
    expect(toGemini(talk).systemInstruction).toEqual({ parts: [{ text: 'You take orders.' }] })
    expect(toBedrock(talk).system).toEqual([{ text: 'You take orders.' }])
    // Equal neighbours are one turn.
    expect(toAnthropic(talk).messages.at(-1)).toEqual({
      role: 'user',
      content: [
        { type: 'text', text: 'Ask for a size.' },
        { type: 'text', text: 'Large' },
      ],
    })
    expect(toBedrock(talk).messages.at(-1)).toEqual({
      role: 'user',
      content: [{ text: 'Ask for a size.' }, { text: 'Large' }],
    })
    expect(toGemini(talk).contents.at(-1)).toEqual({
      role: 'user',
      parts: [{ text: 'Ask for a size.' }, { text: 'Large' }],
    })
  })
})
