import { describe, expect, it } from 'vitest'
import { TIME, turnMachine } from '../../test/turn-script.ts'
import { MinWordsUserTurnStartStrategy } from './min-words-user-turn-start-strategy.ts'
import { SpeechTimeoutUserTurnStopStrategy } from './speech-timeout-user-turn-stop-strategy.ts'
import { TranscriptionUserTurnStartStrategy } from './transcription-user-turn-start-strategy.ts'
import type { TurnEvent } from './turn-events.ts'
import type { TurnMachine } from './turn-machine.ts'
import type { TurnEffect, TurnState } from './turn-state.ts'
import type { TurnStopStrategy } from './turn-strategy.ts'
import { VADUserTurnStartStrategy } from './vad-user-turn-start-strategy.ts'

// Durations of a few ticks, so that the reachable states are few enough to visit all of them.
const TICKS = { stopTimeoutMs: 4, speechLostMs: 5, sttLatencyMs: 3 }
const LONGEST_REST = TICKS.speechLostMs + TICKS.stopTimeoutMs + TICKS.sttLatencyMs

const INPUTS: readonly TurnEvent[] = [
  { type: 'vadStarted', startSecs: 0.001 },
  { type: 'vadStopped', stopSecs: 0.001 },
  { type: 'vadSpeaking' },
  { type: 'externalStarted' },
  { type: 'externalStopped' },
  { type: 'interimTranscript', text: 'yes' },
  { type: 'transcript', text: 'yes please', finalized: false },
  { type: 'transcript', text: 'yes please', finalized: true },
  { type: 'botStarted' },
  { type: 'botStopped' },
  { type: 'verdict', strategy: 'judge', complete: true },
  { type: 'ended' },
]

const speechTimeout = new SpeechTimeoutUserTurnStopStrategy({ userSpeechTimeoutSecs: 0.002 })

const deferring: TurnStopStrategy = {
  name: 'judge',
  initial: () => undefined,
  on: (state, event) => (event.type === 'verdict' ? { state, decision: 'commit' } : { state }),
}

const silent: TurnStopStrategy = { name: 'silent', initial: () => undefined, on: (state) => ({ state }) }

interface Place {
  readonly state: TurnState
  readonly nowMs: number
}

const isOpen = (state: TurnState): boolean => state.status === 'userSpeaking' || state.status === 'userPausing'

const TIMES = new Set(['voiceUntilMs', 'watchdogMs', 'deadlineMs', 'silentAtMs', 'recognisedAtMs'])

/** Two places with one key have the same future: times count from now, and the turns are not numbered. */
function keyOf({ state, nowMs }: Place): string {
  return JSON.stringify(state, (name, value: unknown) => {
    if (name === 'turns') return 0
    return TIMES.has(name) && typeof value === 'number' ? Math.max(0, value - nowMs) : value
  })
}

/** What must hold for every step, whatever the strategies want. */
function checkStep(before: TurnState, after: TurnState, effects: readonly TurnEffect[]): void {
  let open = isOpen(before)
  for (const { type } of effects) {
    if (type === 'startTurn') {
      expect(open).toBe(false)
      open = true
    }
    if (type === 'commitTurn' || type === 'stopTurn' || type === 'stopTimeout') {
      expect(open).toBe(true)
      if (type === 'stopTurn') open = false
      expect(after.status).not.toBe('userSpeaking')
      if (after.status === 'listening') expect(after.voiceUntilMs).toBeUndefined()
    }
  }
  expect(isOpen(after)).toBe(open)
}

/** Every open turn has a deadline, and a time event leaves none behind that is due. */
function checkDeadline({ state, nowMs }: Place, event: TurnEvent): void {
  if (isOpen(state)) expect(state.deadlineMs).toBeDefined()
  if (state.deadlineMs !== undefined && event.type === 'time') expect(state.deadlineMs).toBeGreaterThan(nowMs)
}

/** With no further events, time alone closes the turn and lets the machine rest. */
function checkRest(machine: TurnMachine, { state, nowMs }: Place): void {
  let current = state
  let lastMs = nowMs
  while (current.deadlineMs !== undefined) {
    lastMs = Math.max(lastMs, current.deadlineMs)
    expect(lastMs - nowMs).toBeLessThanOrEqual(LONGEST_REST)
    current = machine.reduce(current, TIME, lastMs).state
  }
  expect(isOpen(current)).toBe(false)
  if (current.status === 'listening') expect(current.voiceUntilMs).toBeUndefined()
}

function explore(machine: TurnMachine): Map<string, Place> {
  const start: Place = { state: machine.initial, nowMs: 0 }
  const places = new Map([[keyOf(start), start]])
  for (const place of places.values()) {
    const reach = (event: TurnEvent | undefined, nowMs: number): void => {
      const step = event === undefined ? { ...place, effects: [] } : machine.reduce(place.state, event, nowMs)
      const next = { state: step.state, nowMs }
      if (event !== undefined) {
        checkStep(place.state, step.state, step.effects)
        checkDeadline(next, event)
      }
      const key = keyOf(next)
      if (!places.has(key)) places.set(key, next)
      // Some 300 are known; without a bound, a time that is not relative would keep the search going for ever.
      expect(places.size).toBeLessThan(5000)
    }
    for (const input of INPUTS) reach(input, place.nowMs)
    // A tick later, with a timer that is on time, and with one that is late.
    reach(TIME, place.nowMs + 1)
    reach(undefined, place.nowMs + 1)
  }
  return places
}

describe('from every reachable state of the turn machine', () => {
  it.each([
    ['the default strategies', turnMachine({ ...TICKS, stop: [speechTimeout] })],
    [
      'a threshold of words',
      turnMachine({ ...TICKS, start: [new MinWordsUserTurnStartStrategy({ minWords: 2 })], stop: [speechTimeout] }),
    ],
    ['a judge that defers the end', turnMachine({ ...TICKS, stop: [deferring, speechTimeout] })],
    ['a strategy that never stops', turnMachine({ ...TICKS, start: [new VADUserTurnStartStrategy()], stop: [silent] })],
    ['no stop strategy', turnMachine({ ...TICKS, start: [new TranscriptionUserTurnStartStrategy()], stop: [] })],
  ])('time alone leads back to listening, with %s', (_title, machine) => {
    const places = explore(machine)
    for (const place of places.values()) checkRest(machine, place)
    const statuses = new Set([...places.values()].map(({ state }) => state.status))
    expect([...statuses].toSorted()).toEqual(['ended', 'listening', 'userPausing', 'userSpeaking'])
  })
})
