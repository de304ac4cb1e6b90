import type { TurnEvent } from './turn-events.ts'
import type { CutIn, OpenTurn, StrategyMemory, TurnEffect, TurnState } from './turn-state.ts'
import type { TurnStartStep, TurnStartStrategy, TurnStopStrategy, TurnView } from './turn-strategy.ts'
import type { UserTurnExpectation, UserTurnPatienceSecs } from './user-turn-expectation.ts'

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
  /** How long a pause may be inside what is expected. Default: as the strategies like. */
  readonly patienceSecs?: UserTurnPatienceSecs | undefined
  /** When a turn is too long. Default: never. */
  readonly maxTurnMs?: number | undefined
  /**
   * The agent takes the floor then, and so long no turn begins, unless it has finished before. Default: the limit is
   * only told.
   */
  readonly cutInMs?: number | undefined
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
  /**
   * The state of a machine of other strategies for this one: what they remember begins anew, but for the words that the
   * open turn waits to have answered. `time` is due at once.
   */
  adopt(state: TurnState, nowMs: number): TurnState
}

/** Composes start and stop strategies to one machine. */
export function createTurnMachine(options: TurnMachineOptions): TurnMachine {
  const initial: TurnState = {
    status: 'listening',
    turns: 0,
    botSpeaking: false,
    sttLatencyMs: options.sttLatencyMs,
    expectation: 'free',
    cutIn: undefined,
    starts: remember(options.start),
    voiceUntilMs: undefined,
    deadlineMs: undefined,
  }
  return {
    initial,
    reduce: (state, event, nowMs) =>
      state.status === 'ended' ? { state, effects: [] } : new Reduction(options, state, nowMs).run(event),
    adopt(state, nowMs) {
      if (state.status === 'ended') return state
      const starts = remember(options.start)
      if (state.status === 'listening') return { ...state, starts }
      const adopted = { ...state, starts, stops: remember(options.stop), answering: false }
      const { unanswered } = state
      return unanswered === undefined ? adopted : new Reduction(options, adopted, nowMs).recall(unanswered)
    },
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

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface Open extends Omit<Mutable<OpenTurn>, 'stops'> {
  stops: StrategyMemory[]
  watchdogMs: number
}

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
  #expectation: UserTurnExpectation
  #cutIn: CutIn | undefined
  #open: Open | undefined

  constructor(options: TurnMachineOptions, state: LiveState, nowMs: number) {
    this.#options = options
    this.#nowMs = nowMs
    this.#turns = state.turns
    this.#botSpeaking = state.botSpeaking
    this.#sttLatencyMs = state.sttLatencyMs
    this.#expectation = state.expectation
    this.#cutIn = state.cutIn
    this.#starts = [...state.starts]
    this.#voiceUntilMs = state.status === 'userPausing' ? undefined : state.voiceUntilMs
    // The watchdog of a turn whose user is audible begins when the voice ends.
    const watchdogMs = state.status === 'userPausing' ? state.watchdogMs : nowMs + options.stopTimeoutMs
    if (state.status === 'listening') return
    const { stops, heard, pending, unanswered, answering, limitAtMs } = state
    this.#open = { stops: [...stops], heard, pending, unanswered, answering, limitAtMs, watchdogMs }
  }

  /** Lets stop strategies hear of words that came before them. What they make of it they say when they are asked next. */
  recall(event: TurnEvent): TurnState {
    for (const [index, strategy] of this.#options.stop.entries()) {
      if (this.#open !== undefined) this.#ask(strategy, this.#open.stops, { index, event })
    }
    return this.#result()
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
    if (event.type === 'time') {
      this.#watch()
      this.#limit()
    }
    this.#endCutIn(event)
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
      case 'proposedStarted':
        this.#voiceUntilMs = this.#nowMs + this.#options.speechLostMs
        this.#goOn()
        return
      case 'vadSpeaking':
        this.#believeVoice()
        return
      case 'transcript':
        if (event.text.trim() !== '') {
          this.#goOn()
          if (this.#open !== undefined) {
            this.#open.heard = this.#open.pending = true
            this.#open.unanswered = event
          }
        }
        this.#believeVoice()
        this.#restartWatchdog()
        return
      case 'interimTranscript':
        this.#believeVoice()
        this.#restartWatchdog()
        return
      case 'vadStopped':
      case 'externalStopped':
      case 'proposedStopped':
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
      case 'expectation':
        this.#expectation = event.expectation
        return
    }
  }

  /** Words that an answer under way does not cover. */
  #goOn(): void {
    if (this.#open?.answering !== true) return
    this.#open.answering = false
    this.#effects.push({ type: 'withdrawAnswer', turn: this.#turns })
  }

  #believeVoice(): void {
    if (this.#voiceUntilMs !== undefined) this.#voiceUntilMs = this.#nowMs + this.#options.speechLostMs
  }

  #consultStarts(event: TurnEvent): void {
    for (const [index, strategy] of this.#options.start.entries()) {
      const step = this.#ask(strategy, this.#starts, { index, event })
      if (step?.notice !== undefined) this.#effects.push({ type: 'notice', notice: step.notice })
      if (step?.discardTranscript === true) this.#effects.push({ type: 'discardTranscript' })
      if (step?.decision === 'start' && this.#open === undefined) this.#startTurn(strategy, step, event)
      // Time cannot be held: the strategies behind may have deadlines of their own.
      if (step?.decision !== undefined && event.type !== 'time') return
    }
  }

  #consultStops(event: TurnEvent): void {
    for (const [index, strategy] of this.#options.stop.entries()) {
      if (this.#open === undefined) return
      const step = this.#ask(strategy, this.#open.stops, { index, event })
      if (step === undefined || this.#voiceUntilMs !== undefined) continue
      if (step.decision === undefined) continue
      // Nobody is left without an answer: a turn does not end with words that were not passed on.
      if (step.decision !== 'stop' || this.#open.pending) this.#commitTurn(strategy.name)
      if (step.decision !== 'commit') this.#stopTurn(strategy.name, step.announce)
    }
  }

  /** The last resort: whatever was understood and is not answered yet is committed. */
  #watch(): void {
    if (this.#open === undefined || this.#voiceUntilMs !== undefined || this.#nowMs < this.#open.watchdogMs) return
    this.#effects.push({ type: 'stopTimeout', turn: this.#turns })
    if (!this.#open.answering) this.#commitTurn(undefined)
    this.#stopTurn(undefined)
  }

  #limit(): void {
    if (this.#open?.limitAtMs === undefined || this.#nowMs < this.#open.limitAtMs) return
    this.#open.limitAtMs = undefined
    const { maxTurnMs, cutInMs } = this.#options
    // The limit was taken away while the turn was open.
    if (maxTurnMs === undefined) return
    this.#effects.push({ type: 'turnLimit', turn: this.#turns, cutIn: cutInMs !== undefined })
    if (cutInMs === undefined) return
    this.#cutIn = { untilMs: this.#nowMs + cutInMs, missed: undefined }
    if (!this.#open.answering) this.#commitTurn(undefined)
    this.#stopTurn(undefined)
  }

  /** The user may take the floor again: with what was said in the meantime, or by going on. */
  #endCutIn(event: TurnEvent): void {
    if (this.#cutIn === undefined || (event.type !== 'botStopped' && this.#nowMs < this.#cutIn.untilMs)) return
    const { missed } = this.#cutIn
    this.#cutIn = undefined
    if (this.#voiceUntilMs !== undefined) this.#take({ type: 'vadStarted', startSecs: 0 })
    if (missed !== undefined) this.#take(missed)
  }

  #startTurn(strategy: TurnStartStrategy, step: TurnStartStep<unknown>, event: TurnEvent): void {
    if (this.#cutIn !== undefined) {
      if (event.type === 'transcript') this.#cutIn = { ...this.#cutIn, missed: event }
      return
    }
    const { maxTurnMs, stop, stopTimeoutMs } = this.#options
    const heard = event.type === 'transcript' && event.text.trim() !== ''
    this.#turns++
    this.#open = {
      stops: remember(stop),
      heard,
      pending: heard,
      unanswered: heard ? event : undefined,
      answering: false,
      limitAtMs: maxTurnMs === undefined ? undefined : this.#nowMs + maxTurnMs,
      watchdogMs: this.#nowMs + stopTimeoutMs,
    }
    this.#tellStarts({ type: 'turnStarted', turn: this.#turns })
    const { interrupt = strategy.enableInterruptions, announce = true } = step
    this.#effects.push({ type: 'startTurn', turn: this.#turns, strategy: strategy.name, interrupt, announce })
  }

  #commitTurn(strategy: string | undefined): void {
    this.#restartWatchdog()
    if (this.#open !== undefined) {
      this.#open.answering = true
      this.#open.pending = false
      this.#open.unanswered = undefined
    }
    this.#effects.push({ type: 'commitTurn', turn: this.#turns, strategy })
  }

  #stopTurn(strategy: string | undefined, announce = true): void {
    const heard = this.#open?.heard === true
    this.#open = undefined
    this.#tellStarts({ type: 'turnStopped', turn: this.#turns })
    this.#effects.push({ type: 'stopTurn', turn: this.#turns, strategy, heard, announce })
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
      const deadlineMs = this.#ahead(step.deadlineMs)
      // Most have nothing to say of most events.
      if (memory === undefined || memory.state !== step.state || memory.deadlineMs !== deadlineMs)
        memories[index] = { state: step.state, deadlineMs }
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
    const patienceSecs = this.#expectation === 'free' ? undefined : this.#options.patienceSecs?.[this.#expectation]
    return {
      nowMs: this.#nowMs,
      turnOpen: this.#open !== undefined,
      userSpeaking: this.#voiceUntilMs !== undefined,
      botSpeaking: this.#botSpeaking,
      sttLatencyMs: this.#sttLatencyMs,
      expectation: this.#expectation,
      patienceMs: patienceSecs === undefined ? undefined : patienceSecs * 1000,
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
      expectation: this.#expectation,
      cutIn: this.#cutIn,
      starts: this.#starts,
    }
    const limitMs = earliest([this.#cutIn?.untilMs, open?.limitAtMs])
    const wishMs = soonest(open?.stops ?? [], soonest(this.#starts, limitMs))
    if (open === undefined) {
      return { ...facts, status: 'listening', voiceUntilMs, deadlineMs: earliest([wishMs], voiceUntilMs) }
    }
    const { watchdogMs, ...turn } = open
    if (voiceUntilMs !== undefined) {
      const deadlineMs = earliest([wishMs], voiceUntilMs)
      return { ...facts, ...turn, status: 'userSpeaking', voiceUntilMs, deadlineMs }
    }
    return { ...facts, ...turn, status: 'userPausing', watchdogMs, deadlineMs: earliest([wishMs], watchdogMs) }
  }
}

/** @internal */
export function earliest(times: readonly (number | undefined)[], limit: number): number
export function earliest(times: readonly (number | undefined)[], limit?: number): number | undefined
export function earliest(times: readonly (number | undefined)[], limit?: number): number | undefined {
  let first = limit
  for (const time of times) first = sooner(first, time)
  return first
}

/** @internal The same over the deadlines of parts. */
export function soonest(parts: readonly Pick<StrategyMemory, 'deadlineMs'>[], limit?: number): number | undefined {
  let first = limit
  for (const { deadlineMs } of parts) first = sooner(first, deadlineMs)
  return first
}

function sooner(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || (other !== undefined && other < one) ? other : one
}

function remember(strategies: readonly { initial(): unknown }[]): StrategyMemory[] {
  return strategies.map((strategy) => ({ state: strategy.initial(), deadlineMs: undefined }))
}
