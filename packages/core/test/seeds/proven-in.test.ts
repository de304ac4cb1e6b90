import { expect, test } from 'vitest'
import { testsThatRun } from './proven-in.ts'

const file = (body: string): string => `import { describe, expect, it, test } from 'vitest'\n${body}`
const run = `() => { expect(1).toBe(1) }`

test.each([
  ['it', `it('A1: it works', ${run})`],
  ['test', `test('A1: it works', async function () { await expect(1).resolves.toBe(1) })`],
  ['a limit of time', `it('A1: it works', ${run}, 60_000)`],
  ['describe', `describe('one', () => { describe('two', () => { it('A1: it works', ${run}) }) })`],
])('a test by %s counts', (_, body) => {
  expect(testsThatRun(file(body))).toEqual(['A1: it works'])
})

test.each([
  ['a todo', `it.todo('A1: it works')`],
  ['a skipped one', `it.skip('A1: it works', ${run})`],
  ['one that may be skipped', `it.skipIf(true)('A1: it works', ${run})`],
  ['one with options', `it('A1: it works', { skip: true }, ${run})`],
  ['one that can skip itself', `it('A1: it works', ({ skip }) => { skip(); expect(1).toBe(1) })`],
  ['one of a skipped group', `describe.skip('one', () => { it('A1: it works', ${run}) })`],
  ['one of a group that may be skipped', `describe.runIf(false)('one', () => { it('A1: it works', ${run}) })`],
  ['one behind a condition', `if (process.env['CI']) it('A1: it works', ${run})`],
  ['one that expects nothing', `it('A1: it works', () => {})`],
  ['one in a comment', `/* it('A1: it works', ${run}) */ // it('A1: it works', ${run})`],
  ['one in a text', `const text = "it('A1: it works', ${run})"`],
  ['one whose title is made', `it(['A1: it works'][0] ?? '', ${run})`],
])('%s does not count', (_, body) => {
  expect(testsThatRun(file(body))).toEqual([])
})

test('what is called it, but is not of vitest, does not count', () => {
  expect(testsThatRun(`const it = (title: string, run: () => void) => {}\nit('A1: it works', ${run})`)).toEqual([])
  expect(testsThatRun(`import { describe as it } from 'vitest'\nit('A1: it works', ${run})`)).toEqual([])
})

test('a file that cannot be read is refused', () => {
  expect(() => testsThatRun('it(')).toThrow('The file cannot be read')
})
