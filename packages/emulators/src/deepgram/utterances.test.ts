import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UtteranceRecognizer } from './utterances.ts'
import type { Recognition, UtteranceOptions } from './utterances.ts'

const WINDOWS_PER_SEC = 50

/** Hears seconds of sound (positive) and of silence (negative) and tells what was recognized. */
const recognize = (
  pattern: readonly number[],
  { endpointing = true, ...options }: Partial<UtteranceOptions> & { endpointing?: boolean } = {},
): Recognition[] => {
  const recognized: Recognition[] = []
  let count = 0
  const recognizer = new UtteranceRecognizer({
    ...(endpointing && { endpointingSecs: 0.3 }),
    interimResults: false,
    sentence: () => `utterance number ${(count += 1)}`,
    emit: (recognition) => recognized.push(recognition),
    ...options,
  })
  for (const secs of pattern) {
    for (let window = 0; window < Math.abs(secs) * WINDOWS_PER_SEC; window++) recognizer.hear(secs > 0)
  }
  recognizer.flush('CloseStream')
  return recognized
}

const results = (recognized: readonly Recognition[]) =>
  recognized.flatMap((recognition) => (recognition.kind === 'results' ? [recognition] : []))

const textOf = (result: { words: readonly { text: string }[] }): string =>
  result.words.map(({ text }) => text).join(' ')

describe('utterances', () => {
  it('end with speech_final after the silence of endpointing', () => {
    const [final, rest] = results(recognize([-0.5, 1, -1]))
    expect(final).toMatchObject({ isFinal: true, speechFinal: true, startSecs: 0 })
    expect(final?.endSecs).toBeCloseTo(1.8, 6)
    expect(final && textOf(final)).toBe('utterance number 1')
    expect(final?.words[0]?.startSecs).toBeCloseTo(0.5, 6)
    expect(final?.words.at(-1)?.endSecs).toBeCloseTo(1.5, 6)
    expect(rest).toMatchObject({ words: [], isFinal: true, speechFinal: false })
  })

  it('are not begun by a click of one window', () => {
    expect(recognize([-0.1, 0.02, -0.5]).map(({ kind }) => kind)).toEqual(['results'])
  })

  it('survive pauses shorter than 0.2 s whatever the endpointing', () => {
    const texts = results(recognize([1, -0.18, 1, -1], { endpointingSecs: 0.01 })).map(textOf)
    expect(texts).toEqual(['utterance number 1', ''])
  })

  it('grow word by word in interim results, each replacing the one before', () => {
    const interim = results(recognize([2, -1], { interimResults: true })).filter(({ isFinal }) => !isFinal)
    expect(interim[0] && textOf(interim[0])).toBe('utterance number')
    expect(interim.at(-1) && textOf(interim.at(-1) ?? { words: [] })).toBe('utterance number 1')
    expect(interim.every(({ startSecs }) => startSecs === 0)).toBe(true)
  })

  it('are never marked speech_final without endpointing', () => {
    const [final] = results(recognize([1, -1], { endpointing: false }))
    expect(final).toMatchObject({ isFinal: true, speechFinal: false })
  })

  it('give an UtteranceEnd once, after the final result, and none when speech goes on before', () => {
    const recognized = recognize([1, -0.8, 1, -3], { utteranceEndSecs: 1 })
    const kinds = recognized.map(({ kind }) => kind)
    expect(kinds).toEqual(['speechStarted', 'results', 'speechStarted', 'results', 'utteranceEnd', 'results'])
    const end = recognized.find(({ kind }) => kind === 'utteranceEnd')
    expect(end?.kind === 'utteranceEnd' && end.lastWordEndSecs).toBeCloseTo(2.8, 6)
  })

  it('give an UtteranceEnd without speech_final when endpointing waits longer', () => {
    const recognized = recognize([1, -2], { endpointingSecs: 3, utteranceEndSecs: 1 })
    expect(recognized.map(({ kind }) => kind)).toEqual(['speechStarted', 'results', 'utteranceEnd', 'results'])
    expect(results(recognized)[0]).toMatchObject({ isFinal: true, speechFinal: false })
  })

  it('of more than 5 s come in several final segments that concatenate', () => {
    const sentence = Array.from({ length: 25 }, (_, index) => `w${index}`).join(' ')
    const finals = results(recognize([7, -1], { sentence: () => sentence }))
    expect(finals.map(({ speechFinal }) => speechFinal)).toEqual([false, true, false])
    expect(finals.map(textOf).join(' ').trim()).toBe(sentence)
  })

  it('leave no gap and no overlap between final segments, say every sentence once and keep words in order', () => {
    const stretch = fc.integer({ min: 1, max: 300 }).map((windows) => windows / WINDOWS_PER_SEC)
    const patterns = fc.array(fc.tuple(stretch, stretch), { maxLength: 8 })
    fc.assert(
      fc.property(patterns, fc.boolean(), (pairs, interimResults) => {
        let sentences = 0
        const pattern = pairs.flatMap(([loud, quiet]) => [loud, -quiet])
        const finals = results(
          recognize(pattern, { interimResults, sentence: () => `a${(sentences += 1)} b${sentences}` }),
        ).filter(({ isFinal }) => isFinal)
        let positionSecs = 0
        for (const { startSecs, endSecs, words } of finals) {
          expect(startSecs).toBe(positionSecs)
          positionSecs = endSecs
          for (const word of words) expect(word.endSecs).toBeGreaterThanOrEqual(word.startSecs)
        }
        const expected = Array.from({ length: sentences }, (_, index) => `a${index + 1} b${index + 1}`).join(' ')
        expect(
          finals
            .map(textOf)
            .filter((text) => text !== '')
            .join(' '),
        ).toBe(expected)
      }),
      { numRuns: 100, seed: 1 },
    )
  })
})
