import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pageSources } from './source-files.ts'

const literal =
  /#[0-9a-f]{3,8}\b(?![\w-])|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\(|(?:^|[:,(\s])(?:white|black|red|green|blue|gray|grey|orange|yellow|purple|Canvas|CanvasText|LinkText|ButtonBorder|Highlight|GrayText)(?=[\s;,)])/giu

const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\//gu, '')

test('no style has a colour of its own: all come from tokens.css', () => {
  const found = pageSources('css')
    .filter(({ path }) => !path.endsWith('ui/src/tokens.css'))
    .flatMap(({ path, text }) =>
      [...withoutComments(text).matchAll(literal)].map((match) => `${path}: ${match[0].trim()}`),
    )
  expect(found).toEqual([])
})

test('no component has a colour of its own', () => {
  const found = pageSources('tsx,html').flatMap(({ path, text }) =>
    [...text.matchAll(/#[0-9a-f]{6}\b|\b(?:rgba?|hsla?|oklch)\(/giu)].map((match) => `${path}: ${match[0]}`),
  )
  expect(found).toEqual([])
})

test('the check sees a colour where there is one', () => {
  expect('a { color: #fff }'.match(literal)).not.toBeNull()
  expect('a { color: white; }'.match(literal)).not.toBeNull()
  expect('a { color: rgb(1 2 3) }'.match(literal)).not.toBeNull()
  expect('a { white-space: nowrap; color: var(--ink) }'.match(literal)).toBeNull()
})

test('the icon of a page, which cannot read the tokens, uses their values', () => {
  const tokens = readFileSync(new URL('../src/tokens.css', import.meta.url), 'utf8')
  for (const { text } of pageSources('svg')) {
    for (const [colour] of text.matchAll(/#[0-9a-f]{6}/gu)) expect(tokens).toContain(colour)
  }
})
