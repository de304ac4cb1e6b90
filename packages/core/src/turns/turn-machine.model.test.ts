import { describe, expect, it } from 'vitest'
import { floorMachine, TIME } from '../../test/turn-script.ts'
import { ExternalUserTurnCompletionStopStrategy } from './completion-user-turn-stop-strategy.ts'
import { deferred } from './deferred.ts'
import { ExternalUserTurnStartStrategy } from './external-user-turn-start-strategy.ts'
import { ExternalUserTurnStopStrategy } from './external-user-turn-stop-strategy.ts'
import type { FloorMachine, FloorMachineOptions, FloorState } from './floor-machine.ts'
import { FunctionCallUserMuteStrategy } from './function-call-user-mute-strategy.ts'
import { MinWordsUserTurnStartStrategy } from './min-words-user-turn-start-strategy.ts'
import { isOfUser } from './mute-machine.ts'
import { MuteUntilFirstBotCompleteUserMuteStrategy } from './mute-until-first-bot-complete-user-mute-strategy.ts'
import { SpeechTimeoutUserTurnStopStrategy } from './speech-timeout-user-turn-stop-strategy.ts'
import { TranscriptionUserTurnStartStrategy } from './transcription-user-turn-start-strategy.ts'
import { TurnAnalyzer } from './turn-analyzer.ts'
import { TurnAnalyzerUserTurnStopStrategy } from './turn-analyzer-user-turn-stop-strategy.ts'
import type { TurnEvent } from './turn-events.ts'
import { isOpen, type TurnEffect } from './turn-state.ts'
import type { TurnStopStrategy } from './turn-strategy.ts'
import { AlwaysUserMuteStrategy, FirstSpeechUserMuteStrategy } from './user-mute-strategy.ts'
import { VADUserTurnStartStrategy } from './vad-user-turn-start-strategy.ts'
import { WakePhraseUserTurnStartStrategy } from './wake-phrase-user-turn-start-strategy.ts'

// Durations of a few ticks, so that the reachable states are few enough to visit all of them.
const TICKS = { stopTimeoutMs: 3, speechLostMs: 3, sttLatencyMs: 2 }
/** The longest any of the parts may take, one after the other. */
const LONGEST_REST = 20

const SPEECH: readonly TurnEvent[] = [
  { type: 'vadStarted', startSecs: 0.001 },
  { type: 'vadStopped', stopSecs: 0.001 },
  { type: 'vadSpeaking' },
  { type: 'interimTranscript', text: 'yes' },
  { type: 'transcript', text: 'yes please', finalized: false },
  { type: 'transcript', text: 'yes please', finalized: true },
  { type: 'botStarted' },
  { type: 'botStopped' },
  { type: 'ended' },
]
const EXTERNAL: readonly TurnEvent[] = [{ type: 'externalStarted' }, { type: 'externalStopped' }]
const PROPOSALS: readonly TurnEvent[] = [{ type: 'proposedStarted' }, { type: 'proposedStopped' }]
const JUDGE = 'TurnAnalyzerUserTurnStopStrategy'
const VERDICTS: readonly TurnEvent[] = [
  { type: 'verdict', strategy: JUDGE, complete: true },
  { type: 'verdict', strategy: JUDGE, complete: false },
  { type: 'noVerdict', strategy: JUDGE },
]
const COMPLETED: readonly TurnEvent[] = [{ type: 'inferenceCompleted' }]
const CALLS: readonly TurnEvent[] = [
  { type: 'toolCallsStarted', toolCallIds: ['a'] },
  { type: 'toolCallSettled', toolCallId: 'a' },
]
const EXPECTATIONS: readonly TurnEvent[] = [
  { type: 'expectation', expectation: 'digits' },
  { type: 'expectation', expectation: 'free' },
]

const BACKCHANNEL: readonly TurnEvent[] = [{ type: 'transcript', text: 'yes', finalized: true }]
const OTHER_WORDS: readonly TurnEvent[] = [
  { type: 'interimTranscript', text: 'Yes, please!' },
  { type: 'eagerStopped' },
]
const doubt = { timeoutMs: 1, longestMs: 2, answerMs: 1, isBackchannel: (text: string): boolean => text === 'yes' }
const speculation = { stableMs: 1, maxTries: 2, limitMs: 2 }
const filler = { budgetMs: 2, fillers: ['One moment.'] }

