import { describe, expect, test } from 'vitest'
import { MarkdownTextFilter } from './markdown-text-filter.ts'
import { PatternPairAggregator, type TextPattern } from './pattern-pair-aggregator.ts'
import { SkipTagsAggregator } from './skip-tags-aggregator.ts'
import type { TextAggregator, TextUnit } from './text-aggregator.ts'

function stream(aggregator: TextAggregator, text: string, pieceLength: number): TextUnit[] {
  const units: TextUnit[] = []
  for (let i = 0; i < text.length; i += pieceLength) units.push(...aggregator.aggregate(text.slice(i, i + pieceLength)))
  return [...units, ...aggregator.flush()]
}

describe('PatternPairAggregator', () => {
  const pattern = (action: TextPattern['action'], onMatch?: (content: string) => void): TextPattern => ({
    type: 'aside',
    start: '<<',
    end: '>>',
    action,
    onMatch,
  })

  test.each([
    ['remove', [{ text: 'One  two.', type: 'sentence' }]],
    ['keep', [{ text: 'One x, y two.', type: 'sentence' }]],
    [
      'aggregate',
      [
        { text: 'One', type: 'sentence' },
        { text: 'x, y', type: 'aside' },
        { text: 'two.', type: 'sentence' },
      ],
    ],
  ] as const)('%s, however the text is cut', (action, expected) => {
    for (const length of [1, 2, 3, 100]) {
      const contents: string[] = []
      const aggregator = new PatternPairAggregator([pattern(action, (content) => contents.push(content))])
      expect(stream(aggregator, 'One <<x, y>> two.', length)).toEqual(expected)
      expect(contents).toEqual(['x, y'])
    }
  })

  test('at the end an unclosed pattern is dropped, unless it is to be kept', () => {
    expect(stream(new PatternPairAggregator([pattern('remove')]), 'One <<two', 4)).toEqual([
      { text: 'One', type: 'sentence' },
    ])
    expect(stream(new PatternPairAggregator([pattern('keep')]), 'One <<two', 4)).toEqual([
      { text: 'One two', type: 'sentence' },
    ])
  })

  test('a mark that only begins like a delimiter stays text', () => {
    const units = stream(new PatternPairAggregator([pattern('remove')]), 'It is 5 < 10.', 1)
    expect(units).toEqual([{ text: 'It is 5 < 10.', type: 'sentence' }])
  })

  test('the first of several patterns counts', () => {
    const code: TextPattern = { type: 'code', start: '`', end: '`', action: 'aggregate' }
    const units = stream(new PatternPairAggregator([pattern('remove'), code]), 'A `b << c` d >> e', 2)
    expect(units.map(({ text, type }) => `${type}: ${text}`)).toEqual([
      'sentence: A',
      'code: b << c',
      'sentence: d >> e',
    ])
  })
})

describe('SkipTagsAggregator', () => {
  test('keeps what stands between tags in one sentence, and returns everything at the end', () => {
    const units = stream(new SkipTagsAggregator([['<a>', '</a>']]), 'Say <a>one. Two. Three.', 5)
    expect(units).toEqual([{ text: 'Say <a>one. Two. Three.', type: 'sentence' }])
  })
})

describe('MarkdownTextFilter', () => {
  test.each([
    ['This is **very** *nice* and __good__ and _fine_.', 'This is very nice and good and fine.'],
    ['# Heading', 'Heading'],
    ['- one\n- two', 'one\ntwo'],
    ['> quoted', 'quoted'],
    ['See [the docs](https://example.com/a_b_c).', 'See the docs.'],
    ['Use `npm install`.', 'Use npm install.'],
    ['~~old~~ new', 'old new'],
    ['2 * 3 * 4 is 24, and 5 < 10.', '2 * 3 * 4 is 24, and 5 < 10.'],
    ['snake_case_name stays', 'snake_case_name stays'],
    ['**half of a pair', 'half of a pair'],
    ['---', ''],
    ['| a | b |', ''],
    ['Look: ```x = 1``` done.', 'Look:   done.'],
  ])('%j is spoken as %j', (text, expected) => {
    expect(new MarkdownTextFilter().filter(text)).toBe(expected)
  })

  test('leaves out code that goes over several units, until it ends or the utterance does', () => {
    const filter = new MarkdownTextFilter()
    expect(['So: ```js', 'x = 1', '``` there.', 'Fine.'].map((unit) => filter.filter(unit).trim())).toEqual([
      'So:',
      '',
      'there.',
      'Fine.',
    ])
    filter.filter('```open')
    filter.reset()
    expect(filter.filter('New.')).toBe('New.')
  })

  test('keeps code and tables when asked to', () => {
    const filter = new MarkdownTextFilter({ removeCodeBlocks: false, removeTables: false })
    expect(filter.filter('```x``` | a |')).toBe('x | a |')
    expect(filter.filter('| a | b |')).toBe('| a | b |')
  })
})
