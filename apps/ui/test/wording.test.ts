import { expect, test } from 'vitest'
import { parseSync } from 'vite'
import { pageSources } from './source-files.ts'

const forbidden =
  /\b(?:successfully|oops|please|invalid|sorry|whoops|error occurred|something went wrong)\b|[a-z]!|\.\.\.|\u2026/iu
const sentence = /[A-Za-z]{2,} [A-Za-z]{2,}|^[A-Z][a-z]+[ .!\u2026]?$/u

/** Texts a person may read: words between tags, and strings that look like words. */
function texts(path: string, source: string): string[] {
  const found: string[] = []
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) {
      for (const each of node) visit(each)
      return
    }
    if (typeof node !== 'object' || node === null) return
    const fields: Record<string, unknown> = { ...node }
    const { type, value } = fields
    if (type === 'ImportDeclaration') return
    if ((type === 'JSXText' || type === 'Literal') && typeof value === 'string') found.push(value.trim())
    if (type === 'TemplateElement' && typeof value === 'object' && value !== null && 'cooked' in value)
      found.push(String(value.cooked))
    for (const child of Object.values(fields)) visit(child)
  }
  visit(parseSync(path, source).program)
  return found.filter((text) => sentence.test(text))
}

test('no text of the pages uses a forbidden word', () => {
  const sources = pageSources('ts,tsx')
  expect(sources.length).toBeGreaterThan(30)
  const found = sources.flatMap(({ path, text }) =>
    texts(path, text)
      .filter((each) => forbidden.test(each))
      .map((each) => `${path}: ${each}`),
  )
  expect(found).toEqual([])
})

test('the check sees a forbidden word between tags and in strings', () => {
  const source = 'const a = <p title="All done!">Oops, the file is gone</p>; const b = `Please try again`'
  expect(texts('a.tsx', source).filter((each) => forbidden.test(each))).toEqual([
    'All done!',
    'Oops, the file is gone',
    'Please try again',
  ])
})