/** The pure part of a strategy never asks its analyzer. */
class UnaskedAnalyzer extends TurnAnalyzer {
  appendAudio(): boolean {
    return false
  }
  analyze(): Promise<never> {
    return Promise.reject(new Error('asked'))
  }
  clear(): void {}
}

const speechTimeout = new SpeechTimeoutUserTurnStopStrategy({ userSpeechTimeoutSecs: 0.001 })
const analyzer = new TurnAnalyzerUserTurnStopStrategy({
  turnAnalyzer: new UnaskedAnalyzer(),
  analysisTimeoutSecs: 0.001,
  userSpeechTimeoutSecs: 0.002,
})
const external = {
  start: [new ExternalUserTurnStartStrategy()],
  stop: [new ExternalUserTurnStopStrategy({ timeoutSecs: 0.001 })],
}
const wakePhrase = new WakePhraseUserTurnStartStrategy({ phrases: ['please'], timeoutSecs: 0.003 })
const silent: TurnStopStrategy = { name: 'silent', initial: () => undefined, on: (state) => ({ state }) }
const voice = new VADUserTurnStartStrategy()
const words = new TranscriptionUserTurnStartStrategy()

interface Place {
  readonly state: FloorState
  readonly nowMs: number
}

/** Times of which only the past matters; of all others, only the future. */
const PAST = /^silentSinceMs$/
const NO_TIMES = /^(timeout|sttLatency)Ms$/

/** Two places with one key have the same future: times count from now, and the turns are not numbered. */
function keyOf({ state, nowMs }: Place): string {
  return JSON.stringify(state, (name, value: unknown) => {
    // What was heard in sleep holds no part of the phrase.
    if (name === 'turns' || (name === 'heard' && typeof value === 'string')) return 0
    if (typeof value !== 'number' || !name.endsWith('Ms') || NO_TIMES.test(name)) return value
    return Math.max(PAST.test(name) ? -3 : 0, value - nowMs)
  })
}

