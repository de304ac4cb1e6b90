import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { errorsOfNative, errorsOfOldest, type TypeError } from './compilers.ts'

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))
const config = join(fixtures, 'tsconfig.json')

/** Each file makes one mistake; the lines above it say, after `// expect:`, what the compiler has to say of it. */
const mistakes = readdirSync(join(fixtures, 'mistakes')).map((name) => {
  const lines = readFileSync(join(fixtures, 'mistakes', name), 'utf8').split('\n')
  const isExpectation = (line: string): boolean => line.trimStart().startsWith('// expect: ')
  const last = lines.findLastIndex(isExpectation)
  return {
    file: `mistakes/${name}`,
    title: name.replace('.ts', '').replaceAll('-', ' '),
    line: last + 2,
    messages: lines.filter(isExpectation).map((line) => line.trimStart().slice('// expect: '.length)),
  }
})

const compilers = [
  { name: 'TypeScript 7', errorsOf: errorsOfNative },
  { name: 'TypeScript 5.9', errorsOf: errorsOfOldest },
]

describe.each(compilers)('$name', ({ errorsOf }) => {
  let errors: readonly TypeError[] = []
  beforeAll(async () => {
    errors = await errorsOf(config)
  }, 240_000)

  test.each(mistakes)('finds: $title', ({ file, line, messages }) => {
    const [error, ...others] = errors.filter((candidate) => candidate.file === file)
    expect(others).toEqual([])
    expect(error?.line, error?.message).toBe(line)
    expect(messages.length).toBeGreaterThan(0)
    for (const message of messages) expect(sorted(error?.message ?? '')).toContain(sorted(message))
  })

  test('finds nothing in flows that hold, nor in the sources', () => {
    expect(errors.filter(({ file }) => !file.startsWith('mistakes/'))).toEqual([])
  })
})

/** Compilers do not agree on the order of a union. */
function sorted(message: string): string {
  return message.replaceAll(/"[^"]*"(?: \| "[^"]*")+/g, (union) => union.split(' | ').sort().join(' | '))
}
