import { describe, expect, it } from 'vitest'
import { play, turnMachine } from '../../test/turn-script.ts'
import { ExternalUserTurnCompletionStopStrategy } from './completion-user-turn-stop-strategy.ts'
import { deferred } from './deferred.ts'
import { ExternalUserTurnStopStrategy } from './external-user-turn-stop-strategy.ts'
import { SpeechTimeoutUserTurnStopStrategy } from './speech-timeout-user-turn-stop-strategy.ts'
import type { TurnMachine } from './turn-machine.ts'
import { DEFAULT_PATIENCE_SECS } from './user-turn-expectation.ts'
import { ExternalUserTurnStrategies, FilterIncompleteUserTurnStrategies } from './user-turn-strategies.ts'

describe('ExternalUserTurnStopStrategy', () => {
  it.each([
    [
      'ends a turn at the proposal when the words are final',
      'proposal@0 final@900 proposalEnd@1000',
      'start@0 commit@1000 stop@1000',
    ],
    [
      'waits a moment for more of words that are not',
      'proposal@0 text@900 proposalEnd@1000',
      'start@0 commit@1500 stop@1500',
    ],
    [
      'counts that moment from the last words',
      'proposal@0 proposalEnd@1000 text@1200 text@1600',
      'start@0 commit@2100 stop@2100',
    ],
    [
      'waits for words that are on their way',
      'proposal@0 text@800 interim@900 proposalEnd@1000 final@3000',
      'start@0 commit@3000 stop@3000',
    ],
    [
      'leaves a turn without words to the stop timeout',
      'proposal@0 proposalEnd@1000',
      'start@0 timeout@6000 commit@6000 stop@6000',
    ],
    [
      'takes the end back when the user goes on',
      'proposal@0 text@900 proposalEnd@1000 proposal@1200 final@2000 proposalEnd@2500',
      'start@0 commit@2500 stop@2500',
    ],
    [
      'says nothing of an end that was announced',
      'external@0 final@900 externalEnd@1000',
      'adopt@0 commit@1000 stopSilently@1000',
    ],
    ['never ends what has not begun', 'proposalEnd@0 final@100', ''],
  ])('%s', (_title, script, told) => {
    expect(play(turnMachine(new ExternalUserTurnStrategies()), script)).toBe(told)
  })

  it('can end turns without words, and refuses a timeout that is none', () => {
    const { start } = new ExternalUserTurnStrategies()
    const stop = [new ExternalUserTurnStopStrategy({ waitForTranscript: false })]
    expect(play(turnMachine({ start, stop }), 'proposal@0 proposalEnd@1000')).toBe('start@0 commit@1000 stop@1000')
    expect(() => new ExternalUserTurnStopStrategy({ timeoutSecs: -1 })).toThrow('timeoutSecs is -1')
  })
})

describe('a turn that a judge ends', () => {
  const machine = turnMachine({
    stop: [deferred(new SpeechTimeoutUserTurnStopStrategy()), new ExternalUserTurnCompletionStopStrategy()],
  })

  it.each([
    [
      'is passed on at the silence and ends with the judgement',
      'voice@0 silence@1000 final@1100 completed@2000',
      'start@0 commit@1600 stop@2000',
    ],
    [
      'is passed on again when the user goes on, and the answer to the first part is not wanted any more',
      'voice@0 silence@1000 final@1100 voice@2000 silence@3000 final@3100 completed@4000',
      'start@0 commit@1600 withdraw@2000 commit@3600 stop@4000',
    ],
    [
      'is not ended by a judgement that comes when the user has gone on',
      'voice@0 silence@1000 final@1100 voice@2000 completed@2100 silence@3000 final@3100 completed@4000',
      'start@0 commit@1600 withdraw@2000 commit@3600 stop@4000',
    ],
    [
      'takes late words for going on',
      'voice@0 silence@1000 final@1100 final@1700 completed@3000',
      'start@0 commit@1600 withdraw@1700 commit@2300 stop@3000',
    ],
    [
      'is passed on once, though much happens afterwards',
      'voice@0 silence@1000 final@1100 bot@2000 interim@2100 botEnd@2200 completed@2300',
      'start@0 commit@1600 stop@2300',
    ],
    [
      'ends at the stop timeout when there is no judgement',
      'voice@0 silence@1000 final@1100',
      'start@0 commit@1600 timeout@6600 stop@6600',
    ],
  ])('%s', (_title, script, told) => {
    expect(play(machine, script)).toBe(told)
  })

  it('ends nothing where no turn is open', () => {
    expect(play(machine, 'completed@0')).toBe('')
  })

  it('is what FilterIncompleteUserTurnStrategies make', () => {
    const filtered = turnMachine(new FilterIncompleteUserTurnStrategies())
    const script = 'voice@0 silence@1000 final@1100 completed@2000'
    expect(play(filtered, script)).toBe('start@0 commit@1600 stop@2000')
    expect(() => new FilterIncompleteUserTurnStrategies({ config: { incompleteShortTimeoutSecs: 0 } })).toThrow(
      'incompleteShortTimeoutSecs is 0',
    )
  })
})

describe('what is expected from the user', () => {
  const patient = (options: { userSpeechTimeoutSecs?: number } = {}): TurnMachine =>
    turnMachine({ stop: [new SpeechTimeoutUserTurnStopStrategy(options)], patienceSecs: DEFAULT_PATIENCE_SECS })

  it.each([
    [
      'digits make the strategy wait longer',
      'digits@0 voice@0 final@900 silence@1000',
      'start@0 commit@2500 stop@2500',
    ],
    ['an e-mail address takes longer still', 'email@0 voice@0 final@900 silence@1000', 'start@0 commit@3000 stop@3000'],
    ['a name takes a little longer', 'name@0 voice@0 final@900 silence@1000', 'start@0 commit@2200 stop@2200'],
    ['a yes or no ends the turn sooner', 'yesNo@0 voice@0 final@900 silence@1000', 'start@0 commit@1300 stop@1300'],
    [
      'counts until something else is expected',
      'digits@0 free@10 voice@100 final@900 silence@1000',
      'start@100 commit@1600 stop@1600',
    ],
    ['counts though no voice was detected', 'digits@0 final@0 final@1400', 'start@0 commit@2900 stop@2900'],
  ])('%s', (_title, script, told) => {
    expect(play(patient(), script)).toBe(told)
  })

  it('never makes a patient strategy hasty, nor a hasty one patient for a yes or no', () => {
    const script = 'voice@0 final@900 silence@1000'
    expect(play(patient({ userSpeechTimeoutSecs: 2 }), `digits@0 ${script}`)).toBe('start@0 commit@3000 stop@3000')
    expect(play(patient({ userSpeechTimeoutSecs: 0.1 }), `yesNo@0 ${script}`)).toBe('start@0 commit@1100 stop@1100')
  })
})
