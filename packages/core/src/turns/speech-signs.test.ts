import { expect, test } from 'vitest'
import { SpeechSigns } from './speech-signs.ts'

test('of the signs within a second one counts, for each side by itself', () => {
  const signs = new SpeechSigns()
  const repeated = (type: string, ...times: number[]): boolean[] =>
    times.map((atMs) => signs.isRepeated(type, { nowMs: () => atMs }))
  expect(repeated('BotSpeakingFrame', 0, 200, 999, 1000, 1200)).toEqual([false, true, true, false, true])
  expect(repeated('UserSpeakingFrame', 1200, 1400)).toEqual([false, true])
  expect(repeated('TranscriptionFrame', 1400, 1400)).toEqual([false, false])
})
