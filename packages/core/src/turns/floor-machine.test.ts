import { describe, expect, it } from 'vitest'
import { floorMachine, play } from '../../test/turn-script.ts'
import { FunctionCallUserMuteStrategy } from './function-call-user-mute-strategy.ts'
import { MuteUntilFirstBotCompleteUserMuteStrategy } from './mute-until-first-bot-complete-user-mute-strategy.ts'
import { AlwaysUserMuteStrategy, FirstSpeechUserMuteStrategy, type UserMuteStrategy } from './user-mute-strategy.ts'

/** Mutes from the first word to the end of the agent's next speech. */
const afterWords = (muteCurrent: boolean): UserMuteStrategy<boolean> => ({
  name: 'afterWords',
  muteCurrent,
  initial: () => false,
  on(before, event, { botSpeaking }) {
    const muted = event.type === 'transcript' || (before && event.type !== 'botStopped')
    return { state: muted, muted, deadlineMs: botSpeaking ? undefined : 100_000 }
  },
})

describe('mute strategies', () => {
  it.each([
    [
      'the agent mutes the user whenever it speaks',
      new AlwaysUserMuteStrategy(),
      'bot@0 voice@100 silence@200 final@300 botEnd@500 bot@1000 botEnd@1100',
      'mute@0 unmute@500 mute@1000 unmute@1100',
    ],
    [
      'the first speech mutes the user and no other',
      new FirstSpeechUserMuteStrategy(),
      'bot@0 voice@100 silence@150 botEnd@200 bot@300 voice@400 end@500',
      'mute@0 unmute@200 start@400 stop@500',
    ],
    [
      'the user is muted until the agent has spoken once',
      new MuteUntilFirstBotCompleteUserMuteStrategy(),
      'started@0 voice@50 silence@80 bot@100 botEnd@2000 voice@3000 end@3100',
      'mute@0 unmute@2000 start@3000 stop@3100',
    ],
    [
      'a user whom an agent that never speaks would keep mute is heard in the end',
      new MuteUntilFirstBotCompleteUserMuteStrategy(),
      'started@0 voice@31000 end@31100',
      'mute@0 unmute@30000 start@31000 stop@31100',
    ],
    [
      'a function mutes the user while it runs',
      new FunctionCallUserMuteStrategy(),
      'call@0 voice@100 silence@150 callEnd@200 voice@300 end@400',
      'mute@0 unmute@200 start@300 stop@400',
    ],
    [
      'results of unknown calls, and those that come twice, change nothing',
      new FunctionCallUserMuteStrategy(),
      'otherCallEnd@0 call@100 otherCallEnd@150 callEnd@200 callEnd@250 call@300 callEnd@400',
      'mute@100 unmute@200 mute@300 unmute@400',
    ],
    [
      'a function that never ends mutes the user for a minute',
      new FunctionCallUserMuteStrategy(),
      'call@0',
      'mute@0 unmute@60000',
    ],
    [
      'an agent whose end was never reported is believed for half a minute after its last sign',
      new AlwaysUserMuteStrategy(),
      'bot@0 botGoesOn@5000',
      'mute@0 unmute@35000',
    ],
  ])('%s', (_title, strategy, script, told) => {
    expect(play(floorMachine({ mute: [strategy] }), script)).toBe(told)
  })

  it('one of several is enough', () => {
    const mute = [new AlwaysUserMuteStrategy(), new FunctionCallUserMuteStrategy()]
    expect(play(floorMachine({ mute }), 'bot@0 call@100 botEnd@200 callEnd@300')).toBe('mute@0 unmute@300')
  })

  it('a voice that is muted is over, and the turn ends as usual', () => {
    const machine = floorMachine({ mute: [new AlwaysUserMuteStrategy()] })
    expect(play(machine, 'voice@0 final@500 bot@1000 silence@1500 botEnd@9000')).toBe(
      'start@0 mute@1000 commit@1600 stop@1600 unmute@9000',
    )
  })

  it('a user who is still talking when the mute ends is heard from there', () => {
    const machine = floorMachine({ mute: [new AlwaysUserMuteStrategy()] })
    expect(play(machine, 'bot@0 voice@500 botEnd@1000 silence@2000 final@2100')).toBe(
      'mute@0 unmute@1000 start@1000 commit@2600 stop@2600',
    )
  })

  it('what leads to a mute is heard, unless the strategy wants it muted too', () => {
    const script = 'final@0 bot@2000 botEnd@3000'
    expect(play(floorMachine({ mute: [afterWords(false)] }), script)).toBe(
      'mute@0 start@0 commit@600 stop@600 unmute@3000',
    )
    expect(play(floorMachine({ mute: [afterWords(true)] }), script)).toBe('mute@0 unmute@3000')
  })

  it('one that throws mutes nobody and says so', () => {
    const broken: UserMuteStrategy = {
      name: 'broken',
      initial: () => undefined,
      on: () => {
        throw new Error('no idea')
      },
    }
    expect(play(floorMachine({ mute: [broken] }), 'voice@0 end@1')).toBe('failed:broken@0 start@0 stop@1')
  })

  it.each([0, -1, Number.NaN])('one cannot last %d seconds', (timeoutSecs) => {
    expect(() => new FunctionCallUserMuteStrategy({ timeoutSecs })).toThrow('timeoutSecs is')
    expect(() => new MuteUntilFirstBotCompleteUserMuteStrategy({ timeoutSecs })).toThrow('timeoutSecs is')
  })
})