/** `expect` takes too long for millions of steps. */
function must(holds: boolean, what: string, seen: unknown): void {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(seen)}`)
}

interface Step {
  readonly before: FloorState
  readonly event: TurnEvent
  readonly after: FloorState
  readonly effects: readonly TurnEffect[]
  readonly nowMs: number
}

const agentSpeaks = ({ before, after }: Step): boolean =>
  before.botUntilMs !== undefined || after.botUntilMs !== undefined

/** What must hold for every step, whatever the strategies want. */
function checkStep(step: Step): void {
  const { before, event, after, effects, nowMs } = step
  let open = isOpen(before.turn)
  let pending = isOpen(before.turn) && before.turn.pending
  let answering = isOpen(before.turn) && before.turn.answering
  const forced = effects.some((effect) => effect.type === 'turnLimit' && effect.cutIn)
  const ends = event.type === 'ended'
  for (const { type } of effects) {
    if (type === 'startTurn') {
      must(!open, 'a second turn begins while one is open', step)
      open = true
    }
    if (type === 'withdrawAnswer' || type === 'stopTurn') answering = false
    if (type === 'commitTurn') {
      must(!answering, 'a second answer is asked for though the first has the floor', step)
      answering = true
      pending = false
    }
    if (type === 'commitTurn' || type === 'stopTurn' || type === 'stopTimeout') {
      must(open, 'an answer is asked for, or a turn ends, where none is open', step)
      must(
        ends || forced || after.turn.status !== 'userSpeaking',
        'the agent is given the floor of a user who speaks',
        step,
      )
    }
    if (type === 'stopTurn') {
      must(ends || !pending, 'a turn ends with words that nobody will answer', step)
      open = false
    }
    if (type === 'pauseOutput') {
      must(!open && before.doubt.doubt === undefined && agentSpeaks(step), 'an agent is held that does not speak', step)
    }
    if (type === 'resumeOutput') must(before.doubt.doubt !== undefined, 'an agent goes on that was not held', step)
    if (type === 'speculate') must(open, 'an answer is made ahead of no turn', step)
    if (type === 'fill') must(!open && after.botUntilMs === undefined, 'a filler is said into speech', step)
    if (type === 'userIdle')
      must(!open && after.botUntilMs === undefined, 'a user is waited for who may not speak', step)
  }
  if (before.doubt.doubt !== undefined && after.doubt.doubt === undefined) {
    const interrupted = effects.some((effect) => effect.type === 'startTurn' && effect.interrupt)
    must(interrupted || effects.some(({ type }) => type === 'resumeOutput'), 'an agent is held for ever', step)
  }
  must(after.doubt.doubt === undefined || !open, 'an agent is held though the user has the floor', step)
  must(after.speculation.answering === undefined || open, 'an answer is made ahead of no turn', step)
  must(open === isOpen(after.turn), 'state and effects disagree about the turn', step)
  if (after.turn.status === 'ended') return
  must(!open && !after.mute.muted ? true : after.deadlineMs !== undefined, 'a state that may last for ever', step)
  must(event.type !== 'time' || !(Number(after.deadlineMs) <= nowMs), 'a deadline outlasts its time', step)
  if (before.mute.muted && after.mute.muted && isOfUser(event)) {
    must(effects.length === 0, 'a muted user is heard', step)
  }
}

/** With no further events, time alone closes the turn, hears the user again, and lets the machine rest. */
function checkRest(machine: FloorMachine, { state, nowMs }: Place): void {
  let current = state
  let lastMs = nowMs
  while (current.deadlineMs !== undefined) {
    lastMs = Math.max(lastMs, current.deadlineMs)
    must(lastMs - nowMs <= LONGEST_REST, 'no rest', state)
    current = machine.reduce(current, TIME, lastMs).state
  }
  const { turn, mute, botUntilMs, filler: late } = current
  must(current.doubt.doubt === undefined, 'an agent that is held for ever', state)
  if (turn.status === 'ended') return
  must(turn.status === 'listening', 'a turn that never ends', state)
  must(!mute.muted && botUntilMs === undefined, 'a user who is never heard', state)
  must(late.dueMs === undefined, 'an answer that is late for ever', state)
  must(turn.cutIn === undefined, 'a cut-in that never ends', state)
  must(turn.status === 'listening' && turn.voiceUntilMs === undefined, 'a voice that never ends', state)
}

function explore(machine: FloorMachine, inputs: readonly TurnEvent[]): Map<string, Place> {
  const start: Place = { state: machine.reduce(machine.initial, { type: 'started' }, 0).state, nowMs: 0 }
  const places = new Map([[keyOf(start), start]])
  for (const { state, nowMs } of places.values()) {
    const reach = (event: TurnEvent, atMs: number): void => {
      const { state: after, effects } = machine.reduce(state, event, atMs)
      checkStep({ before: state, event, after, effects, nowMs: atMs })
      visit({ state: after, nowMs: atMs })
    }
    const visit = (place: Place): void => {
      const key = keyOf(place)
      if (!places.has(key)) places.set(key, place)
      // Without a bound, a time that is not relative would keep the search going for ever.
      must(places.size < 20_000, 'too many states', place)
    }
    for (const input of inputs) reach(input, nowMs)
    // A tick later, with a timer that is on time, and with one that is late.
    reach(TIME, nowMs + 1)
    visit({ state, nowMs: nowMs + 1 })
  }
  return places
}

type Combination = readonly [string, Partial<FloorMachineOptions>, readonly TurnEvent[]]

describe('from every reachable state of the floor', () => {
  it.each<Combination>([
    ['the default strategies', { stop: [speechTimeout] }, EXTERNAL],
    ['proposals that nobody resolves', { stop: [speechTimeout] }, PROPOSALS],
    [
      'a threshold of words',
      { start: [new MinWordsUserTurnStartStrategy({ minWords: 2 })], stop: [speechTimeout] },
      [],
    ],
    ['a wake phrase', { start: [wakePhrase, voice, words], stop: [speechTimeout] }, []],
    ['turns of another part', external, [...EXTERNAL, ...PROPOSALS]],
    ['a turn analyzer', { stop: [analyzer] }, VERDICTS],
    [
      'a turn analyzer and something expected',
      { stop: [analyzer], patienceSecs: { digits: 0.002 } },
      [...VERDICTS, ...EXPECTATIONS],
    ],
    ['silence and something expected', { stop: [speechTimeout], patienceSecs: { digits: 0.002 } }, EXPECTATIONS],
    [
      'a model that judges',
      { stop: [deferred(speechTimeout), new ExternalUserTurnCompletionStopStrategy()] },
      COMPLETED,
    ],
    [
      'a model that judges after an analyzer',
      { stop: [deferred(analyzer), new ExternalUserTurnCompletionStopStrategy()] },
      [...VERDICTS, ...COMPLETED],
    ],
    [
      'a model that judges and a limit of the turn at which the agent cuts in',
      {
        stop: [deferred(speechTimeout), new ExternalUserTurnCompletionStopStrategy()],
        maxTurnMs: 4,
        cutInMs: 2,
      },
      COMPLETED,
    ],
    ['a strategy that never stops', { start: [voice], stop: [silent] }, EXTERNAL],
    ['no stop strategy', { start: [words], stop: [] }, []],
    ['a limit of the turn that is told', { stop: [speechTimeout], maxTurnMs: 2 }, []],
    ['a limit of the turn at which the agent cuts in', { stop: [speechTimeout], maxTurnMs: 2, cutInMs: 2 }, []],
    ['an agent that mutes the user', { stop: [speechTimeout], mute: [new AlwaysUserMuteStrategy()] }, []],
    ['a first speech that mutes the user', { stop: [speechTimeout], mute: [new FirstSpeechUserMuteStrategy()] }, []],
    [
      'a beginning that mutes the user',
      { stop: [speechTimeout], mute: [new MuteUntilFirstBotCompleteUserMuteStrategy({ timeoutSecs: 0.003 })] },
      [],
    ],
    [
      'calls that mute the user',
      { stop: [speechTimeout], mute: [new FunctionCallUserMuteStrategy({ timeoutSecs: 0.002 })] },
      CALLS,
    ],
    ['a voice that may be no interruption', { stop: [speechTimeout], doubt }, BACKCHANNEL],
    [
      'a voice that may be no interruption, as another part says',
      { ...external, doubt },
      [...EXTERNAL, ...PROPOSALS, ...BACKCHANNEL],
    ],
    [
      'a voice that may be no interruption and calls that mute the user',
      { stop: [speechTimeout], doubt, mute: [new FunctionCallUserMuteStrategy({ timeoutSecs: 0.002 })] },
      [...BACKCHANNEL, ...CALLS],
    ],
    ['answers ahead of the end of the turn', { stop: [speechTimeout], speculation }, OTHER_WORDS],
    [
      'answers ahead of the end of the turn, by a model that judges',
      { stop: [deferred(speechTimeout), new ExternalUserTurnCompletionStopStrategy()], speculation, filler },
      COMPLETED,
    ],
    ['a budget of latency', { stop: [speechTimeout], filler }, EXTERNAL],
    ['all of that', { start: [voice], stop: [silent], doubt, speculation, filler }, []],
    ['a user who is waited for', { stop: [speechTimeout], userIdleTimeoutSecs: 0.003 }, CALLS],
  ])('time alone leads back to listening, with %s', { timeout: 60_000 }, (_title, options, inputs) => {
    const machine = floorMachine({ ...TICKS, ...options })
    const places = explore(machine, [...SPEECH, ...inputs])
    for (const place of places.values()) checkRest(machine, place)
    const seen = [...places.values()].map(({ state }) => state)
    expect(seen.some((state) => state.doubt.doubt !== undefined)).toBe(options.doubt !== undefined)
    expect(seen.some((state) => state.speculation.answering !== undefined)).toBe(options.speculation !== undefined)
    expect(seen.some((state) => state.filler.dueMs !== undefined)).toBe(options.filler !== undefined)
    const statuses = new Set([...places.values()].map(({ state }) => state.turn.status))
    expect([...statuses].toSorted()).toEqual(['ended', 'listening', 'userPausing', 'userSpeaking'])
  })
})
