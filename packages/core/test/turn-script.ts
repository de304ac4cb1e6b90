import { SpeechTimeoutUserTurnStopStrategy } from '../src/turns/speech-timeout-user-turn-stop-strategy.ts'
import { TranscriptionUserTurnStartStrategy } from '../src/turns/transcription-user-turn-start-strategy.ts'
import type { TurnEvent } from '../src/turns/turn-events.ts'
import { createFloorMachine, type FloorMachine, type FloorMachineOptions } from '../src/turns/floor-machine.ts'
import { createTurnMachine, type TurnMachine, type TurnMachineOptions } from '../src/turns/turn-machine.ts'
import type { TurnEffect } from '../src/turns/turn-state.ts'
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

/** The whole authority over the floor, with the defaults of the turn processor. */
export function floorMachine(options: Partial<FloorMachineOptions> = {}): FloorMachine {
  return createFloorMachine({
    start: [new VADUserTurnStartStrategy(), new TranscriptionUserTurnStartStrategy()],
    stop: [new SpeechTimeoutUserTurnStopStrategy()],
    mute: [],
    userIdleTimeoutSecs: 0,
    stopTimeoutMs: 5000,
    speechLostMs: 30_000,
    sttLatencyMs: 1000,
    ...options,
  })
}

/** A machine that a script can be played on. */
interface Playable<State extends { readonly deadlineMs: number | undefined }> {
  readonly initial: State
  reduce(
    state: State,
    event: TurnEvent,
    nowMs: number,
  ): { readonly state: State; readonly effects: readonly TurnEffect[] }
}

export const TIME: TurnEvent = { type: 'time' }

/** The words of a script. */
export const EVENTS: Readonly<Record<string, TurnEvent>> = {
  voice: { type: 'vadStarted', startSecs: 0.2 },
  silence: { type: 'vadStopped', stopSecs: 0.2 },
  speaking: { type: 'vadSpeaking' },
  external: { type: 'externalStarted' },
  externalEnd: { type: 'externalStopped' },
  eager: { type: 'eagerStopped' },
  resumed: { type: 'turnResumed' },
  mhmInterim: { type: 'interimTranscript', text: 'Mhm' },
  interimMore: { type: 'interimTranscript', text: 'I would like' },
  interimAll: { type: 'interimTranscript', text: 'i would like a table' },
  interim: { type: 'interimTranscript', text: 'I would' },
  text: { type: 'transcript', text: 'I would like', finalized: false },
  final: { type: 'transcript', text: 'I would like a table.', finalized: true },
  blank: { type: 'transcript', text: ' ', finalized: true },
  mhm: { type: 'transcript', text: 'Mhm.', finalized: true },
  proposal: { type: 'proposedStarted' },
  proposalEnd: { type: 'proposedStopped' },
  bot: { type: 'botStarted' },
  botGoesOn: { type: 'botSpeaking' },
  botEnd: { type: 'botStopped' },
  complete: { type: 'verdict', strategy: 'judge', complete: true },
  incomplete: { type: 'verdict', strategy: 'judge', complete: false },
  completed: { type: 'inferenceCompleted' },
  call: { type: 'toolCallsStarted', toolCallIds: ['a'] },
  callEnd: { type: 'toolCallSettled', toolCallId: 'a' },
  otherCallEnd: { type: 'toolCallSettled', toolCallId: 'b' },
  digits: { type: 'expectation', expectation: 'digits' },
  email: { type: 'expectation', expectation: 'email' },
  name: { type: 'expectation', expectation: 'name' },
  yesNo: { type: 'expectation', expectation: 'yesNo' },
  free: { type: 'expectation', expectation: 'free' },
  wake: { type: 'transcript', text: 'Hey, Computer!', finalized: true },
  started: { type: 'started' },
  time: TIME,
  end: { type: 'ended' },
}

/** Plays a script, firing deadlines as they fall due, and tells what the machine did: `start@200`. */
export function play<State extends { readonly deadlineMs: number | undefined }>(
  machine: Playable<State>,
  script: string,
  untilMs = 120_000,
): string {
  const told: string[] = []
  let state = machine.initial
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
      return effect.announce ? (effect.interrupt ? 'start' : 'startQuietly') : 'adopt'
    case 'commitTurn':
      return 'commit'
    case 'stopTurn':
      return effect.announce ? 'stop' : 'stopSilently'
    case 'stopTimeout':
      return 'timeout'
    case 'withdrawAnswer':
      return 'withdraw'
    case 'turnLimit':
      return effect.cutIn ? 'cutIn' : 'limit'
    case 'discardTranscript':
      return 'discard'
    case 'keepTranscript':
      return 'keep'
    case 'releaseTranscript':
      return 'release'
    case 'pauseOutput':
      return 'pause'
    case 'resumeOutput':
      return 'resume'
    case 'speculate':
      return `ask(${effect.text})`
    case 'withdrawSpeculation':
      return 'unask'
    case 'fill':
      return `fill(${effect.text})`
    case 'muteStarted':
      return 'mute'
    case 'muteStopped':
      return 'unmute'
    case 'userIdle':
      return 'idle'
    case 'notice':
      return effect.notice.type
    case 'strategyFailed':
      return `failed:${effect.strategy}`
  }
}
