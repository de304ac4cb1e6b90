import type { AnyFrame, Frame, FrameDirection } from '../frames/frame.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { TurnEvent } from './turn-events.ts'
import type { Patience } from './user-turn-expectation.ts'

/** Who has the floor, as strategies see it. */
export interface TurnView extends Patience {
  /** On the task's clock. */
  readonly nowMs: number
  readonly turnOpen: boolean
  /** The user is audible. */
  readonly userSpeaking: boolean
  readonly botSpeaking: boolean
  /** From the end of speech to the final transcript, 99th percentile. 1000 until the recogniser has told. */
  readonly sttLatencyMs: number
}

/** The part of a strategy that is not pure, for those that judge by more than events: audio, a model, a service. */
export interface TurnStrategyAttachment {
  /** StartFrame has gone on, or the strategy came later: frames may be pushed from now on. */
  onStart?(): void
  /** Sees every frame that passes, before the frame's event is handled; nothing of the user while they are muted. */
  onFrame?(frame: AnyFrame, direction: FrameDirection): void
  /** A turn was opened, by whatever strategy. */
  onTurnStarted?(): void
  /** The turn was closed, by whatever strategy. */
  onTurnStopped?(): void
  /** `replaced`: the session goes on with other strategies. */
  close?(reason: 'replaced' | 'ended'): void | Promise<void>
}

/** What an attachment may use. */
export interface TurnStrategyHost {
  readonly runtime: Runtime
  /** The name of the turn processor. */
  readonly name: string
  readonly enableMetrics: boolean
  /** Lets the machine hear of something, for example a `verdict`. */
  dispatch(event: TurnEvent): void
  pushFrame(frame: Frame, direction?: FrameDirection): void
  /** Reports trouble; the conversation goes on. */
  pushError(error: unknown): void
}

/** What strategies tell the application. */
export type TurnNotice =
  | { readonly type: 'wakePhraseDetected'; readonly phrase: string }
  /** Nothing was said for so long that the wake phrase is wanted again. */
  | { readonly type: 'wakePhraseTimeout' }

interface TurnStrategy {
  /** Unique in its list. */
  readonly name: string
  /** Whether it decides about the proposals of services: they go no further then. */
  readonly resolvesProposals?: boolean
  /** Called at setup, and awaited. */
  attach?(host: TurnStrategyHost): TurnStrategyAttachment | Promise<TurnStrategyAttachment>
}

/** What a start strategy makes of an event. */
export interface TurnStartStep<S> {
  readonly state: S
  /** `start` opens a turn, unless one is open; `hold` keeps the strategies behind this one from hearing the event, except `time`. */
  readonly decision?: 'start' | 'hold' | undefined
  /** The transcript that the event came from goes no further. */
  readonly discardTranscript?: boolean | undefined
  /** Whether the turn interrupts the agent. Default: the strategy's `enableInterruptions`. */
  readonly interrupt?: boolean | undefined
  /** Whether the beginning of the turn is broadcast. Default true. */
  readonly announce?: boolean | undefined
  readonly notice?: TurnNotice | undefined
  /** When the strategy wants a `time` event; must lie ahead. */
  readonly deadlineMs?: number | undefined
}

/**
 * Decides when the user's turn begins. It is pure: what it remembers is the state it returns, and the machine keeps it.
 * Events go to the strategies of a list in order until one of them starts or holds.
 */
export interface TurnStartStrategy<S = unknown> extends TurnStrategy {
  /** Whether a turn that it starts interrupts the agent. */
  readonly enableInterruptions: boolean
  initial(): S
  on(state: S, event: TurnEvent, view: TurnView): TurnStartStep<S>
}

/** What a stop strategy makes of an event. */
export interface TurnStopStep<S> {
  readonly state: S
  /**
   * `commit` asks for an answer to the words so far and leaves the turn open, `stop` closes it, `commitAndStop` does
   * both. Ignored while the user is audible.
   */
  readonly decision?: 'commit' | 'stop' | 'commitAndStop' | undefined
  /** Whether the end of the turn is broadcast. Default true. */
  readonly announce?: boolean | undefined
  /** When the strategy wants a `time` event; must lie ahead. */
  readonly deadlineMs?: number | undefined
}

/**
 * Decides when the user's turn ends. It is pure, see {@link TurnStartStrategy}; its state begins anew with every turn,
 * and the event that opened the turn is the first it hears.
 */
export interface TurnStopStrategy<S = unknown> extends TurnStrategy {
  initial(): S
  on(state: S, event: TurnEvent, view: TurnView): TurnStopStep<S>
}

/** How turns begin and end. A list that is missing is the default one. */
export interface UserTurnStrategies {
  readonly start?: readonly TurnStartStrategy[]
  readonly stop?: readonly TurnStopStrategy[]
}

/** The options of every start strategy. */
export interface TurnStartStrategyOptions {
  /** Whether a turn that it starts interrupts the agent. Default true. */
  readonly enableInterruptions?: boolean
}
