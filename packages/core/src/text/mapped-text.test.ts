import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MappedChain, type MappedText, replaceMapped } from './mapped-text.ts'
import { MarkdownTextFilter } from './markdown-text-filter.ts'
import { PatternTextFilter } from './pattern-text-filter.ts'

/** What of the source is covered when the result is read up to and including `part`. */
function covered(source: string, mapped: MappedText, part: string): string {
  const end = mapped.text.indexOf(part) + part.length
  return source.slice(0, mapped.ends === undefined ? end : mapped.ends[end - 1])
}

describe('replaceMapped', () => {
  test('says of every character how much of the source it covers', () => {
    expect(replaceMapped({ text: 'a _b_', ends: undefined }, /_(.*?)_/, 1)).toEqual({ text: 'a b', ends: [1, 2, 5] })
    expect(replaceMapped({ text: 'a%b', ends: undefined }, /%/, ' percent ').ends).toEqual([
      1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3,
    ])
  })

  test('without a match, and where the match is left alone, the text is its own source', () => {
    const mapped = { text: 'one', ends: undefined }
    expect(replaceMapped(mapped, /x/, '')).toBe(mapped)
    expect(replaceMapped(mapped, /o/, () => undefined)).toBe(mapped)
  })
})

describe('filters know the way back', () => {
  test('of Markdown', () => {
    const source = 'See **the** [fine docs](https://example.com/x_y), `now`.'
    const mapped = new MarkdownTextFilter().map(source)
    expect(mapped.text).toBe('See the fine docs, now.')
    expect(covered(source, mapped, 'the')).toBe('See **the**')
    expect(covered(source, mapped, 'fine')).toBe('See **the** [fine')
    expect(covered(source, mapped, 'docs')).toBe('See **the** [fine docs](https://example.com/x_y)')
    expect(covered(source, mapped, 'now.')).toBe(source)
  })

  test('around code that is left out: it belongs to what is said after it', () => {
    const source = 'Look: ```x = 1``` done.'
    const mapped = new MarkdownTextFilter().map(source)
    expect(covered(source, mapped, 'Look:')).toBe('Look:')
    expect(covered(source, mapped, 'done.')).toBe(source)
  })

  test('of patterns, one after the other', () => {
    const filter = new PatternTextFilter([
      { pattern: /\[[^\]]*\]\s*/ },
      { pattern: /\bSQL\b/, replacement: 'sequel' },
      { pattern: /se(quel)/, replacement: 1 },
    ])
    const source = '[smiles] Ask SQL twice, SQL!'
    const mapped = filter.map(source)
    expect(mapped.text).toBe('Ask quel twice, quel!')
    expect(covered(source, mapped, 'Ask')).toBe('[smiles] Ask')
    expect(covered(source, mapped, 'Ask quel')).toBe('[smiles] Ask SQL')
    expect(filter.filter(source)).toBe(mapped.text)
  })
})

test('a change that does not tell where it came from loses the way for good; an idle one does not', () => {
  const chain = new MappedChain('a b')
  chain.add({ text: 'b', ends: [3] })
  chain.add('b')
  expect(chain.result).toEqual({ text: 'b', ends: [3] })
  chain.add('c')
  chain.add({ text: 'd', ends: [1] })
  expect(chain.result).toEqual({ text: 'd', ends: undefined })
})

test('the way back never falls, never leaves the source, and a kept word leads to itself', () => {
  const piece = fc.constantFrom(
    '**',
    '*',
    '_',
    '`',
    '```',
    '[a](b)',
    '# ',
    '- ',
    '\n',
    ' ',
    'word',
    'x',
    '|',
    '~~',
    '5',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const source = pieces.join('')
      const { text, ends } = new MarkdownTextFilter().map(source)
      expect(new MarkdownTextFilter().filter(source)).toBe(text)
      if (ends === undefined) {
        expect(text).toBe(source)
        return
      }
      expect(ends).toHaveLength(text.length)
      let last = 0
      for (const end of ends) {
        expect(end).toBeGreaterThanOrEqual(last)
        expect(end).toBeLessThanOrEqual(source.length)
        last = end
      }
      for (const match of text.matchAll(/word/g)) {
        expect(source.slice(0, ends[match.index + 3])).toMatch(/word[^w]*$/)
      }
    }),
  )
})
