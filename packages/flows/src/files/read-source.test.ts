import { describe, expect, test } from 'vitest'
import { readSource } from './read-source.ts'

const faultsOf = (input: unknown, format?: 'json' | 'yaml') => readSource(input, format).faults

describe('readSource', () => {
  test('reads JSON and YAML to the same value', () => {
    const value = { a: [1, { b: 'x: y', c: null }], 'long key': 'ä😀', d: '2020-01-01', e: true }
    expect(readSource(JSON.stringify(value, null, '\t'), undefined).value).toEqual(value)
    expect(
      readSource('a:\n- 1\n- {b: "x: y", c: null}\nlong key: ä😀\nd: 2020-01-01\ne: true\n', undefined).value,
    ).toEqual(value)
  })

  test('tells the line and column of a path, through aliases too', () => {
    const { locate } = readSource('a: &x\n  b: 1\n  c:\n    - d\n    - e: 2\nf: *x\n', undefined)
    expect(locate(['a', 'b'])).toEqual({ line: 2, column: 6 })
    expect(locate(['a', 'c', 1, 'e'])).toEqual({ line: 5, column: 10 })
    expect(locate(['f', 'c', 0])).toEqual({ line: 4, column: 7 })
    expect(locate(['a', 'c', 'nothing'])).toEqual({ line: 3, column: 3 })
    expect(readSource('{\n\t"a": [1,\n\t\t2]\n}', undefined).locate(['a', 1])).toEqual({ line: 3, column: 3 })
  })

  test('tells where a text is not JSON or not YAML', () => {
    expect(faultsOf('{\n  "a": 1,\n  b\n}')).toMatchObject([
      { line: 3, column: 3, message: expect.stringContaining('JSON') },
    ])
    expect(faultsOf('a: 1\nb: [1\nc: 2')[0]).toMatchObject({ line: 3, message: expect.stringContaining('YAML') })
    expect(faultsOf('{"a": 1, "a": 2}')).toMatchObject([{ message: 'has the key "a" twice; remove one', line: 1 }])
    expect(faultsOf('a: 1\n---\nb: 2')).toHaveLength(1)
    expect(faultsOf('a: !!js/function x')[0]?.message).toContain('remove the tag')
  })

  test('refuses what repeats itself without end', () => {
    const cyclic: Record<string, unknown> = { a: {} }
    cyclic['a'] = { back: cyclic }
    expect(faultsOf(cyclic)).toMatchObject([{ path: ['a', 'back'], message: expect.stringContaining('refers back') }])
    expect(faultsOf('a: &x [*x]')).toMatchObject([{ path: ['a', 0], message: expect.stringContaining('refers back') }])
  })

  test('refuses aliases that grow beyond measure', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(',')}]`)
    expect(faultsOf(['l0: &l0 [1,1,1,1,1,1,1,1,1,1]', ...levels].join('\n'))[0]?.message).toContain('aliases too often')
    expect(faultsOf(`a: &a [${'1,'.repeat(2000)}]\nb: [${'*a,'.repeat(60)}]`)[0]?.message).toContain('more than 50000')
  })

  test('refuses texts that are too long or nested too deep', () => {
    expect(faultsOf(' '.repeat(2_000_001))[0]?.message).toContain('2000001 characters')
    expect(faultsOf('['.repeat(5000) + ']'.repeat(5000), 'yaml')[0]?.message).toContain('nested')
    expect(faultsOf('['.repeat(5000) + ']'.repeat(5000), 'json')[0]?.message).toContain('nested more than 64 deep')
    expect(faultsOf({ list: Array(50_001).fill(0) })[0]?.message).toContain('more than 50000 values')
  })

  test.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s', (key) => {
    expect(faultsOf(`{"a": {"${key}": {"x": 1}}}`)).toMatchObject([{ path: ['a', key] }])
    expect(faultsOf(`a:\n  ${key}:\n    x: 1`)).toMatchObject([{ path: ['a', key] }])
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
  })

  test('refuses what is no JSON in an object', () => {
    const faults = faultsOf({ a: () => 1, b: [Number.NaN], c: new Map(), d: undefined, e: 1n })
    expect(faults.map(({ path }) => path.join('.'))).toEqual(['a', 'b.0', 'c', 'e'])
    expect(faultsOf('a: .nan')).toMatchObject([{ path: ['a'], message: expect.stringContaining('NaN') }])
  })

  test('does not keep what it was given', () => {
    const given = { a: { b: 1 } }
    const { value } = readSource(given, undefined)
    given.a.b = 2
    expect(value).toEqual({ a: { b: 1 } })
  })
})
