import { describe, expect, it } from 'vitest'
import { play, turnMachine } from '../../test/turn-script.ts'
import { MinWordsUserTurnStartStrategy } from './min-words-user-turn-start-strategy.ts'
import { TranscriptionUserTurnStartStrategy } from './transcription-user-turn-start-strategy.ts'
import { createTurnMachine } from './turn-machine.ts'
import type { TurnEvent } from './turn-events.ts'

describe('TranscriptionUserTurnStartStrategy', () => {
  it('can wait for final transcripts', () => {
    const start = [new TranscriptionUserTurnStartStrategy({ useInterim: false })]
    expect(play(turnMachine({ start }), 'interim@0 final@500')).toBe('start@500 commit@1100 stop@1100')
  })
})

describe('MinWordsUserTurnStartStrategy', () => {
  const machine = turnMachine({ start: [new MinWordsUserTurnStartStrategy({ minWords: 3 })] })

  it.each([
    ['discards words below the threshold while the agent speaks', 'bot@0 mhm@100', 'discard@100'],
    ['opens no turn on a voice', 'bot@0 voice@100 silence@300 mhm@400', 'discard@400'],
    [
      'opens a turn when one transcript holds enough words',
      'bot@0 interim@100 text@200 final@300',
      'discard@100 start@200 commit@900 stop@900',
    ],
    ['opens a turn on one word while the agent is silent', 'bot@0 botEnd@50 mhm@100', 'start@100 commit@700 stop@700'],
    ['keeps every word of a turn that is open', 'final@0 bot@100 mhm@200', 'start@0 commit@800 stop@800'],
  ])('%s', (_title, script, told) => {
    expect(play(machine, script)).toBe(told)
  })

  it('can wait for final transcripts', () => {
    const start = [new MinWordsUserTurnStartStrategy({ minWords: 2, useInterim: false })]
    expect(play(turnMachine({ start }), 'bot@0 interim@100 text@500')).toBe('start@500 commit@1100 stop@1100')
  })

  it('counts the words of languages that write no spaces', () => {
    const { initial, reduce } = createTurnMachine({
      start: [new MinWordsUserTurnStartStrategy({ minWords: 3 })],
      stop: [],
      stopTimeoutMs: 5000,
      speechLostMs: 30_000,
      sttLatencyMs: 1000,
    })
    const speaking = reduce(initial, { type: 'botStarted' }, 0).state
    const hear = (text: string): string | undefined => {
      const event: TurnEvent = { type: 'transcript', text, finalized: true }
      return reduce(speaking, event, 1).effects[0]?.type
    }
    expect(hear('はい。')).toBe('discardTranscript')
    expect(hear('明日の予約をお願いします')).toBe('startTurn')
  })

  it('refuses a number of words that is not one', () => {
    expect(() => new MinWordsUserTurnStartStrategy({ minWords: 0 })).toThrow(
      expect.objectContaining({ code: 'invalid-turn-options' }),
    )
  })
})
