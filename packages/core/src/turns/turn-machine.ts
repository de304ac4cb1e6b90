import type { TurnEvent } from './turn-events.ts'
import type { StrategyMemory, TurnEffect, TurnState } from './turn-state.ts'
import type { TurnStartStrategy, TurnStopStrategy, TurnView } from './turn-strategy.ts'

/** What {@link createTurnMachine} takes. */
export interface TurnMachineOptions {
  readonly start: readonly TurnStartStrategy[]
  readonly stop: readonly TurnStopStrategy[]
  /** A turn whose user is silent ends after so long without a sign of the user. */
  readonly stopTimeoutMs: number
  /** A voice without a further sign is believed for so long: a detector that forgets its stop must not keep the floor. */
  readonly speechLostMs: number
  /** The recogniser's latency until it tells. */
  readonly sttLatencyMs: number
}

/** The state after an event, and what is to be done. */
interface TurnStep {
  readonly state: TurnState
  readonly effects: readonly TurnEffect[]
}

/** Decides who has the floor: a pure reducer. It wants a `time` event at `state.deadlineMs`; an early one does no harm. */
export interface TurnMachine {
  readonly initial: TurnState
  reduce(state: TurnState, event: TurnEvent, nowMs: number): TurnStep
}

/** Composes start and stop strategies to one machine. */
export function createTurnMachine(options: TurnMachineOptions): TurnMachine {
  const initial: TurnState = {
    status: 'listening',
    turns: 0,
    botSpeaking: false,
    sttLatencyMs: options.sttLatencyMs,
    starts: remember(options.start),
    voiceUntilMs: undefined,
    deadlineMs: undefined,
  }
  return {
    initial,
    reduce: (state, event, nowMs) =>
      state.status === 'ended' ? { state, effects: [] } : new Reduction(options, state, nowMs).run(event),
  }
}

interface Memorable {
  readonly state: unknown
  readonly deadlineMs?: number | undefined
}

interface Asked<Step> {
  readonly name: string
  on(state: unknown, event: TurnEvent, view: TurnView): Step
}

type LiveState = Exclude<TurnState, { status: 'ended' }>

/** One call of the reducer. */
class Reduction {
  readonly #options: TurnMachineOptions
  readonly #nowMs: number
  readonly #effects: TurnEffect[] = []
  readonly #starts: StrategyMemory[]
  #turns: number
  #voiceUntilMs: number | undefined
  #botSpeaking: boolean
  #sttLatencyMs: number
  #open: { stops: StrategyMemory[]; watchdogMs: number } | undefined

  constructor(options: TurnMachineOptions, state: LiveState, nowMs: number) {
    this.#options = options
    this.#nowMs = nowMs
    this.#turns = state.turns
    this.#botSpeaking = state.botSpeaking
    this.#sttLatencyMs = state.sttLatencyMs
    this.#starts = [...state.starts]
    this.#voiceUntilMs = state.status === 'userPausing' ? undefined : state.voiceUntilMs
    // The watchdog of a turn whose user is audible begins when the voice ends.
    const watchdogMs = state.status === 'userPausing' ? state.watchdogMs : nowMs + options.stopTimeoutMs
    this.#open = state.status === 'listening' ? undefined : { stops: [...state.stops], watchdogMs }
  }

  run(event: TurnEvent): TurnStep {
    if (event.type === 'ended') {
      if (this.#open !== undefined) this.#stopTurn(undefined)
      return { state: { status: 'ended', deadlineMs: undefined }, effects: this.#effects }
    }
    const lostMs = this.#options.speechLostMs
    if (event.type === 'time' && this.#voiceUntilMs !== undefined && this.#nowMs >= this.#voiceUntilMs) {
      this.#take({ type: 'vadStopped', stopSecs: lostMs / 1000 })
    }
    this.#take(event)
    if (event.type === 'time') this.#watch()
    return { state: this.#result(), effects: this.#effects }
  }

  #take(event: TurnEvent): void {
    this.#note(event)
    this.#consultStarts(event)
    this.#consultStops(event)
  }

  #note(event: TurnEvent): void {
    switch (event.type) {
      case 'vadStarted':
      case 'externalStarted':
        this.#voiceUntilMs = this.#nowMs + this.#options.speechLostMs
        return
      case 'vadSpeaking':
        this.#believeVoice()
        return
      case 'interimTranscript':
      case 'transcript':
        this.#believeVoice()
        this.#restartWatchdog()
        return
      case 'vadStopped':
      case 'externalStopped':
        this.#voiceUntilMs = undefined
        this.#restartWatchdog()
        return
      case 'botStarted':
      case 'botStopped':
        this.#botSpeaking = event.type === 'botStarted'
        return
      case 'sttLatency':
        this.#sttLatencyMs = event.latencySecs * 1000
        return
    }
  }

  #believeVoice(): void {
    if (this.#voiceUntilMs !== undefined) this.#voiceUntilMs = this.#nowMs + this.#options.speechLostMs
  }

  #consultStarts(event: TurnEvent): void {
    for (const [index, strategy] of this.#options.start.entries()) {
      const step = this.#ask(strategy, this.#starts, { index, event })
      if (step?.discardTranscript === true) this.#effects.push({ type: 'discardTranscript' })
      if (step?.decision === 'start' && this.#open === undefined) this.#startTurn(strategy)
      // Time cannot be held: the strategies behind may have deadlines of their own.
      if (step?.decision !== undefined && event.type !== 'time') return
    }
  }

  #consultStops(event: TurnEvent): void {
    for (const [index, strategy] of this.#options.stop.entries()) {
      if (this.#open === undefined) return
      const step = this.#ask(strategy, this.#open.stops, { index, event })
      if (step === undefined || this.#voiceUntilMs !== undefined) continue
      if (step.decision === 'commit' || step.decision === 'commitAndStop') this.#commitTurn(strategy.name)
      if (step.decision === 'stop' || step.decision === 'commitAndStop') this.#stopTurn(strategy.name)
    }
  }

  /** The last resort: whatever was understood is committed. */
  #watch(): void {
    if (this.#open === undefined || this.#voiceUntilMs !== undefined || this.#nowMs < this.#open.watchdogMs) return
    this.#effects.push({ type: 'stopTimeout', turn: this.#turns })
    this.#commitTurn(undefined)
    this.#stopTurn(undefined)
  }

  #startTurn(strategy: TurnStartStrategy): void {
    this.#turns++
    this.#open = { stops: remember(this.#options.stop), watchdogMs: this.#nowMs + this.#options.stopTimeoutMs }
    this.#tellStarts({ type: 'turnStarted', turn: this.#turns })
    const { name, enableInterruptions } = strategy
    this.#effects.push({ type: 'startTurn', turn: this.#turns, strategy: name, interrupt: enableInterruptions })
  }

  #commitTurn(strategy: string | undefined): void {
    this.#restartWatchdog()
    this.#effects.push({ type: 'commitTurn', turn: this.#turns, strategy })
  }