describe('the idle timer', () => {
  const waiting = floorMachine({ userIdleTimeoutSecs: 5 })

  it.each([
    ['tells once of a user who says nothing after the agent', 'bot@0 botEnd@1000', 'idle@6000'],
    ['tells again after the agent has spoken again', 'bot@0 botEnd@1000 bot@7000 botEnd@8000', 'idle@6000 idle@13000'],
    ['is off before the agent has spoken', 'started@0', ''],
    ['stops when the user begins', 'bot@0 botEnd@1000 voice@5000 end@9000', 'start@5000 stop@9000'],
    ['stops when the agent begins', 'bot@0 botEnd@1000 bot@5000 end@30000', ''],
    [
      'does not begin where the user has interrupted the agent',
      'bot@0 voice@900 botEnd@1000 final@1500 end@20000',
      'start@900 stop@20000',
    ],
    ['does not begin while a function runs', 'bot@0 call@500 botEnd@1000 end@20000', ''],
    [
      'stops when a function begins, and does not begin again by its end',
      'bot@0 botEnd@1000 call@2000 callEnd@3000 end@20000',
      '',
    ],
    [
      'is not put out of step by results of unknown calls and by those that come twice',
      'otherCallEnd@0 call@100 callEnd@200 callEnd@300 bot@400 botEnd@1000',
      'idle@6000',
    ],
    [
      'begins again after a turn in which nothing was understood',
      'bot@0 botEnd@1000 voice@2000 silence@2500',
      'start@2000 timeout@7500 commit@7500 stop@7500 idle@12500',
    ],
  ])('%s', (_title, script, told) => {
    expect(play(waiting, script)).toBe(told)
  })

  it('takes a new time, at once where it waits for the user', () => {
    const told = (updates: string): string => {
      let log = ''
      const machine = floorMachine({ userIdleTimeoutSecs: 5 })
      let { state } = machine.reduce(machine.initial, { type: 'started' }, 0)
      const run = (event: Parameters<typeof machine.reduce>[1], nowMs: number): void => {
        const step = machine.reduce(state, event, nowMs)
        state = step.state
        for (const { type } of step.effects) log += `${type}@${nowMs} `
      }
      const until = (ms: number): void => {
        for (let at = state.deadlineMs; at !== undefined && at <= ms; at = state.deadlineMs) run({ type: 'time' }, at)
      }
      for (const update of updates.split(' ')) {
        const [name = '', at = '', secs] = update.split('@')
        until(Number(at))
        if (name === 'set') run({ type: 'idleTimeout', timeoutSecs: Number(secs) }, Number(at))
        else run(name === 'bot' ? { type: 'botStarted' } : { type: 'botStopped' }, Number(at))
      }
      until(100_000)
      return log.trim()
    }
    expect(told('bot@0 botEnd@1000 set@2000@1')).toBe('userIdle@3000')
    expect(told('bot@0 botEnd@1000 set@2000@0')).toBe('')
    expect(told('bot@0 botEnd@1000 set@2000@0 set@9000@2')).toBe('userIdle@11000')
    expect(told('set@0@2 bot@500 botEnd@1000')).toBe('userIdle@3000')
    expect(told('bot@0 set@500@2 botEnd@1000')).toBe('userIdle@3000')
  })
})

describe('the limit of a turn', () => {
  it('is told once while the turn goes on', () => {
    const machine = floorMachine({ maxTurnMs: 10_000 })
    expect(play(machine, 'voice@0 final@5000 speaking@12000 silence@20000')).toBe(
      'start@0 limit@10000 commit@20600 stop@20600',
    )
  })

  it('can give the agent the floor, with what was said so far', () => {
    const machine = floorMachine({ maxTurnMs: 10_000, cutInMs: 5000 })
    expect(play(machine, 'voice@0 final@5000 bot@10500 silence@11000 botEnd@12000')).toBe(
      'start@0 cutIn@10000 commit@10000 stop@10000',
    )
  })

  it('keeps the words of a cut-in for the next turn', () => {
    const machine = floorMachine({ maxTurnMs: 10_000, cutInMs: 5000 })
    expect(play(machine, 'voice@0 text@5000 bot@10500 final@11000 silence@11200 botEnd@12000')).toBe(
      'start@0 cutIn@10000 commit@10000 stop@10000 start@12000 commit@12600 stop@12600',
    )
  })

  it('lets a user who talks over the cut-in begin anew after it', () => {
    const machine = floorMachine({ maxTurnMs: 10_000, cutInMs: 5000 })
    expect(play(machine, 'voice@0 bot@10500 speaking@14000 silence@16000 final@16100')).toBe(
      'start@0 cutIn@10000 commit@10000 stop@10000 start@15000 commit@16600 stop@16600',
    )
  })
})
