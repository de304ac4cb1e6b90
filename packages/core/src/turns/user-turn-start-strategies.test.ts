import { describe, expect, it } from 'vitest'
import { play, turnMachine } from '../../test/turn-script.ts'
import { MinWordsUserTurnStartStrategy } from './min-words-user-turn-start-strategy.ts'
import { TranscriptionUserTurnStartStrategy } from './transcription-user-turn-start-strategy.ts'
import { ExternalUserTurnStartStrategy } from './external-user-turn-start-strategy.ts'
import { createTurnMachine, type TurnMachine } from './turn-machine.ts'
import type { TurnEvent } from './turn-events.ts'
import { VADUserTurnStartStrategy } from './vad-user-turn-start-strategy.ts'
import {
  WakePhraseUserTurnStartStrategy,
  type WakePhraseUserTurnStartStrategyOptions,
} from './wake-phrase-user-turn-start-strategy.ts'

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

describe('WakePhraseUserTurnStartStrategy', () => {
  const wakePhrase = (options: Partial<WakePhraseUserTurnStartStrategyOptions> = {}): WakePhraseUserTurnStartStrategy =>
    new WakePhraseUserTurnStartStrategy({ phrases: ['hey computer', 'hello'], ...options })
  const machine = (options?: Partial<WakePhraseUserTurnStartStrategyOptions>): TurnMachine =>
    turnMachine({
      start: [wakePhrase(options), new VADUserTurnStartStrategy(), new TranscriptionUserTurnStartStrategy()],
    })

  it.each([
    [
      'opens no turn while it sleeps, and discards what is said',
      'voice@0 silence@500 interim@600 final@700',
      'discard@600 discard@700',
    ],
    [
      'opens a turn on the phrase, whatever its spelling, and lets the others decide afterwards',
      'wake@0 voice@5000 silence@6000 final@6100',
      'wakePhraseDetected@0 start@0 commit@600 stop@600 start@5000 commit@6600 stop@6600 wakePhraseTimeout@16600',
    ],
    [
      'sleeps again when nothing is said for long',
      'wake@0 voice@10700',
      'wakePhraseDetected@0 start@0 commit@600 stop@600 wakePhraseTimeout@10600',
    ],
    [
      'does not fall asleep while the agent speaks',
      'wake@0 bot@1000 botGoesOn@20000 botEnd@25000 voice@30000 end@30100',
      'wakePhraseDetected@0 start@0 commit@600 stop@600 start@30000 stop@30100',
    ],
  ])('%s', (_title, script, told) => {
    expect(play(machine(), script)).toBe(told)
  })

  it('can be good for one window of time', () => {
    const told = play(machine({ singleActivation: true, timeoutSecs: 3 }), 'wake@0 bot@1000 botEnd@2000 final@4000')
    expect(told).toBe('wakePhraseDetected@0 start@0 commit@600 stop@600 wakePhraseTimeout@3000 discard@4000')
  })

  it('finds a phrase that two transcripts share, and no phrase inside a word', () => {
    const asleep = machine()
    const hear = (texts: readonly string[]): unknown => {
      let state = asleep.initial
      let last: unknown
      for (const text of texts) {
        const step = asleep.reduce(state, { type: 'transcript', text, finalized: true }, 0)
        state = step.state
        last = step.effects[0]
      }
      return last
    }
    expect(hear(['Well, hey,', 'COMPUTER.'])).toEqual({
      type: 'notice',
      notice: { type: 'wakePhraseDetected', phrase: 'hey computer' },
    })
    expect(hear(['Othello'])).toEqual({ type: 'discardTranscript' })
  })

  it('refuses phrases without words', () => {
    for (const phrases of [[], ['?!']]) expect(() => wakePhrase({ phrases })).toThrow('its phrases are')
    expect(() => wakePhrase({ timeoutSecs: 0 })).toThrow('timeoutSecs is 0')
  })
})

describe('ExternalUserTurnStartStrategy', () => {
  const machine = turnMachine({ start: [new ExternalUserTurnStartStrategy()] })

  it.each([
    ['takes up a proposal', 'proposal@0 proposalEnd@500 final@600', 'start@0 commit@1100 stop@1100'],
    [
      'takes over a turn that is announced already',
      'external@0 externalEnd@500 final@600',
      'adopt@0 commit@1100 stop@1100',
    ],
    ['hears nothing else', 'voice@0 silence@500 final@600', ''],
  ])('%s', (_title, script, told) => {
    expect(play(machine, script)).toBe(told)
  })
})
