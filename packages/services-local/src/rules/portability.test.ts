import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

/** All modules that a module of this package reaches by relative imports, and the packages they import. */
async function reach(entry: URL, seen: Map<string, string[]> = new Map()): Promise<Map<string, string[]>> {
  if (seen.has(entry.href)) return seen
  const source = await readFile(entry, 'utf8')
  const specifiers = [...source.matchAll(/from '([^']+)'/g)].map((match) => match[1] ?? '')
  seen.set(entry.href, specifiers)
  for (const specifier of specifiers) if (specifier.startsWith('.')) await reach(new URL(specifier, entry), seen)
  return seen
}

test('the rules entry imports nothing but this package and core, so that it runs in a page', async () => {
  const modules = await reach(new URL('./index.ts', import.meta.url))
  expect(modules.size).toBeGreaterThan(15)
  const packages = new Set([...modules.values()].flat().filter((specifier) => !specifier.startsWith('.')))
  expect([...packages]).toEqual(['@pc/core'])
})

test('the model itself does not even need core', async () => {
  const modules = await reach(new URL('./rule-model.ts', import.meta.url))
  expect([...modules.values()].flat().filter((specifier) => !specifier.startsWith('.'))).toEqual([])
})

test('the rules use no global of Node', async () => {
  for (const href of (await reach(new URL('./index.ts', import.meta.url))).keys()) {
    const source = await readFile(new URL(href), 'utf8')
    expect(source, href).not.toMatch(/\b(?:process|Buffer|require|__dirname|setImmediate)\b[.(]/)
  }
})