  #stopTurn(strategy: string | undefined): void {
    this.#open = undefined
    this.#tellStarts({ type: 'turnStopped', turn: this.#turns })
    this.#effects.push({ type: 'stopTurn', turn: this.#turns, strategy })
  }

  #tellStarts(event: TurnEvent): void {
    for (const [index, strategy] of this.#options.start.entries()) this.#ask(strategy, this.#starts, { index, event })
  }

  /** A strategy that throws said nothing and keeps its state; the watchdog bounds what that costs. */
  #ask<Step extends Memorable>(
    strategy: Asked<Step>,
    memories: StrategyMemory[],
    { index, event }: { readonly index: number; readonly event: TurnEvent },
  ): Step | undefined {
    const memory = memories[index]
    try {
      const step = strategy.on(memory?.state, event, this.#view())
      memories[index] = { state: step.state, deadlineMs: this.#ahead(step.deadlineMs) }
      return step
    } catch (error) {
      memories[index] = { state: memory?.state, deadlineMs: this.#ahead(memory?.deadlineMs) }
      this.#effects.push({ type: 'strategyFailed', strategy: strategy.name, error })
      return undefined
    }
  }

  /** A deadline that does not lie ahead has just had its event. */
  #ahead(deadlineMs: number | undefined): number | undefined {
    return deadlineMs !== undefined && deadlineMs > this.#nowMs ? deadlineMs : undefined
  }

  #view(): TurnView {
    return {
      nowMs: this.#nowMs,
      turnOpen: this.#open !== undefined,
      userSpeaking: this.#voiceUntilMs !== undefined,
      botSpeaking: this.#botSpeaking,
      sttLatencyMs: this.#sttLatencyMs,
    }
  }

  #restartWatchdog(): void {
    if (this.#open !== undefined) this.#open.watchdogMs = this.#nowMs + this.#options.stopTimeoutMs
  }

  #result(): TurnState {
    const open = this.#open
    const voiceUntilMs = this.#voiceUntilMs
    const facts = {
      turns: this.#turns,
      botSpeaking: this.#botSpeaking,
      sttLatencyMs: this.#sttLatencyMs,
      starts: this.#starts,
    }
    const wishes = [...this.#starts, ...(open?.stops ?? [])].map((memory) => memory.deadlineMs)
    if (open === undefined) {
      return { ...facts, status: 'listening', voiceUntilMs, deadlineMs: earliest([voiceUntilMs, ...wishes]) }
    }
    const { stops, watchdogMs } = open
    if (voiceUntilMs !== undefined) {
      const deadlineMs = earliest(wishes, voiceUntilMs)
      return { ...facts, status: 'userSpeaking', voiceUntilMs, stops, deadlineMs }
    }
    return { ...facts, status: 'userPausing', watchdogMs, stops, deadlineMs: earliest(wishes, watchdogMs) }
  }
}

function earliest(times: readonly (number | undefined)[], limit: number): number
function earliest(times: readonly (number | undefined)[], limit?: number): number | undefined
function earliest(times: readonly (number | undefined)[], limit?: number): number | undefined {
  return times.reduce(
    (first, time) => (time !== undefined && !(first !== undefined && first <= time) ? time : first),
    limit,
  )
}

function remember(strategies: readonly { initial(): unknown }[]): StrategyMemory[] {
  return strategies.map((strategy) => ({ state: strategy.initial(), deadlineMs: undefined }))
}
