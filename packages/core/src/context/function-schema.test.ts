import { describe, expect, expectTypeOf, test } from 'vitest'
// oxlint-disable-next-line no-restricted-imports -- the form that the rule asks for
import * as z from 'zod'
import { defineFunction, FunctionSchema, type ToolCallContext } from './function-schema.ts'
import { LLMContext } from './llm-context.ts'
import type { StandardSchema } from './standard-schema.ts'
import { ToolsSchema } from './tools.ts'

const call: ToolCallContext = {
  signal: new AbortController().signal,
  context: new LLMContext(),
  toolCallId: 't1',
  functionName: 'book',
  resultCallback: () => {},
  idempotencyKey: 'k1',
  llm: { pushFrame: () => {} },
  progress: () => {},
  appResources: undefined,
}

describe('defineFunction', () => {
  const book = defineFunction({
    name: 'book',
    description: 'Books a table',
    parameters: z.object({
      guests: z.int().min(1).describe('How many'),
      at: z.string().default('noon'),
      place: z.enum(['inside', 'outside']).optional(),
    }),
    timeoutSecs: 5,
    handler: (args, { toolCallId, signal }) => {
      expectTypeOf(args).toEqualTypeOf<{ guests: number; at: string; place?: 'inside' | 'outside' | undefined }>()
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      return { ...args, toolCallId }
    },
  })

  test('takes name, arguments and what is required from the schema', () => {
    expect(book.properties).toMatchObject({
      guests: { type: 'integer', minimum: 1, description: 'How many' },
      at: { type: 'string', default: 'noon' },
      place: { type: 'string', enum: ['inside', 'outside'] },
    })
    expect([book.name, book.required, book.timeoutSecs]).toEqual(['book', ['guests'], 5])
  })

  test('checks arguments, fills in defaults, and names each fault by its path', async () => {
    const good = await book.checkArguments({ guests: 2 })
    expect(good).toEqual({ ok: true, args: { guests: 2, at: 'noon' } })
    expect(good.ok && book.handler?.(good.args, call)).toEqual({ guests: 2, at: 'noon', toolCallId: 't1' })
    const bad = await book.checkArguments({ guests: 'two', place: 'roof' })
    expect(bad).toMatchObject({
      ok: false,
      issues: [expect.stringMatching(/^guests: /), expect.stringMatching(/^place: /)],
    })
  })

  test('needs no schema for a function without arguments', async () => {
    const now = defineFunction({ name: 'now', description: 'The time', handler: () => 12 })
    expect(now.parametersSchema).toEqual({ type: 'object', properties: {}, required: [] })
    expect(await now.checkArguments({})).toEqual({ ok: true, args: {} })
  })

  test('keeps the definitions that a recursive schema refers to', () => {
    const tree: z.ZodType<unknown> = z
      .lazy(() => z.object({ name: z.string(), children: z.array(tree) }))
      .meta({ id: 'Tree' })
    const grow = defineFunction({
      name: 'grow',
      description: 'Grows',
      parameters: z.object({ tree }),
      handler: () => null,
    })
    expect(JSON.stringify(grow.properties)).toContain('#/$defs/')
    expect(Object.keys(grow.$defs ?? {})).toHaveLength(1)
  })

  test('refuses schemas that no model can be shown', () => {
    const define = (parameters: StandardSchema) => () =>
      defineFunction({ name: 'f', description: '', parameters, handler: () => null })
    const invalid = expect.objectContaining({ code: 'invalid-tool', kind: 'config' })
    expect(define(z.string())).toThrow(invalid)
    expect(define(z.object({ day: z.date() }))).toThrow(invalid)
    const plain: StandardSchema = { '~standard': { version: 1, vendor: 'plain', validate: (value) => ({ value }) } }
    expect(define(plain)).toThrow(/plain schema cannot give a JSON Schema/)
  })
})

describe('FunctionSchema', () => {
  const schema = new FunctionSchema({
    name: 'paint',
    description: 'Paints',
    properties: {
      color: { type: 'string', enum: ['red', 'blue'] },
      layers: { type: 'integer' },
      note: { type: ['string', 'null'] },
      tags: { type: 'array' },
      size: { type: 'object' },
    },
    required: ['color'],
  })

  test.each([
    [{ color: 'red', layers: 2, note: null, tags: [], size: {} }, []],
    [{ color: 'red', note: 'x', extra: true }, []],
    [{}, ['color: required']],
    [{ color: 'green' }, ['color: expected one of "red", "blue"']],
    [{ color: 'red', layers: 1.5 }, ['layers: expected integer']],
    [{ color: 'red', layers: '2', note: 3 }, ['layers: expected integer', 'note: expected string or null']],
    [{ color: 'red', tags: {}, size: [] }, ['tags: expected array', 'size: expected object']],
  ])('checks %j by presence, type and enum', async (args, issues) => {
    expect(await schema.checkArguments(args)).toEqual(issues.length === 0 ? { ok: true, args } : { ok: false, issues })
  })

  test.each([
    [{ name: 'with space', description: '' }, /1 to 64 letters/],
    [{ name: 'x'.repeat(65), description: '' }, /1 to 64 letters/],
    [{ name: 'f', description: '', required: ['a'] }, /"a" is required but not among its properties/],
  ])('refuses %j', (definition, fault) => {
    expect(() => new FunctionSchema(definition)).toThrow(fault)
  })
})

describe('ToolsSchema', () => {
  const look = { name: 'look', description: 'Look' }

  test('takes plain definitions and schemas, and finds them by name', () => {
    const hear = new FunctionSchema({ name: 'hear', description: 'Hear' })
    const tools = new ToolsSchema([look, hear])
    expect(tools.find('hear')).toBe(hear)
    expect(tools.find('look')).toBeInstanceOf(FunctionSchema)
    expect(tools.find('smell')).toBeUndefined()
  })

  test('takes tools in a provider’s own shape beside functions', () => {
    const tools = new ToolsSchema({ customTools: { gemini: [{ googleSearch: {} }] } })
    expect([tools.isEmpty, tools.standardTools]).toEqual([false, []])
    expect(ToolsSchema.from(new ToolsSchema({ customTools: { gemini: [] } }))).toBeUndefined()
  })

  test('refuses two functions of one name, and what is no function', () => {
    expect(() => new ToolsSchema([look, { ...look }])).toThrow(expect.objectContaining({ code: 'duplicate-tool' }))
    expect(() => new ToolsSchema(['look' as never])).toThrow(expect.objectContaining({ code: 'invalid-tool' }))
  })
})
