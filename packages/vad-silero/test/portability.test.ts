import { readdirSync, readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

test('the package imports nothing of Node, so that it runs in a browser', () => {
  const folder = new URL('../src/', import.meta.url)
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  const imported = sources.flatMap((name) =>
    [...readFileSync(new URL(name, folder), 'utf8').matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(
      (match) => match[1],
    ),
  )
  expect(imported).toContain('./weights-16k.generated.ts')
  expect(new Set(imported.filter((specifier) => !specifier?.startsWith('./')))).toEqual(new Set(['@pc/core']))
})
