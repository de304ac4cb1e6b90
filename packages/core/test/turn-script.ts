import { SpeechTimeoutUserTurnStopStrategy } from '../src/turns/speech-timeout-user-turn-stop-strategy.ts'
import { TranscriptionUserTurnStartStrategy } from '../src/turns/transcription-user-turn-start-strategy.ts'
import type { TurnEvent } from '../src/turns/turn-events.ts'
import { createTurnMachine, type TurnMachine, type TurnMachineOptions } from '../src/turns/turn-machine.ts'
import type { TurnEffect, TurnState } from '../src/turns/turn-state.ts'
import { VADUserTurnStartStrategy } from '../src/turns/vad-user-turn-start-strategy.ts'

/** The machine with the defaults of the turn processor. */
export function turnMachine(options: Partial<TurnMachineOptions> = {}): TurnMachine {
  return createTurnMachine({
    start: [new VADUserTurnStartStrategy(), new TranscriptionUserTurnStartStrategy()],
    stop: [new SpeechTimeoutUserTurnStopStrategy()],
    stopTimeoutMs: 5000,
    speechLostMs: 30_000,
    sttLatencyMs: 1000,
    ...options,
  })
}

export const TIME: TurnEvent = { type: 'time' }

/** The words of a script. */
export const EVENTS: Readonly<Record<string, TurnEvent>> = {
  voice: { type: 'vadStarted', startSecs: 0.2 },
  silence: { type: 'vadStopped', stopSecs: 0.2 },
  speaking: { type: 'vadSpeaking' },
  external: { type: 'externalStarted' },
  externalEnd: { type: 'externalStopped' },
  interim: { type: 'interimTranscript', text: 'I would' },
  text: { type: 'transcript', text: 'I would like', finalized: false },
  final: { type: 'transcript', text: 'I would like a table.', finalized: true },
  blank: { type: 'transcript', text: ' ', finalized: true },
  mhm: { type: 'transcript', text: 'Mhm.', finalized: true },
  bot: { type: 'botStarted' },
  botEnd: { type: 'botStopped' },
  complete: { type: 'verdict', strategy: 'judge', complete: true },
  incomplete: { type: 'verdict', strategy: 'judge', complete: false },
  time: TIME,
  end: { type: 'ended' },
}

/** Plays a script, firing deadlines as they fall due, and tells what the machine did: `start@200`. */
export function play(machine: TurnMachine, script: string, untilMs = 120_000): string {
  const told: string[] = []
  let state: TurnState = machine.initial
  const step = (event: TurnEvent, nowMs: number): void => {
    const next = machine.reduce(state, event, nowMs)
    state = next.state
    told.push(...next.effects.map((effect) => `${nameOf(effect)}@${nowMs}`))
  }
  const advance = (toMs: number): void => {
    for (let at = state.deadlineMs; at !== undefined && at <= toMs; at = state.deadlineMs) step(TIME, at)
  }
  for (const cue of script.split(' ')) {
    const [name = '', at = ''] = cue.split('@')
    const event = EVENTS[name]
    if (event === undefined) throw new Error(`no event is called ${name}`)
    advance(Number(at))
    step(event, Number(at))
  }
  advance(untilMs)
  return told.join(' ')
}

function nameOf(effect: TurnEffect): string {
  switch (effect.type) {
    case 'startTurn':
      return effect.interrupt ? 'start' : 'startQuietly'
    case 'commitTurn':
      return 'commit'
    case 'stopTurn':
      return 'stop'
    case 'stopTimeout':
      return 'timeout'
    case 'discardTranscript':
      return 'discard'
    case 'strategyFailed':
      return `failed:${effect.strategy}`
  }
}
