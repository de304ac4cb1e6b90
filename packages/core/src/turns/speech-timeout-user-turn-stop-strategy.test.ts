import { describe, expect, it } from 'vitest'
import { play, turnMachine } from '../../test/turn-script.ts'
import { SpeechTimeoutUserTurnStopStrategy } from './speech-timeout-user-turn-stop-strategy.ts'

// The recogniser takes 1 s from the end of speech, of which 0.2 s have passed when voice detection reports it.
describe('the speech timeout', () => {
  it.each([
    [
      'ends a turn after the silence when the transcript was finalized before it',
      'voice@0 final@900 silence@1000',
      'start@0 commit@1600 stop@1600',
    ],
    [
      'ends a turn after the silence when the transcript is finalized in it',
      'voice@0 silence@1000 final@1500',
      'start@0 commit@1600 stop@1600',
    ],
    [
      'ends a turn at once when the transcript is finalized after the silence',
      'voice@0 text@500 silence@1000 final@1700',
      'start@0 commit@1700 stop@1700',
    ],
    [
      'waits for as long as the recogniser may take when nothing is finalized',
      'voice@0 text@500 silence@1000 text@1100',
      'start@0 commit@1800 stop@1800',
    ],
    [
      'is released at once by a transcript later than the recogniser stated, not after 5 s',
      'voice@0 silence@1000 text@2500',
      'start@0 commit@2500 stop@2500',
    ],
    [
      'waits again for the recogniser when an interim transcript follows a finalized one',
      'voice@0 final@900 silence@1000 interim@1200',
      'start@0 commit@1800 stop@1800',
    ],
    [
      'is not held up by a finalized transcript without words',
      'voice@0 text@500 silence@1000 blank@1100',
      'start@0 commit@1600 stop@1600',
    ],
    [
      'begins anew when the user goes on',
      'voice@0 final@900 silence@1000 voice@1500 silence@3000',
      'start@0 commit@3800 stop@3800',
    ],
    [
      'yields one inference for several finalized pieces of an utterance whose turn a transcript started',
      'final@0 final@500 final@1000',
      'start@0 commit@1600 stop@1600',
    ],
    [
      'counts silence from the last interim transcript where no voice was detected',
      'final@0 interim@500 interim@1000',
      'start@0 commit@1600 stop@1600',
    ],
    [
      'lets a voice that is detected late take over from the transcripts',
      'final@0 voice@300 silence@2000 final@2100',
      'start@0 commit@2600 stop@2600',
    ],
    [
      'follows the end of speech that another part reports',
      'external@0 interim@10 externalEnd@1000 text@1100',
      'start@10 commit@2000 stop@2000',
    ],
  ])('%s', (_title, script, told) => {
    expect(play(turnMachine(), script)).toBe(told)
  })

  it('waits no longer than the silence for a recogniser that is quick', () => {
    const quick = turnMachine({ sttLatencyMs: 350 })
    expect(play(quick, 'voice@0 text@500 silence@1000')).toBe('start@0 commit@1600 stop@1600')
    const instant = turnMachine({ sttLatencyMs: 0 })
    expect(play(instant, 'voice@0 text@500 silence@1000')).toBe('start@0 commit@1600 stop@1600')
  })

  it('can end turns without words', () => {
    const stop = [new SpeechTimeoutUserTurnStopStrategy({ waitForTranscript: false })]
    expect(play(turnMachine({ stop }), 'voice@0 silence@1000')).toBe('start@0 commit@1800 stop@1800')
  })

  it('lasts as long as it is told to', () => {
    const stop = [new SpeechTimeoutUserTurnStopStrategy({ userSpeechTimeoutSecs: 1.5 })]
    expect(play(turnMachine({ stop }), 'voice@0 silence@1000 final@1100')).toBe('start@0 commit@2500 stop@2500')
    const none = [new SpeechTimeoutUserTurnStopStrategy({ userSpeechTimeoutSecs: 0 })]
    expect(play(turnMachine({ stop: none }), 'voice@0 final@900 silence@1000')).toBe('start@0 commit@1000 stop@1000')
    expect(() => new SpeechTimeoutUserTurnStopStrategy({ userSpeechTimeoutSecs: -1 })).toThrow(
      'userSpeechTimeoutSecs is -1',
    )
  })
})
