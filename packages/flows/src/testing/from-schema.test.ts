import * as z from 'zod'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FlowFunction } from '../definition/flow-function.ts'
import { fromPattern } from './from-pattern.ts'
import { fromSchema } from './from-schema.ts'
import { seededRandom } from './seeded-random.ts'

const taking = (parameters: FlowFunction['parameters']): FlowFunction => ({ name: 'f', description: '', parameters })
const json = (jsonSchema: Record<string, unknown>): FlowFunction => taking({ jsonSchema })
const of = (property: Record<string, unknown>, seed = 1): unknown =>
  fromSchema(json({ type: 'object', properties: { value: property }, required: ['value'] }), seed)['value']

describe('generated arguments', () => {
  const schemas = {
    'enums, numbers and texts': z.object({
      size: z.enum(['small', 'large']),
      count: z.int().min(1).max(10).default(1),
      price: z.number().positive().lt(3),
      half: z.number().multipleOf(0.5).min(0.5).max(2),
      below: z.int().max(-5),
      any: z.int(),
      code: z.string().regex(/^[A-Z]{2}-\d{3,5}$/),
      long: z.string().min(30),
      short: z.string().max(3),
    }),
    formats: z.object({
      day: z.iso.date(),
      at: z.iso.datetime(),
      mail: z.email(),
      link: z.url(),
      id: z.uuid(),
      ip: z.ipv4(),
    }),
    'nested objects and lists': z.object({
      guests: z
        .array(z.object({ name: z.string(), age: z.int().min(0).max(120).optional() }))
        .min(2)
        .max(4),
      pair: z.tuple([z.string(), z.number()]),
      prices: z.record(z.string(), z.number()),
      none: z.array(z.string()).max(0),
    }),
    'unions, constants and null': z.object({
      kind: z.literal('pickup'),
      when: z.union([z.literal('now'), z.int().min(5).max(60)]),
      note: z.string().nullable(),
      way: z.discriminatedUnion('by', [
        z.object({ by: z.literal('car'), seats: z.int().min(1).max(7) }),
        z.object({ by: z.literal('foot') }),
      ]),
      all: z.intersection(z.object({ a: z.boolean() }), z.object({ b: z.null() })),
    }),
    'schemas that refer to themselves': z.object({
      get tree() {
        return tree
      },
    }),
  }
  const tree = z.object({
    label: z.string(),
    get children() {
      return z.array(tree).max(3)
    },
  })

  test.each(Object.entries(schemas))('pass the schema they were made from: %s', (_, schema) => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const result = schema.safeParse(fromSchema(taking(schema), seed))
        expect(result.error?.issues ?? []).toEqual([])
      }),
    )
  })

  test('are the same for the same seed, and others for others', () => {
    const fn = taking(schemas['enums, numbers and texts'])
    expect(fromSchema(fn, 7)).toEqual(fromSchema(fn, 7))
    expect(new Set([1, 2, 3, 4, 5].map((seed) => JSON.stringify(fromSchema(fn, seed)))).size).toBe(5)
  })

  test('take what is optional half of the time', () => {
    const fn = json({ type: 'object', properties: { note: { type: 'string' } } })
    const random = seededRandom(1)
    const given = Array.from({ length: 200 }, () => 'note' in fromSchema(fn, random)).filter(Boolean).length
    expect(given).toBeGreaterThan(60)
    expect(given).toBeLessThan(140)
  })

  test('follow plain JSON Schema: exclusive bounds, unique items, type lists, references', () => {
    expect(of({ type: 'integer', exclusiveMinimum: 3, exclusiveMaximum: 5 })).toBe(4)
    const letters = of({ type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 3, maxItems: 3, uniqueItems: true })
    expect([...(letters as string[])].sort()).toEqual(['a', 'b', 'c'])
    expect([null, 'string']).toContain(of({ type: ['null', 'string'] }) === null ? null : 'string')
    const fn = json({
      type: 'object',
      properties: { size: { $ref: '#/$defs/Size' } },
      required: ['size'],
      $defs: { Size: { const: 'XL' } },
    })
    expect(fromSchema(fn)).toEqual({ size: 'XL' })
  })

  test('are none for a function without parameters', () => {
    expect(fromSchema({ name: 'f', description: '' })).toEqual({})
  })
})

describe('a text made from a pattern', () => {
  test.each([
    '^\\d{3}-\\d{4}$',
    '[^a-z]+',
    '(?:yes|no)!?',
    '^(?<area>\\+\\d{1,3}) \\w*$',
    'a.c',
    '[\\w.]+@x\\.org',
    '^\\$[0-9,]+$',
    '',
  ])('matches %s', (pattern) => {
    const random = seededRandom(3)
    for (let count = 0; count < 50; count++) expect(fromPattern(pattern, random)).toMatch(new RegExp(pattern, 'u'))
  })

  test.each(['(?=.*\\d).+', '(a)\\1', '\\p{L}+', '(', '[a'])('is not tried for %s', (pattern) => {
    expect(fromPattern(pattern, seededRandom(1))).toBeUndefined()
  })
})
