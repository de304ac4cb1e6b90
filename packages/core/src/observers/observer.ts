import { observeFrames, type Frame, type FrameDirection } from '../frames/frame.ts'
import type { StartFrame } from '../frames/lifecycle.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import { type ScheduleStep, Trace } from '../processor/trace.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** Watches a task from outside, without a place in its pipeline. */
export interface Observer {
  /** Tags of the frames it wants; a base class's tag brings its subclasses. Default: all, which costs every hop. */
  readonly frames?: readonly string[]
  /** Wants to know when each hop happened. Default false: reading the clock costs more than the hop. */
  readonly timestamps?: boolean
  /** Wants to know while handling which frame each frame was made. Default false: to follow them slows every hop. */
  readonly causes?: boolean
  /**
   * A frame arrives at `destination`, once per hop; `null` at either end of the pipeline. Called in line: anything
   * slow belongs behind {@link queuedObserver}.
   */
  onPushFrame?(
    frame: Frame,
    direction: FrameDirection,
    source: FrameProcessor | null,
    destination: FrameProcessor | null,
    /** Milliseconds on the task's clock, where `timestamps` asks for it. */
    atMs?: number,
    /** The frame that was being handled when this one was made, where `causes` asks for it. */
    cause?: Frame,
  ): void
  /** A handler is called, or a frame has to wait for it: the scheduler's order, for logs. Slows every hop. */
  onSchedule?(step: ScheduleStep): void
  onPipelineStarted?(frame: StartFrame): void
  onPipelineFinished?(): void
}

/** The observers of one task. */
export class ObserverHub {
  #observers: { readonly observer: Observer; readonly tags: ReadonlySet<string> | undefined }[] = []
  /** Who wants frames of a type, found when the first of them comes. */
  readonly #byType = new Map<string, readonly Observer[]>()
  readonly #broken = new WeakSet<Observer>()
  readonly #runtime: Pick<Runtime, 'clock' | 'log'>
  #trace: Trace | undefined = undefined
  /** The first observer that follows frames has come. */
  onTrace: () => void = () => {}

  constructor(runtime: Pick<Runtime, 'clock' | 'log'>, observers: readonly Observer[] = []) {
    this.#runtime = runtime
    for (const observer of observers) this.add(observer)
  }

  /** Adds an observer, at any time, and returns its remover. */
  add(observer: Observer): () => void {
    if (observer.onPushFrame) observeFrames(observer.frames ?? ['*'])
    if (observer.causes || observer.onSchedule) this.#follow()
    const entry = { observer, tags: observer.frames && new Set(observer.frames) }
    this.#observers = [...this.#observers, entry]
    this.#byType.clear()
    return () => {
      this.#observers = this.#observers.filter((other) => other !== entry)
      this.#byType.clear()
    }
  }

  /** Follows the frames of the task, while anybody asked for it. */
  get trace(): Trace | undefined {
    return this.#trace
  }

  pushed(
    source: FrameProcessor | null,
    destination: FrameProcessor | null,
    frame: Frame,
    direction: FrameDirection,
  ): void {
    for (const observer of this.#byType.get(frame.type) ?? this.#find(frame)) {
      const atMs = observer.timestamps ? this.#runtime.clock.nowMs() : undefined
      try {
        const cause = observer.causes ? this.#trace?.causeOf(frame) : undefined
        observer.onPushFrame?.(frame, direction, source, destination, atMs, cause)
      } catch (error) {
        this.#failed(observer, error)
      }
    }
  }

  #follow(): void {
    if (this.#trace !== undefined) return
    this.#trace = new Trace((step) => {
      for (const { observer } of this.#observers) this.#call(observer, () => observer.onSchedule?.(step))
    })
    this.onTrace()
  }

  #find({ type, family }: Frame): readonly Observer[] {
    const wanting = this.#observers.filter(({ tags }) => tags === undefined || family.some((tag) => tags.has(tag)))
    const observers = wanting.map(({ observer }) => observer)
    this.#byType.set(type, observers)
    return observers
  }

  started(frame: StartFrame): void {
    for (const { observer } of this.#observers) this.#call(observer, () => observer.onPipelineStarted?.(frame))
  }

  finished(): void {
    for (const { observer } of this.#observers) this.#call(observer, () => observer.onPipelineFinished?.())
  }

  /** A failing observer is reported once and never disturbs the pipeline. */
  #call(observer: Observer, fn: () => void): void {
    try {
      fn()
    } catch (error) {
      this.#failed(observer, error)
    }
  }

  #failed(observer: Observer, error: unknown): void {
    if (this.#broken.has(observer)) return
    this.#broken.add(observer)
    this.#runtime.log.log('error', 'An observer failed', { error })
  }
}

/** A test that is true the first time it gets a frame, and never holds one in memory. */
export function firstSight(): (frame: Frame) => boolean {
  const seen = new WeakSet<Frame>()
  return (frame) => !seen.has(frame) && seen.add(frame) !== undefined
}
