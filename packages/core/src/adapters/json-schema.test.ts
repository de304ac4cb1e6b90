import { expect, test } from 'vitest'
// oxlint-disable-next-line no-restricted-imports -- the form that the rule asks for
import * as z from 'zod'
import { defineFunction } from '../context/function-schema.ts'
import type { JsonSchema } from '../context/standard-schema.ts'
import { cleanSchema, toGeminiSchema } from './json-schema.ts'

test('the integer bounds that zod adds are dropped, those of the author stay', () => {
  const { parametersSchema } = defineFunction({
    name: 'f',
    description: '',
    parameters: z.object({
      any: z.int(),
      some: z.int().min(1).max(10),
      list: z.array(z.int()),
      deep: z.object({ n: z.int() }),
    }),
    handler: () => null,
  })
  expect(JSON.stringify(parametersSchema)).toContain('9007199254740991')
  const cleaned = cleanSchema(parametersSchema)
  expect(JSON.stringify(cleaned)).not.toContain('9007199254740991')
  expect(cleaned).toMatchObject({ properties: { some: { type: 'integer', minimum: 1, maximum: 10 } } })
})

test('an argument that is named like a keyword is not taken for one', () => {
  const schema = {
    type: 'object',
    properties: { minimum: { type: 'integer', maximum: Number.MAX_SAFE_INTEGER }, $schema: { type: 'string' } },
    default: { $schema: 'data', minimum: Number.MIN_SAFE_INTEGER },
  }
  expect(cleanSchema(schema)).toEqual({
    type: 'object',
    properties: { minimum: { type: 'integer' }, $schema: { type: 'string' } },
    default: schema.default,
  })
})

test.each<[string, JsonSchema, JsonSchema]>([
  ['null becomes nullable', { type: ['string', 'null'] }, { type: 'string', nullable: true }],
  ['several types become anyOf', { type: ['string', 'number'] }, { anyOf: [{ type: 'string' }, { type: 'number' }] }],
  [
    'oneOf becomes anyOf',
    { oneOf: [{ type: 'string' }, { type: 'integer' }] },
    { anyOf: [{ type: 'string' }, { type: 'integer' }] },
  ],
  [
    'one choice or null is that choice',
    { anyOf: [{ type: 'object', properties: {} }, { type: 'null' }] },
    { type: 'object', properties: {}, nullable: true },
  ],
  ['a constant becomes an enum', { type: 'string', const: 'a' }, { type: 'string', enum: ['a'] }],
  ['an enum of numbers is dropped', { type: 'integer', enum: [1, 2] }, { type: 'integer' }],
  [
    'unknown formats and keywords are dropped',
    { type: 'string', format: 'email', 'x-own': 1, $comment: 'c' },
    { type: 'string' },
  ],
  ['null in an enum becomes nullable', { enum: ['a', null] }, { type: 'string', enum: ['a'], nullable: true }],
  ['an enum of nothing but null is dropped', { enum: [null] }, { nullable: true }],
  [
    'keywords go to the types that they speak of',
    { type: ['array', 'string', 'null'], items: { type: 'integer' }, minLength: 2, description: 'One or many' },
    {
      anyOf: [
        { type: 'array', items: { type: 'integer' } },
        { type: 'string', minLength: 2 },
      ],
      nullable: true,
      description: 'One or many',
    },
  ],
  [
    'bounds of whole numbers are counted inclusively',
    { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 10 },
    { type: 'integer', minimum: 1, maximum: 9 },
  ],
  [
    'all of several objects are one',
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { type: 'object', properties: { b: { const: 'x' } }, required: ['b'] },
      ],
    },
    {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string', enum: ['x'] } },
      required: ['a', 'b'],
    },
  ],
  [
    'a tuple is a list of what it holds',
    { type: 'array', prefixItems: [{ type: 'string' }, { type: ['integer', 'null'] }] },
    { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'integer', nullable: true }] } },
  ],
  [
    'what it knows already stays',
    { type: 'string', nullable: true, enum: ['a'] },
    { type: 'string', nullable: true, enum: ['a'] },
  ],
  ['known formats stay', { type: 'string', format: 'date-time' }, { type: 'string', format: 'date-time' }],
  [
    'inner schemas are changed too',
    {
      type: 'object',
      additionalProperties: false,
      properties: { a: { type: 'array', items: { type: ['integer', 'null'] } } },
      required: ['a'],
    },
    {
      type: 'object',
      properties: { a: { type: 'array', items: { type: 'integer', nullable: true } } },
      required: ['a'],
    },
  ],
])('for Gemini, %s', (_rule, schema, expected) => {
  const before = structuredClone(schema)
  expect(toGeminiSchema(schema)).toEqual(expected)
  expect(schema).toEqual(before)
})
