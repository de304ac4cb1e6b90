import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SentenceAggregator } from './sentence-aggregator.ts'

/** Feeds `text` in pieces of one length and returns the units. */
function cut(text: string, pieceLength = 3): string[] {
  const aggregator = new SentenceAggregator()
  const units: string[] = []
  for (let i = 0; i < text.length; i += pieceLength) {
    units.push(...aggregator.aggregate(text.slice(i, i + pieceLength)).map((unit) => unit.text))
  }
  return [...units, ...aggregator.flush().map((unit) => unit.text)]
}

const whole = (text: string): [string, string[]] => [text, [text]]

describe('SentenceAggregator', () => {
  test.each<[string, string[]]>([
    ['Hello there. How are you? Fine!', ['Hello there.', 'How are you?', 'Fine!']],
    whole('It costs $29.95 a month.'),
    whole('I saw Mr. Smith.'),
    whole('Dr. Jones and Mrs. Robinson live at 5 St. James Square.'),
    whole('J. R. R. Tolkien wrote it.'),
    whole('The U.S. Army is there.'),
    whole('See www.example.com for more.'),
    whole('Version 2.0.1 is out.'),
    whole('Use a title, e.g. Sir.'),
    whole('Bring apples, pears, etc. to the party.'),
    ['We open at 9 a.m. Then we close at 5 p.m. sharp.', ['We open at 9 a.m.', 'Then we close at 5 p.m. sharp.']],
    ['One sec. Let me look.', ['One sec.', 'Let me look.']],
    ['So do I. Good.', ['So do I.', 'Good.']],
    ['No. Not at all.', ['No.', 'Not at all.']],
    ['Take No. 5 from the shelf. Done.', ['Take No. 5 from the shelf.', 'Done.']],
    ['I have 5. You have 7.', ['I have 5.', 'You have 7.']],
    ['1. Milk\n2. Eggs', ['1. Milk', '2. Eggs']],
    ['Here they are:\n- milk\n- eggs', ['Here they are:', '- milk', '- eggs']],
    ['A heading\n\nThe text.', ['A heading', 'The text.']],
    whole('one line\nand the next of it'),
    ['"Why?" he asked. "Because." She left.', ['"Why?" he asked.', '"Because."', 'She left.']],
    ['Wait... what? Oh... Yes.', ['Wait... what?', 'Oh...', 'Yes.']],
    ['Really?! Yes!!!', ['Really?!', 'Yes!!!']],
    ['Hi!How are you', ['Hi!', 'How are you']],
    ['你好。我们走吧！好吗？', ['你好。', '我们走吧！', '好吗？']],
    ['彼は「行く。」と言った。次。', ['彼は「行く。」', 'と言った。', '次。']],
    ['नमस्ते। आप कैसे हैं?', ['नमस्ते।', 'आप कैसे हैं?']],
    ['كيف حالك؟ بخير.', ['كيف حالك؟', 'بخير.']],
    whole('5 < 10 and 10 > 5.'),
    ['   \n ', []],
  ])('cuts %j into %j', (text, expected) => {
    for (const length of [1, 2, 3, 7, 1000]) expect(cut(text, length)).toEqual(expected)
  })

  test('decides nothing before the next visible character', () => {
    const aggregator = new SentenceAggregator()
    expect(aggregator.aggregate('It costs $29.')).toEqual([])
    expect(aggregator.aggregate('95.')).toEqual([])
    expect(aggregator.aggregate(' ')).toEqual([])
    expect(aggregator.aggregate('O')).toEqual([{ text: 'It costs $29.95.', type: 'sentence' }])
    expect(aggregator.flush()).toEqual([{ text: 'O', type: 'sentence' }])
  })

  test('a reset forgets the text in hand', () => {
    const aggregator = new SentenceAggregator()
    aggregator.aggregate('Half a sen')
    aggregator.reset()
    expect(aggregator.aggregate('New one. X').map((unit) => unit.text)).toEqual(['New one.'])
  })

  test('ends no sentence between tags', () => {
    const aggregator = new SentenceAggregator({ tags: [['<spell>', '</spell>']] })
    const units = aggregator.aggregate('My code is <spell>A. B. Go. Now</spell>. Bye. X').map((unit) => unit.text)
    expect(units).toEqual(['My code is <spell>A. B. Go. Now</spell>.', 'Bye.'])
  })

  test('cuts a text without marks before it grows without bound', () => {
    const units = cut('word '.repeat(1000), 5)
    expect(units.length).toBeGreaterThan(7)
    expect(Math.max(...units.map((unit) => unit.length))).toBeLessThanOrEqual(600)
    expect(units.join(' ')).toBe('word '.repeat(1000).trim())
  })

  test('loses and adds nothing but space, however the text is cut', () => {
    const piece = fc.constantFrom(
      'Mr. ',
      'Hello',
      ' ',
      '. ',
      '? ',
      '!',
      '\n',
      '。',
      '3.',
      '14',
      'a',
      'B',
      '"',
      '…',
      '- ',
      '👍',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (pieces, length) => {
        const text = pieces.join('')
        expect(cut(text, length).join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''))
        expect(cut(text, length)).toEqual(cut(text, 1))
      }),
    )
  })
})
