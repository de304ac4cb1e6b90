import { describe, expect, it } from 'vitest'
import { play, turnMachine } from '../../test/turn-script.ts'
import type { TurnEvent } from './turn-events.ts'
import type { TurnStartStrategy, TurnStopStrategy } from './turn-strategy.ts'
import { VADUserTurnStartStrategy } from './vad-user-turn-start-strategy.ts'

const voiceOnly = turnMachine({ start: [new VADUserTurnStartStrategy()] })

/** Commits at a verdict of `complete`, leaves the turn open, and stops it at the next one. */
const judge: TurnStopStrategy<{ committed: boolean }> = {
  name: 'judge',
  initial: () => ({ committed: false }),
  on: (state, event) => {
    if (event.type !== 'verdict' || !event.complete) return { state }
    return state.committed ? { state, decision: 'stop' } : { state: { committed: true }, decision: 'commit' }
  },
}

describe('the turn machine', () => {
  it.each([
    [
      'opens a turn on voice and closes it after silence',
      'voice@0 silence@1000 final@1200',
      'start@0 commit@1600 stop@1600',
    ],
    ['opens a turn on a transcript that voice detection missed', 'final@0', 'start@0 commit@600 stop@600'],
    ['opens a turn on an interim transcript', 'interim@0 final@400', 'start@0 commit@1000 stop@1000'],
    ['opens no turn on a transcript without words', 'blank@0', ''],
    [
      'opens no second turn while one is open',
      'voice@0 interim@100 voice@200 silence@1000 final@1100',
      'start@0 commit@1600 stop@1600',
    ],
    [
      'does not end a turn while the user is audible',
      'voice@0 final@500 speaking@20000 silence@25000',
      'start@0 commit@25600 stop@25600',
    ],
    [
      'takes no sign of the agent for one of the user',
      'voice@0 silence@100 bot@1000 botEnd@4000',
      'start@0 timeout@5100 commit@5100 stop@5100',
    ],
    [
      'takes the user up again who goes on before the turn is over',
      'voice@0 silence@1000 final@1100 voice@1500 silence@2000 final@2100',
      'start@0 commit@2600 stop@2600',
    ],
    [
      'opens a new turn when the user goes on after it',
      'final@0 voice@700 silence@1000 final@1100',
      'start@0 commit@600 stop@600 start@700 commit@1600 stop@1600',
    ],
    [
      'closes an open turn at the end of the session and rests',
      'voice@0 end@100 voice@200 final@300',
      'start@0 stop@100',
    ],
    ['says nothing at the end of a session without a turn', 'end@100', ''],
  ])('%s', (_title, script, told) => {
    expect(play(turnMachine(), script)).toBe(told)
  })

  describe('the stop timeout', () => {
    it.each([
      [
        'ends a turn without words, counted from the last sign of the user',
        'voice@0 silence@1000',
        'start@0 timeout@6000 commit@6000 stop@6000',
      ],
      [
        'is put off by every transcript',
        'voice@0 silence@1000 interim@5000 interim@9000',
        'start@0 timeout@14000 commit@14000 stop@14000',
      ],
      [
        'never fires while the user is speaking',
        'voice@0 speaking@20000 silence@40000',
        'start@0 timeout@45000 commit@45000 stop@45000',
      ],
      [
        'never fires while the user is speaking, whatever else is due',
        'voice@0 time@6000 speaking@12000 time@18000 silence@20000',
        'start@0 timeout@25000 commit@25000 stop@25000',
      ],
      [
        'never fires while the user is speaking according to another part',
        'interim@0 external@100 externalEnd@29000',
        'start@0 timeout@34000 commit@34000 stop@34000',
      ],
      [
        'comes though the detector forgot to report the end of speech',
        'voice@0',
        'start@0 timeout@35000 commit@35000 stop@35000',
      ],
    ])('%s', (_title, script, told) => {
      expect(play(turnMachine(), script)).toBe(told)
    })
  })

  it('does not let a transcript that comes after a turn end the next one early', () => {
    const late = 'voice@0 silence@1000 final@1200 text@2000 voice@2500 silence@3000'
    expect(play(voiceOnly, `${late} final@4500`)).toBe('start@0 commit@1600 stop@1600 start@2500 commit@4500 stop@4500')
    expect(play(turnMachine(), 'voice@0 silence@1000 final@1200 final@2000 voice@2100 silence@3000 final@3500')).toBe(
      'start@0 commit@1600 stop@1600 start@2000 commit@3600 stop@3600',
    )
  })

  it('believes a voice for as long as there are signs of it', () => {
    const told = play(turnMachine(), 'voice@0 speaking@25000 interim@50000 text@75000')
    expect(told).toBe('start@0 commit@105600 stop@105600')
  })

  it('does not interrupt for a strategy that is not to', () => {
    const quiet = turnMachine({ start: [new VADUserTurnStartStrategy({ enableInterruptions: false })] })
    expect(play(quiet, 'voice@0 end@1')).toBe('startQuietly@0 stop@1')
  })

  it('lets a strategy commit words and keep the turn open, and another verdict close it', () => {
    const deferred = turnMachine({ stop: [judge] })
    expect(play(deferred, 'voice@0 silence@500 final@600 complete@700 text@900 complete@1500')).toBe(
      'start@0 commit@700 withdraw@900 commit@1500 stop@1500',
    )
    expect(play(deferred, 'voice@0 silence@500 complete@700')).toBe('start@0 commit@700 timeout@5700 stop@5700')
  })

  it('drops a verdict that lands when the user is speaking again or no turn is open', () => {
    const judged = turnMachine({ stop: [judge] })
    expect(play(judged, 'complete@0 voice@100 silence@500 voice@600 complete@700 incomplete@800 end@900')).toBe(
      'start@100 stop@900',
    )
  })

  it('keeps an event from the strategies behind one that holds it, and tells all of them about turns', () => {
    const heard: string[] = []
    const asleep: TurnStartStrategy<boolean> = {
      name: 'wakeUp',
      enableInterruptions: true,
      initial: () => false,
      on: (awake, event) => {
        if (awake || (event.type === 'transcript' && event.text.startsWith('I'))) return { state: true }
        return { state: false, decision: 'hold', discardTranscript: event.type === 'transcript' }
      },
    }
    const listener: TurnStartStrategy = {
      name: 'listener',
      enableInterruptions: true,
      initial: () => undefined,
      on: (state, event) => {
        heard.push(event.type)
        return { state, ...(event.type === 'transcript' && { decision: 'start' as const }) }
      },
    }
    const told = play(turnMachine({ start: [asleep, listener] }), 'mhm@0 voice@100 silence@200 final@300 mhm@400')
    expect(told).toBe('discard@0 start@300 commit@1000 stop@1000')
    expect(heard).toEqual(['transcript', 'turnStarted', 'transcript', 'time', 'turnStopped'])
  })

  it('wakes a strategy at the time it asked for, and not for a time that has passed', () => {
    const times: number[] = []
    const sleeper: TurnStartStrategy = {
      name: 'sleeper',
      enableInterruptions: false,
      initial: () => undefined,
      on: (state, event, { nowMs }) => {
        if (event.type === 'time') times.push(nowMs)
        return { state, deadlineMs: event.type === 'botStarted' ? nowMs + 250 : nowMs }
      },
    }
    play(turnMachine({ start: [sleeper] }), 'bot@1000')
    expect(times).toEqual([1250])
  })

  it('passes over a strategy that throws, says so, and still ends the turn', () => {
    const broken: TurnStopStrategy = {
      name: 'broken',
      initial: () => undefined,
      on: (_state, event: TurnEvent) => {
        throw new Error(`no idea what ${event.type} is`)
      },
    }
    expect(play(turnMachine({ stop: [broken] }), 'voice@0 silence@1000')).toBe(
      'start@0 failed:broken@0 failed:broken@1000 failed:broken@6000 timeout@6000 commit@6000 stop@6000',
    )
  })

  it('takes an early time event for nothing', () => {
    expect(play(turnMachine(), 'final@0 time@300 time@599')).toBe('start@0 commit@600 stop@600')
  })
})
