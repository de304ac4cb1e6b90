import { describe, expect, test } from 'vitest'
import { InvalidFunctionError } from '../definition/errors.ts'
import { isProviderDict, readProviderDict } from './provider-function.ts'

const properties = { size: { type: 'string', enum: ['small', 'large'] }, count: { type: 'integer', minimum: 1 } }
const schema = { type: 'object', properties, required: ['size'] }
const words = { name: 'choose_size', description: 'Record the size' }
const handler = (): number => 1
const own = { handler, transition_to: 'confirm' }

const read = {
  ...words,
  properties,
  required: ['size'],
  $defs: undefined,
  handler,
  transitionTo: 'confirm',
  transitionCallback: undefined,
}

test.each<[string, unknown]>([
  ['OpenAI chat', { type: 'function', function: { ...words, parameters: schema, ...own } }],
  ['OpenAI chat, with its own keys outside', { type: 'function', function: { ...words, parameters: schema }, ...own }],
  ['OpenAI Responses', { type: 'function', ...words, parameters: schema, ...own }],
  ['Anthropic', { ...words, input_schema: schema, ...own }],
  ['Gemini', { function_declarations: [{ ...words, parameters: schema, ...own }] }],
  ['Gemini in camelCase', { functionDeclarations: [{ ...words, parametersJsonSchema: schema, ...own }] }],
  ['Bedrock', { toolSpec: { ...words, inputSchema: { json: schema }, ...own } }],
  ['Bedrock with input_schema.json', { toolSpec: { ...words, input_schema: { json: schema }, ...own } }],
  ['Bedrock with input_schema', { toolSpec: { ...words, input_schema: schema }, ...own }],
  ['Bedrock without toolSpec', { ...words, input_schema: { json: schema }, ...own }],
  ['camelCase keys', { ...words, input_schema: schema, handler, transitionTo: 'confirm' }],
])('a function in the shape of %s is the same function', (_vendor, dict) => {
  const before = JSON.stringify(dict)
  expect(isProviderDict(dict)).toBe(true)
  expect(readProviderDict(dict)).toEqual([read])
  expect(JSON.stringify(dict)).toBe(before)
})

test('each declaration of Gemini is a function of its own, with its own keys', () => {
  const callback = (): void => {}
  const dict = {
    function_declarations: [
      { name: 'a', description: 'A', transition_to: 'x' },
      { name: 'b', description: 'B', transition_callback: callback },
    ],
  }
  const functions = readProviderDict(dict)
  expect(functions.map(({ name, transitionTo }) => [name, transitionTo])).toEqual([
    ['a', 'x'],
    ['b', undefined],
  ])
  expect(functions[1]?.transitionCallback).toBe(callback)
})

test('the types of Gemini, in capitals and with nullable, become those of JSON Schema', () => {
  const parameters = {
    type: 'OBJECT',
    properties: {
      note: { type: 'STRING', nullable: true, enum: ['a', 'b'] },
      list: { type: 'ARRAY', items: { type: 'INTEGER' } },
      either: { nullable: true, any_of: [{ type: 'STRING' }, { type: 'NUMBER' }] },
    },
  }
  const [fn] = readProviderDict({ function_declarations: [{ ...words, parameters }] })
  expect(fn?.properties).toEqual({
    note: { type: ['string', 'null'], enum: ['a', 'b', null] },
    list: { type: 'array', items: { type: 'integer' } },
    either: { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }] },
  })
})

test('a function without a schema takes no arguments, and definitions are kept', () => {
  const [bare] = readProviderDict({ type: 'function', function: { name: 'now', description: 'The time' } })
  expect(bare).toMatchObject({ properties: {}, required: [] })
  const $defs = { Node: { type: 'object' } }
  const [tree] = readProviderDict({
    ...words,
    input_schema: { properties: { root: { $ref: '#/$defs/Node' } }, $defs },
  })
  expect(tree?.$defs).toEqual($defs)
})

describe('what is wrong is named', () => {
  test.each<[string, unknown, RegExp]>([
    ['no object', 'text', /no function of OpenAI/],
    ['none of the shapes', { name: 'a', description: '' }, /no function of OpenAI/],
    ['no name', { type: 'function', function: {} }, /no name/],
    ['a declaration that is none', { function_declarations: [1] }, /no name/],
    ['a description that is no text', { name: 'a', description: 1, input_schema: {} }, /"a".*description/],
    ['parameters that are a list', { name: 'a', input_schema: [] }, /"a".*no JSON Schema/],
    ['parameters of a text', { name: 'a', input_schema: { type: 'string' } }, /"a".*object/],
    ['properties that are no schemas', { name: 'a', input_schema: { properties: { x: 1 } } }, /"a".*properties/],
    ['required that is no list', { name: 'a', input_schema: { required: 'x' } }, /"a".*required/],
    ['$defs that are none', { name: 'a', input_schema: { $defs: 1 } }, /"a".*\$defs/],
  ])('%s', (_what, dict, message) => {
    expect(() => readProviderDict(dict)).toThrow(InvalidFunctionError)
    expect(() => readProviderDict(dict)).toThrow(message)
  })
})
