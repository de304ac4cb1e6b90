import { createDoubtMachine, type DoubtState } from './doubt-machine.ts'
import type { DoubtRules } from './false-interruptions.ts'
import { initialIdle, type IdleState, reduceIdle } from './idle-machine.ts'
import { type FillerRules, type FillerState, NO_FILLER, reduceFiller } from './latency-budget.ts'
import { createMuteMachine, type MuteState } from './mute-machine.ts'
import type { SpeculationRules } from './preemptive-generation.ts'
import { NO_SPECULATION, reduceSpeculation, type SpeculationState } from './speculation-machine.ts'
import type { TurnEvent } from './turn-events.ts'
import { createTurnMachine, soonest, type TurnMachineOptions } from './turn-machine.ts'
import { isOpen, type TurnEffect, type TurnState } from './turn-state.ts'
import type { UserMuteStrategy } from './user-mute-strategy.ts'

/** What {@link createFloorMachine} takes. */
export interface FloorMachineOptions extends TurnMachineOptions {
  readonly mute: readonly UserMuteStrategy[]
  /** 0: never. */
  readonly userIdleTimeoutSecs: number
  /** When a voice may be no interruption. Default: it always is one. */
  readonly doubt?: DoubtRules | undefined
  /** When the model is asked ahead of the end of a turn. Default: never. */
  readonly speculation?: SpeculationRules | undefined
  /** What is said when an answer is late. Default: nothing. */
  readonly filler?: FillerRules | undefined
}

/** Who speaks, who is heard, and who is waited for. */
export interface FloorState {
  readonly turn: TurnState
  readonly mute: MuteState
  readonly idle: IdleState
  readonly doubt: DoubtState
  readonly speculation: SpeculationState
  readonly filler: FillerState
  /** Until when the agent is believed to speak without a further sign; `undefined`: it is silent. */
  readonly botUntilMs: number | undefined
  /** The user is audible, muted or not. */
  readonly voice: boolean
  /** When a `time` event is due; `undefined`: the machine may rest. */
  readonly deadlineMs: number | undefined
}

interface FloorStep {
  readonly state: FloorState
  readonly effects: readonly TurnEffect[]
  /** The user is muted: the frame that the event came from goes no further. */
  readonly suppressed: boolean
}

/** The turn machine with all that surrounds it: a pure reducer, the only authority over the floor. */
export interface FloorMachine {
  readonly initial: FloorState
  reduce(state: FloorState, event: TurnEvent, nowMs: number): FloorStep
  /** The state of a machine of other strategies for this one; `time` is due at once. */
  adopt(state: FloorState, replaced: 'turn' | 'mute', nowMs: number): FloorState
}

/** Composes strategies to one machine. */
export function createFloorMachine(options: FloorMachineOptions): FloorMachine {
  const turns = createTurnMachine(options)
  const mutes = createMuteMachine(options.mute)
  const doubts = createDoubtMachine(turns, options.doubt)

  function step(before: FloorState, event: TurnEvent, nowMs: number): FloorStep {
    const botUntilMs = botAfter(before, event, nowMs + options.speechLostMs)
    const botSpeaking = botUntilMs !== undefined
    const voice = voiceAfter(before.voice, event)
    const mute = mutes.reduce(before.mute, event, { nowMs, botSpeaking })
    const effects: TurnEffect[] = [...mute.effects]
    let { turn, doubt } = before
    const tell = (told: TurnEvent): void => {
      const next = doubts.reduce({ state: doubt, turn }, told, { nowMs, botSpeaking })
      doubt = next.state
      turn = next.turn
      effects.push(...next.effects)
    }
    // A voice that outlasts a mute begins where that ends, and one that is muted is over.
    if (before.mute.muted && !mute.state.muted && voice) tell({ type: 'vadStarted', startSecs: 0 })
    if (!mute.suppressed) tell(event)
    const audible = isAudible(turn) || doubt.doubt?.voice === true
    if (mute.state.muted && !before.mute.muted && audible) tell({ type: 'vadStopped', stopSecs: 0 })
    const turnOpen = isOpen(turn)
    const { speculation: rules, filler: fillers } = options
    const ahead = reduceSpeculation(before.speculation, event, { rules, nowMs, turnOpen, effects })
    const late = reduceFiller(before.filler, event, { rules: fillers, nowMs, botSpeaking, turnOpen, effects })
    const unheard = effects.some((effect) => effect.type === 'stopTurn' && !effect.heard)
    const { state: idle, idle: isIdle } = reduceIdle(before.idle, event, {
      nowMs,
      turnOpen,
      unheard,
      botSpeaking,
    })
    effects.push(...ahead.effects, ...late.effects)
    if (isIdle) effects.push({ type: 'userIdle' })
    const { state: speculation } = ahead
    const { state: filler } = late
    const parts = [turn, mute.state, idle, doubt, speculation, filler]
    const deadlineMs = soonest(parts, botUntilMs)
    return {
      state: { turn, mute: mute.state, idle, doubt, speculation, filler, botUntilMs, voice, deadlineMs },
      effects,
      suppressed: mute.suppressed,
    }
  }

  return {
    initial: {
      turn: turns.initial,
      mute: mutes.initial,
      idle: initialIdle(options.userIdleTimeoutSecs),
      doubt: doubts.initial,
      speculation: NO_SPECULATION,
      filler: NO_FILLER,
      botUntilMs: undefined,
      voice: false,
      deadlineMs: undefined,
    },
    reduce(state, event, nowMs) {
      if (state.turn.status === 'ended') return { state, effects: [], suppressed: false }
      if (event.type === 'ended') {
        const { state: turn, effects } = turns.reduce(state.turn, event, nowMs)
        const held: readonly TurnEffect[] = state.doubt.doubt === undefined ? [] : [{ type: 'resumeOutput' }]
        const ahead: readonly TurnEffect[] =
          state.speculation.answering === undefined ? [] : [{ type: 'withdrawSpeculation' }]
        const rest = { doubt: doubts.initial, speculation: NO_SPECULATION, filler: NO_FILLER, deadlineMs: undefined }
        return { state: { ...state, ...rest, turn }, effects: [...held, ...ahead, ...effects], suppressed: false }
      }
      if (event.type !== 'time' || state.botUntilMs === undefined || nowMs < state.botUntilMs) {
        return step(state, event, nowMs)
      }
      const silent = step(state, { type: 'botStopped' }, nowMs)
      const next = step(silent.state, event, nowMs)
      return { ...next, effects: [...silent.effects, ...next.effects] }
    },
    adopt: (state, replaced, nowMs) =>
      replaced === 'turn'
        ? { ...state, turn: turns.adopt(state.turn, nowMs) }
        : { ...state, mute: { ...mutes.initial, muted: state.mute.muted } },
  }
}

function botAfter(state: FloorState, event: TurnEvent, untilMs: number): number | undefined {
  switch (event.type) {
    case 'botStarted':
      return untilMs
    case 'botSpeaking':
      return state.botUntilMs === undefined ? undefined : untilMs
    case 'botStopped':
      return undefined
    default:
      return state.botUntilMs
  }
}

function voiceAfter(voice: boolean, event: TurnEvent): boolean {
  switch (event.type) {
    case 'vadStarted':
    case 'externalStarted':
    case 'proposedStarted':
      return true
    case 'vadStopped':
    case 'externalStopped':
    case 'proposedStopped':
      return false
    default:
      return voice
  }
}

function isAudible(turn: TurnState): boolean {
  return turn.status === 'userSpeaking' || (turn.status === 'listening' && turn.voiceUntilMs !== undefined)
}
