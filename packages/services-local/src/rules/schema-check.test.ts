import { expect, test } from 'vitest'
import { agrees } from './schema-check.ts'

test.each([
  ['a', { type: 'string' }],
  [1, { type: 'integer' }],
  [1.5, { type: ['number', 'null'] }],
  [null, { anyOf: [{ type: 'string' }, { type: 'null' }] }],
  ['b', { enum: ['a', 'b'] }],
  ['x', { const: 'x' }],
  [5, { minimum: 5, maximum: 5, multipleOf: 2.5 }],
  ['2027-05-03', { type: 'string', format: 'date' }],
  ['19:30', { format: 'time' }],
  ['a@b.de', { format: 'email' }],
  ['abc', { pattern: '^a', minLength: 3, maxLength: 3 }],
  [[1, 2], { type: 'array', items: { type: 'integer' }, minItems: 2, uniqueItems: true }],
  [{ a: 1 }, { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'], additionalProperties: false }],
  [{ a: 'x' }, { properties: { a: { $ref: '#/$defs/name' } }, $defs: { name: { type: 'string' } } }],
  ['anything', true],
  ['anything', undefined],
  ['anything', { pattern: '(' }],
])('%j agrees with %j', (value, schema) => {
  expect(agrees(value, schema)).toBe(true)
})

test.each([
  [1, { type: 'string' }],
  [1.5, { type: 'integer' }],
  ['c', { enum: ['a', 'b'] }],
  ['y', { const: 'x' }],
  [4, { minimum: 5 }],
  [5, { exclusiveMinimum: 5 }],
  [5, { exclusiveMaximum: 5 }],
  [5, { multipleOf: 2 }],
  ['3.5.2027', { format: 'date' }],
  ['25:00', { format: 'time' }],
  ['nobody', { format: 'email' }],
  ['abcd', { maxLength: 3 }],
  ['b', { pattern: '^a' }],
  [[1, 'a'], { items: { type: 'integer' } }],
  [[1, 1], { uniqueItems: true }],
  [{}, { required: ['a'] }],
  [{ b: 1 }, { additionalProperties: false }],
  [1, { oneOf: [{ type: 'integer' }, { type: 'number' }] }],
  [1, { allOf: [{ minimum: 0 }, { minimum: 2 }] }],
  [1, { not: { type: 'number' } }],
  [{ a: 1 }, { properties: { a: { $ref: '#/$defs/name' } }, $defs: { name: { type: 'string' } } }],
  ['anything', false],
])('%j does not agree with %j', (value, schema) => {
  expect(agrees(value, schema)).toBe(false)
})
