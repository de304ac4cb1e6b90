import { isRecord } from '../definition/is-record.ts'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { example, given, NATIVE } from '../../test/files/examples.ts'
import { FlowDefinitionError } from '../definition/errors.ts'
import { checkJson } from './check-json.ts'
import { type FilePath } from './file-path.ts'
import { flowFileSchema } from './flow-file-schema.ts'
import { loadFlow } from './load-flow.ts'

const published: unknown = JSON.parse(readFileSync(new URL('../../flow.schema.json', import.meta.url), 'utf8'))
const accepts = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(flowFileSchema)

test('The published schema is the one that files are checked against', () => {
  expect(published).toEqual(flowFileSchema)
})

describe.each(NATIVE)('%s', (name) => {
  const document: unknown = parse(example(name))

  test('is accepted by the schema and by the loader', () => {
    expect(accepts(document)).toBe(true)
    expect(loadFlow(example(name), given).shape).toBe('flow')
  })

  test('is refused by both, or by neither, however one value of it is changed', () => {
    let refusals = 0
    for (const path of pathsOf(document)) {
      for (const changed of mutations(document, path)) {
        const good = accepts(changed)
        expect(
          checkJson(flowFileSchema, changed).faults.length === 0,
          `${path.join('.')} ${JSON.stringify(changed)}`,
        ).toBe(good)
        if (good) continue
        refusals++
        expect(() => loadFlow(isRecord(changed) ? changed : [changed], given)).toThrow(FlowDefinitionError)
      }
    }
    expect(refusals).toBeGreaterThan(50)
  })
})

function pathsOf(value: unknown, path: FilePath = []): FilePath[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]))]
}

/** The document with the value at the path exchanged, and without it. */
function mutations(document: unknown, path: FilePath): unknown[] {
  const values: unknown[] = [
    7,
    -1,
    'x',
    '',
    'no such name',
    true,
    null,
    [],
    ['x', 1],
    {},
    { node: 'x' },
    { op: 'not', left: 1 },
  ]
  const changed = values.map((value) => withValue(document, path, () => value))
  return path.length === 0 ? changed : [...changed, withValue(document, path, undefined)]
}

function withValue(holder: unknown, path: FilePath, make: (() => unknown) | undefined): unknown {
  const [key, ...rest] = path
  if (key === undefined) return make?.()
  if (Array.isArray(holder)) {
    const items: unknown[] = holder
    if (rest.length === 0 && make === undefined) return items.filter((_, index) => index !== Number(key))
    return items.map((item, index) => (index === Number(key) ? withValue(item, rest, make) : item))
  }
  if (!isRecord(holder)) return holder
  const entries = Object.entries(holder)
  if (rest.length === 0 && make === undefined) return Object.fromEntries(entries.filter(([name]) => name !== key))
  return Object.fromEntries(entries.map(([name, item]) => [name, name === key ? withValue(item, rest, make) : item]))
}
