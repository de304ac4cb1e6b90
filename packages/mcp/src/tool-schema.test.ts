import type { Tool } from '@modelcontextprotocol/sdk/types.js'
import { describe, expect, test } from 'vitest'
import { toFunctionSchema, toolNames } from './tool-schema.ts'

const tool = (name: string, inputSchema: Tool['inputSchema'] = { type: 'object' }): Tool => ({ name, inputSchema })
const functionOf = (inputSchema: Tool['inputSchema']) =>
  toFunctionSchema({ tool: tool('t', inputSchema), name: 't', options: {}, handler: () => 1 })

describe('toolNames', () => {
  test('replaces what models do not take, and numbers names that become the same', () => {
    const names = toolNames([tool('a.b'), tool('a/b'), tool('a_b')], undefined)
    expect([...names.values()]).toEqual(['a_b', 'a_b_2', 'a_b_3'])
  })

  test('cuts long names to what models take', () => {
    const long = 'x'.repeat(100)
    const names = [...toolNames([tool(long), tool(`${long}y`)], 'p').values()]
    expect(names.map((name) => name.length)).toEqual([64, 64])
    expect(new Set(names).size).toBe(2)
  })
})

describe('toFunctionSchema', () => {
  test('keeps shared parts of a schema, by whichever name it has for them', () => {
    const { parametersSchema } = functionOf({
      type: 'object',
      properties: { from: { $ref: '#/definitions/place' }, via: { type: 'array', items: { $ref: '#/$defs/stop' } } },
      definitions: { place: { type: 'string' } },
      $defs: { stop: { anyOf: [{ $ref: '#/definitions/place' }] } },
    })
    expect(parametersSchema).toEqual({
      type: 'object',
      properties: { from: { $ref: '#/$defs/place' }, via: { type: 'array', items: { $ref: '#/$defs/stop' } } },
      required: [],
      $defs: { place: { type: 'string' }, stop: { anyOf: [{ $ref: '#/$defs/place' }] } },
    })
  })

  test('does not ask for arguments that the schema does not have', () => {
    expect(functionOf({ type: 'object', properties: { a: {} }, required: ['a', 'b'] }).required).toEqual(['a'])
  })

  test('offers a tool without description or arguments', () => {
    expect(functionOf({ type: 'object' })).toMatchObject({ description: '', properties: {}, required: [] })
  })
})
