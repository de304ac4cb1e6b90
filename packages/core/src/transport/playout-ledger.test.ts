import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PlayoutLedger } from './playout-ledger.ts'
import type { UnitText } from './spoken-unit.ts'
import { wordEnds } from './spoken-words.ts'

const RATE = 24_000
const ms = (samples: number): number => (samples * RATE) / 1000

function unit(text: string, segmentId = 1, rawText?: string): UnitText {
  return { text, segmentId, rawText, aggregatedBy: 'sentence' }
}

describe('word times', () => {
  test('a word is heard when the next one begins, the last one after as long as it takes to say', () => {
    const ledger = new PlayoutLedger(RATE)
    ledger.beginUnit('a', unit('One two three.'))
    ledger.receive('a', ms(2000))
    for (const [text, atMs] of [
      ['one', 100],
      ['two', 500],
      ['three', 900],
    ] as const) {
      ledger.word('a', { text, offsetUs: atMs * 1000, segmentId: 1 })
    }
    ledger.endUnit('a', unit('One two three.'))
    const heardAt = (atMs: number): string => ledger.heard('a', ms(atMs)).text
    expect([499, 500, 899, 900, 1000].map(heardAt)).toEqual(['', 'One', 'One', 'One two', 'One two'])
    expect(heardAt(1400)).toBe('One two three.')
    expect(heardAt(2000)).toBe('One two three.')
  })

  test('split, renamed and missing words of the provider never run ahead of the text', () => {
    const ledger = new PlayoutLedger(RATE)
    const text = "Well, don't pay $5 for a well-known banana."
    ledger.beginUnit('a', unit(text))
    ledger.receive('a', ms(5000))
    const words = ['well', 'don', "'t", 'pay', 'five', 'dollars', 'for', 'well', 'known', 'a']
    for (const [i, word] of words.entries()) ledger.word('a', { text: word, offsetUs: i * 400_000 })
    const heard = words.map((_, i) => ledger.heard('a', ms(400 * (i + 1))).text)
    expect(heard).toEqual([
      'Well,',
      'Well,',
      "Well, don't",
      "Well, don't pay",
      "Well, don't pay",
      "Well, don't pay",
      "Well, don't pay $5 for",
      "Well, don't pay $5 for a",
      "Well, don't pay $5 for a well-known",
      "Well, don't pay $5 for a well-known",
    ])
  })

  test('without an announcement the text is what the words were', () => {
    const ledger = new PlayoutLedger(RATE)
    ledger.receive('a', ms(900))
    ledger.word('a', { text: 'Hello', offsetUs: 0 })
    ledger.word('a', { text: 'there', offsetUs: 400_000 })
    expect(ledger.play('a', ms(450)).map(({ text }) => text)).toEqual(['Hello'])
    ledger.end('a')
    expect(ledger.play('a', ms(900)).map(({ text }) => text)).toEqual(['there'])
    expect(ledger.heard('a').text).toBe('Hello there')
  })
})

describe('sentences', () => {
  test('are told apart by their audio, and one without audio is not heard', () => {
    const ledger = new PlayoutLedger(RATE)
    for (const [id, text, lengthMs] of [
      [1, 'First one.', 500],
      [2, 'Lost one.', 0],
      [3, 'Third one.', 500],
    ] as const) {
      ledger.beginUnit('a', unit(text, id))
      ledger.receive('a', ms(lengthMs))
      ledger.endUnit('a', unit(text, id))
    }
    ledger.end('a')
    expect(ledger.heard('a', ms(500)).text).toBe('First one.')
    ledger.play('a', ms(1000))
    expect(ledger.heard('a')).toEqual({
      text: 'First one. Third one.',
      segments: [
        { segmentId: 1, heard: 'First one.', unheard: '' },
        { segmentId: 2, heard: '', unheard: 'Lost one.' },
        { segmentId: 3, heard: 'Third one.', unheard: '' },
      ],
    })
    expect(ledger.unfinished()).toEqual([])
  })

  test('whose end is not known yet are taken to be spoken at 15 characters a second, but never to their last word', () => {
    const ledger = new PlayoutLedger(RATE)
    ledger.beginUnit('a', unit('aaaa bbbb cccc'))
    ledger.receive('a', ms(300))
    expect(ledger.heard('a', ms(250)).text).toBe('')
    expect(ledger.heard('a', ms(290)).text).toBe('aaaa')
    ledger.receive('a', ms(5000))
    expect(ledger.heard('a', ms(5300)).text).toBe('aaaa bbbb')
  })

  test('written without spaces are heard by characters, and joined without spaces', () => {
    const ledger = new PlayoutLedger(RATE)
    for (const [id, text] of [
      [1, '你好，世界。'],
      [2, '再见了。'],
    ] as const) {
      ledger.beginUnit('a', unit(text, id))
      ledger.receive('a', ms(600))
      ledger.endUnit('a', unit(text, id))
    }
    expect(ledger.heard('a', ms(300)).text).toBe('你好，')
    expect(ledger.heard('a', ms(1050)).text).toBe('你好，世界。再见了。'.slice(0, 8))
  })

  test("that were changed for speaking are told in the model's own words", () => {
    const ledger = new PlayoutLedger(RATE)
    const end = unit('Call one two three now.', 1, 'Call 123 **now**.')
    ledger.beginUnit('a', end)
    ledger.receive('a', ms(2300))
    ledger.endUnit('a', end)
    expect(ledger.heard('a', ms(400)).text).toBe('Call')
    expect(ledger.heard('a', ms(2200)).text).toBe('Call 123')
    expect(ledger.heard('a', ms(2300)).text).toBe('Call 123 **now**.')
  })
})

