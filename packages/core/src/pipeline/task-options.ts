import type { Observer } from '../observers/observer.ts'
import type { ErrorFrame } from '../frames/control.ts'
import type { Frame, FrameDirection } from '../frames/frame.ts'
import type { CancelFrame, EndFrame, StartFrame, StopFrame } from '../frames/lifecycle.ts'
import type { MetricsData } from '../observers/metrics.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Pipeline } from './pipeline.ts'
import type { PipelineParams, PipelineParamsFields } from './pipeline-params.ts'

/** The rarer options of {@link PipelineTask}. */
export interface PipelineTaskOptions {
  observers?: readonly Observer[]
  /** Clock, randomness, ids, log, network. Default: the real ones. */
  runtime?: Partial<Runtime>
  clock?: Clock
  /** No activity for so long raises `idleTimeout`; `null` never. Default 300. */
  idleTimeoutSecs?: number | null
  /** The frames that count as activity. Default `BotSpeakingFrame` and `UserSpeakingFrame`. */
  idleTimeoutFrames?: readonly string[]
  /** Whether an idle task is cancelled. Default true. */
  cancelOnIdleTimeout?: boolean
  /** How long setup may take. Default 20. */
  setupTimeoutSecs?: number
  /** How long StartFrame may take to the sink. Default 20. */
  startTimeoutSecs?: number
  /** How long a graceful end may go without progress before the task is cancelled. Default 20. */
  endTimeoutSecs?: number
  /** How long cancel hooks may take. Default 20. */
  cancelTimeoutSecs?: number
  /** How long cleanup may take. Default 5. */
  cleanupTimeoutSecs?: number
  /** Put default aggregators and a turn processor into a list without. Default true. */
  defaultParts?: boolean
  /** Handed to processors and tool handlers as it is. */
  appResources?: unknown
}

/** All of a task's arguments in one object. */
export interface PipelineTaskArguments extends PipelineTaskOptions {
  pipeline: Pipeline
  params?: PipelineParams | PipelineParamsFields
}

/** What applications need of a task: a test may give something simpler in its place. */
export interface BasePipelineTask {
  readonly id: string
  run(options?: { signal?: AbortSignal }): Promise<void>
  queueFrame(frame: Frame, direction?: FrameDirection): Promise<void>
  queueFrames(frames: Iterable<Frame> | AsyncIterable<Frame>): Promise<void>
  stopWhenDone(): Promise<void>
  cancel(reason?: string): Promise<void>
  hasFinished(): boolean
}

/** A frame that ends a task. */
export type TerminalFrame = EndFrame | StopFrame | CancelFrame

/** A short form of what a `metrics` event brought. */
export interface TaskMetrics {
  readonly ttfbMs: number | undefined
  readonly tokensUsed: number | undefined
  readonly data: readonly MetricsData[]
}

/** The events of {@link PipelineTask}. */
export interface PipelineTaskEvents {
  pipelineStarted: readonly [frame: StartFrame]
  /** Always fires, once. */
  pipelineFinished: readonly [frame: TerminalFrame]
  pipelineError: readonly [frame: ErrorFrame]
  /** A lifecycle frame did not get through in time; `holders` are the processors that have it. */
  pipelineTimeout: readonly [type: string, holders: readonly string[]]
  setupTimeout: readonly [holders: readonly string[]]
  heartbeatTimeout: readonly []
  idleTimeout: readonly []
  metrics: readonly [metrics: TaskMetrics]
  frameReachedUpstream: readonly [frame: Frame]
  frameReachedDownstream: readonly [frame: Frame]
}
