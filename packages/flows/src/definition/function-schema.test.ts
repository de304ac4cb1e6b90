import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { InvalidFunctionError } from './errors.ts'
import type { FlowFunction } from './flow-function.ts'
import { argumentsSchemaOf, checkArguments, toolOf } from './function-schema.ts'
import { flowFunction } from './typed-function.ts'

const choose = flowFunction({
  name: 'choose',
  description: 'Choose',
  parameters: z.object({ size: z.enum(['s', 'l']), count: z.number().default(1) }),
})

describe('the schema of arguments', () => {
  test('is that of what goes in: what has a default need not be given', () => {
    expect(argumentsSchemaOf(choose)).toMatchObject({
      properties: { size: { type: 'string', enum: ['s', 'l'] }, count: { type: 'number', default: 1 } },
      required: ['size'],
    })
  })

  test('is made once', () => {
    expect(toolOf(choose)).toBe(toolOf(choose))
  })

  test('is empty without parameters', () => {
    expect(argumentsSchemaOf(flowFunction({ name: 'go', description: 'Go' }))).toEqual({ properties: {}, required: [] })
  })

  test('keeps what its parts refer to', () => {
    const Tree: z.ZodType = z.lazy(() => z.object({ children: z.array(Tree) })).meta({ id: 'Tree' })
    const fn = flowFunction({ name: 'grow', description: 'Grow', parameters: z.object({ tree: Tree }) })
    expect(argumentsSchemaOf(fn)).toMatchObject({
      properties: { tree: { $ref: '#/$defs/Tree' } },
      $defs: { Tree: { type: 'object' } },
    })
  })

  test('may be given as JSON Schema', () => {
    const jsonSchema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], $defs: { b: {} } }
    const fn = flowFunction({ name: 'plain', description: 'Plain', parameters: { jsonSchema } })
    expect(argumentsSchemaOf(fn)).toEqual({ properties: jsonSchema.properties, required: ['a'], $defs: { b: {} } })
  })

  test('names the library of a schema that has none', () => {
    const parameters = { '~standard': { version: 1, vendor: 'tiny', validate: () => ({ value: {} }) } } as const
    const fn = flowFunction({ name: 'tiny', description: 'Tiny', parameters })
    expect(() => toolOf(fn)).toThrow(/its tiny schema cannot give a JSON Schema/)
    expect(() => toolOf(fn)).toThrow(InvalidFunctionError)
  })
})

describe('the arguments of a call', () => {
  test('are checked and converted by the schema', async () => {
    expect(await checkArguments(choose, { size: 's' })).toEqual({ ok: true, args: { size: 's', count: 1 } })
    const refused = await checkArguments(choose, { size: 'xl', count: 'two' })
    expect(refused.ok ? [] : refused.issues.map((issue) => issue.split(':')[0])).toEqual(['size', 'count'])
  })

  test('are checked by presence, type and enum where there is only JSON Schema', async () => {
    const jsonSchema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
    const fn: FlowFunction = { name: 'plain', description: 'Plain', parameters: { jsonSchema } }
    expect(await checkArguments(fn, { a: 1 })).toEqual({ ok: false, issues: ['a: expected string'] })
  })

  test('are checked by the validator that stands beside a JSON Schema', async () => {
    const validate = (): { issues: { message: string; path: string[] }[] } => ({
      issues: [{ message: 'no', path: ['a', 'b'] }],
    })
    const fn: FlowFunction = { name: 'plain', description: 'Plain', parameters: { jsonSchema: {}, validate } }
    expect(await checkArguments(fn, {})).toEqual({ ok: false, issues: ['a.b: no'] })
  })

  test('of which there are none are not looked at', async () => {
    expect(await checkArguments({ name: 'go', description: 'Go' }, { a: 1 })).toEqual({ ok: true, args: { a: 1 } })
  })
})