test('utterances that are over are forgotten after a while, also when nobody ends them', () => {
  const ledger = new PlayoutLedger(RATE)
  for (let i = 0; i < 1000; i++) {
    ledger.receive(`ended ${i}`, 10)
    ledger.end(`ended ${i}`)
    ledger.play(`ended ${i}`, 10)
  }
  expect(ledger.playouts.length).toBeLessThanOrEqual(8)
  for (let i = 0; i < 1000; i++) ledger.receive(`open ${i}`, 10)
  expect(ledger.playouts.length).toBeLessThanOrEqual(64)
})

const wordOf = fc.constantFrom(
  'a',
  'I',
  'the',
  'hello',
  'world',
  "don't",
  'yes,',
  'stop.',
  'extraordinary',
  '—',
  '42',
  '世界',
)
const sentence = fc.record({
  words: fc.array(wordOf, { minLength: 1, maxLength: 12 }),
  wordMs: fc.array(fc.integer({ min: 20, max: 900 }), { minLength: 12, maxLength: 12 }),
  timed: fc.boolean(),
  pieces: fc.integer({ min: 1, max: 5 }),
})

test('what is heard is a prefix of the text, grows with the samples, is complete at the end, and never holds what was not played', () => {
  fc.assert(
    fc.property(
      fc.array(sentence, { minLength: 1, maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 80 }),
      (sentences, steps) => {
        const ledger = new PlayoutLedger(RATE)
        /** Where each word of the whole text begins in the audio, and its end in the text so far. */
        const starts: { sample: number; segment: number; endChar: number }[] = []
        let sample = 0
        for (const [segment, { words, wordMs, timed, pieces }] of sentences.entries()) {
          const text = words.join(' ')
          ledger.beginUnit('a', unit(text, segment))
          const samples = words.reduce((sum, _, i) => sum + ms(wordMs[i]!), 0)
          const ends = wordEnds(text)
          let at = sample
          for (let piece = 0; piece < pieces; piece++)
            ledger.receive('a', Math.floor(samples / pieces) + (piece === 0 ? samples % pieces : 0))
          for (const [i, word] of words.entries()) {
            if (timed) {
              ledger.word('a', { text: word, offsetUs: (at / RATE) * 1_000_000, segmentId: segment })
              // A dash has no sound of its own.
              if (word !== '—') starts.push({ sample: at, segment, endChar: words.slice(0, i + 1).join(' ').length })
            }
            at += ms(wordMs[i]!)
          }
          if (!timed)
            for (const end of ends)
              starts.push({ sample: sample + (samples * (end - 1)) / text.length, segment, endChar: end })
          ledger.endUnit('a', unit(text, segment))
          sample += samples
        }
        ledger.end('a')
        let position = 0
        let before = ''
        const spoken: string[] = []
        for (const step of [...steps, sample]) {
          position = Math.min(sample, position + step)
          spoken.push(...ledger.play('a', position).map(({ text }) => text))
          const { text, segments } = ledger.heard('a')
          expect(text.startsWith(before)).toBe(true)
          before = text
          for (const [i, { heard, unheard }] of segments.entries()) {
            expect(heard + unheard).toBe(sentences[i]!.words.join(' '))
            const unplayed = starts.find((start) => start.segment === i && start.sample >= position)
            if (unplayed !== undefined) expect(heard.length).toBeLessThan(unplayed.endChar)
          }
        }
        expect(ledger.heard('a').segments.every(({ unheard }) => unheard === '')).toBe(true)
        expect(spoken.join('').replaceAll(' ', '')).toBe(sentences.flatMap(({ words }) => words).join(''))
      },
    ),
    { numRuns: 300 },
  )
})
