import { readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { pageSources } from './source-files.ts'

const css = readFileSync(new URL('../src/fonts.css', import.meta.url), 'utf8')
const sources = [...css.matchAll(/src: url\('([^']+)'\)/gu)].map((match) => match[1] ?? '')

test('all fonts together weigh at most 60 KB', () => {
  const resolve = createRequire(import.meta.url).resolve
  const bytes = sources.map((source) => statSync(resolve(source)).size).reduce((sum, size) => sum + size, 0)
  expect(sources).toHaveLength(2)
  expect(bytes).toBeLessThanOrEqual(60_000)
})

test('text is readable before its font has come', () => {
  const faces = css.match(/@font-face/gu)?.length
  expect(css.match(/font-display: swap/gu)).toHaveLength(faces ?? 0)
})

test('no style fetches anything from elsewhere', () => {
  const found = pageSources('css,html').filter(
    ({ text }) => /url\(['"]?(?:https?:)?\/\//u.test(text) || /(?:src|href)="(?:https?:)?\/\//u.test(text),
  )
  expect(found.map(({ path }) => path)).toEqual([])
})
