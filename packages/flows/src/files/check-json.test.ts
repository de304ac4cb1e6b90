import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import type { JsonSchema } from '@pc/core'
import { checkJson } from './check-json.ts'

const SCHEMAS: readonly JsonSchema[] = [
  { type: 'string', minLength: 2, maxLength: 3 },
  { type: 'string', pattern: '^\\p{L}+$' },
  { type: ['number', 'null'], minimum: 1, maximum: 5 },
  { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 4, multipleOf: 2 },
  { enum: ['a', 1, null, { a: 1 }] },
  { const: [1, 2] },
  { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 2, uniqueItems: true },
  { type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'integer' } },
  { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'], additionalProperties: false },
  { type: 'object', additionalProperties: { type: 'string' }, propertyNames: { maxLength: 1 }, minProperties: 1 },
  { type: 'object', maxProperties: 1 },
  { anyOf: [{ type: 'string' }, { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] }] },
  { oneOf: [{ type: 'integer' }, { type: 'number', minimum: 2 }] },
  { allOf: [{ type: 'number' }, { maximum: 2 }] },
  { not: { type: 'string' } },
  {
    $ref: '#/$defs/list',
    $defs: { list: { anyOf: [{ type: 'null' }, { type: 'array', items: { $ref: '#/$defs/list' } }] } },
  },
]

const VALUES: readonly unknown[] = [
  ['', 'a', 'ab', 'äöü', 'abcd', '😀😀😀', '12'],
  [0, 1, 2, 2.5, 3, 4, 6, -1, true, false, null],
  [[], [1], [1, 2], [2, 1], [1, 1], ['a'], ['a', 1], ['a', 'b'], [[], [null]], [1, 2, 3], [{ a: 1 }, { a: 1 }]],
  [{}, { a: 1 }, { a: 'x' }, { a: 1, b: 2 }, { ab: 'x' }, { b: 'x' }, { a: 1.5 }],
].flat()

test.each(SCHEMAS)('Accepts by %j what another validator accepts', (schema) => {
  const accepts = new Ajv2020({ strict: false }).compile(schema)
  for (const value of VALUES) {
    expect([value, checkJson(schema, value).faults.length === 0]).toEqual([value, accepts(value)])
  }
})

test('Says where a value is wrong and what was expected', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      size: { enum: ['small', 'large'] },
      to: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    },
    required: ['count'],
  }
  expect(checkJson(schema, { size: 'smal', to: ['a', 1], cuont: 1 }).faults).toEqual([
    { path: [], message: '"count" is missing. Is it meant by "cuont"?' },
    { path: ['size'], message: 'is "smal"; expected one of "small", "large". Did you mean "small"?' },
    { path: ['to', 1], message: 'is 1; expected a text' },
  ])
  expect(checkJson(schema, { count: 1, to: 7 }).faults).toEqual([
    { path: ['to'], message: 'is 7; expected a text, or a list' },
  ])
})

test('Ends for a schema that refers to itself', () => {
  expect(checkJson({ $ref: '#' }, 1).faults).toEqual([])
})

test('Takes no longer for alternatives that stand in one another', () => {
  const not = {
    type: 'object',
    properties: { op: { const: 'not' }, left: { $ref: '#/$defs/e' } },
    required: ['op', 'left'],
  }
  const and = {
    type: 'object',
    properties: { op: { enum: ['and'] }, left: { $ref: '#/$defs/e' }, right: { $ref: '#/$defs/e' } },
    required: ['op', 'left', 'right'],
  }
  const schema: JsonSchema = { $ref: '#/$defs/e', $defs: { e: { anyOf: [{ type: 'boolean' }, and, not] } } }
  const nested = (op: string, inner: unknown): unknown =>
    Array.from({ length: 60 }).reduce((left: unknown) => ({ op, left }), inner)
  expect(checkJson(schema, nested('not', true)).faults).toEqual([])
  expect(checkJson(schema, nested('not', 1)).faults).toHaveLength(1)
  expect(checkJson(schema, nested('nor', 1)).faults).toHaveLength(61)
})

test('Gives up on a schema that branches at each level', () => {
  const list = { type: 'array', items: { $ref: '#/$defs/e' } }
  const schema: JsonSchema = { $ref: '#/$defs/e', $defs: { e: { anyOf: [list, { ...list, title: 'again' }] } } }
  const nested = Array.from({ length: 60 }).reduce((inner: unknown) => [inner], 1)
  expect(checkJson(schema, nested).faults).toEqual([{ path: [], message: 'takes too long to check' }])
})
