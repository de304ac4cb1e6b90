import {
  FLAG_ENGINE,
  FLAG_OBSERVED,
  FLAG_STICKY,
  FLAG_SYSTEM,
  type Frame,
  type FrameDirection,
} from '../frames/frame.ts'
import { isAbortError, PcError } from '../runtime/errors.ts'
import { type Engine, MAX_ROUNDS } from './engine.ts'
import type { FrameContext } from './frame-context.ts'
import type { FrameProcessor } from './frame-processor.ts'
import { FrameQueue } from './frame-queue.ts'
import { type Handler, handlerOf } from './handler.ts'
import { HeldFrames } from './held-frames.ts'
import { LaneContexts } from './lane-contexts.ts'
import { LaneReports } from './lane-reports.ts'
import { Lifecycle } from './lifecycle.ts'
import {
  AFTER_RUN,
  BLOCKS_ORDERED,
  BLOCKS_SYSTEM,
  DEAD,
  HELD,
  HOOK,
  ORDERED_BUSY,
  ORDERED_PAUSED,
  OWNED,
  PENDING,
  SLOW_FRAME,
  STACK,
  SYSTEM_BUSY,
  SYSTEM_PAUSED,
  TRACED,
  YIELDED,
} from './node-state.ts'
import { OwnedContexts } from './owned-contexts.ts'
import { CROWDED } from './pressure.ts'
import { isFrame, pump, type Result } from './result.ts'
import { type Trace, TracedContext } from './trace.ts'

/** Lossy frames that a busy system lane may hold: 20 s of 20 ms audio. */
const SYSTEM_LIMIT = 1000
/** A drain loop gives the event loop a turn after this long, milliseconds. */
const SLICE_MS = 2

export interface Edge {
  leave(frame: Frame, direction: FrameDirection, from: Node): void
}

/**
 * The runtime of one processor: two lanes, a queue each, and the rule that a frame which arrives while the handler is
 * on the stack waits until it returns.
 */
export class Node {
  state: number = HELD
  next: Node | null = null
  previous: Node | null = null
  handler: Handler
  readonly processor: FrameProcessor
  readonly engine: Engine
  readonly edge: Edge
  /** The place in pipeline order. */
  readonly index: number
  readonly contexts: LaneContexts
  readonly #orderedQueue = new FrameQueue()
  readonly #systemQueue = new FrameQueue()
  readonly #owned = new OwnedContexts()
  readonly #held: HeldFrames
  readonly lifecycle: Lifecycle
  #running: FrameContext | null = null
  readonly #reports: LaneReports

  constructor(processor: FrameProcessor, engine: Engine, edge: Edge) {
    this.processor = processor
    this.engine = engine
    if (engine.observers.trace !== undefined) this.state |= TRACED
    this.edge = edge
    this.index = engine.nodes.push(this) - 1
    this.handler = handlerOf(processor)
    this.lifecycle = new Lifecycle(this)
    this.contexts = new LaneContexts(this)
    this.#reports = new LaneReports(this)
    this.#held = new HeldFrames(engine.runtime.clock)
  }

  /** The hot path: a frame arrives. */
  accept(frame: Frame, direction: FrameDirection): void {
    const flags = frame.flags
    if (this.state !== 0 || (flags & SLOW_FRAME) !== 0) {
      this.#arrive(frame, direction, flags)
      return
    }
    const ctx = this.contexts.of(flags, direction)
    this.state = STACK
    let result: Result = undefined
    try {
      result = this.handler.call(this.processor, frame, direction, ctx)
    } catch (error) {
      this.failed(error, ctx)
    }
    if (result !== undefined) this.#take(result, flags, ctx)
    if (((this.state &= ~STACK) & AFTER_RUN) !== 0) this.#afterRun(ctx)
  }

  /** Sends a frame on, unfenced. */
  emit(frame: Frame, direction: FrameDirection): void {
    const neighbour = direction === 'downstream' ? this.next : this.previous
    if (neighbour !== null) neighbour.accept(frame, direction)
    else this.leave(frame, direction)
  }

  leave(frame: Frame, direction: FrameDirection): void {
    this.edge.leave(frame, direction, this)
  }

  /** Frames wait, or a handler has not settled. */
  get busy(): boolean {
    return (this.state & (ORDERED_BUSY | SYSTEM_BUSY | PENDING)) !== 0
  }

  /** Ordered frames that wait, for diagnostics and limits. */
  get queued(): number {
    return this.#orderedQueue.size
  }

  #arrive(frame: Frame, direction: FrameDirection, flags: number): void {
    this.trace?.seen(frame)
    if ((flags & FLAG_OBSERVED) !== 0)
      this.engine.observe(this, direction === 'downstream' ? this.previous : this.next, frame, direction)
    const state = this.state
    if ((state & DEAD) !== 0) {
      this.engine.counters.dropped++
      return
    }
    if ((flags & FLAG_ENGINE) !== 0) {
      // What processors push of an interruption that has been round already.
      if (frame === this.engine.lastInterruption || this.lifecycle.atOnce(frame, direction)) return
      if (frame.type === 'StartFrame' && (state & (HELD | STACK)) === HELD) {
        this.#run(frame, direction, flags)
        return
      }
    }
    const system = (flags & FLAG_SYSTEM) !== 0
    const waiting = system ? this.#systemQueue.size : this.#orderedQueue.size
    if (waiting > 0 || (state & (system ? BLOCKS_SYSTEM : BLOCKS_ORDERED)) !== 0) this.#enqueue(frame, direction, flags)
    else this.#run(frame, direction, flags)
  }

  #run(frame: Frame, direction: FrameDirection, flags: number): void {
    const ctx = this.#execute(frame, direction, flags)
    if ((this.state & AFTER_RUN) !== 0) this.#afterRun(ctx)
  }

  /** Whoever follows this node's frames. */
  get trace(): Trace | undefined {
    return (this.state & TRACED) === 0 ? undefined : this.engine.observers.trace
  }

  #execute(frame: Frame, direction: FrameDirection, flags: number): FrameContext {
    const { trace } = this
    const shared = this.contexts.of(flags, direction)
    if (trace === undefined) {
      this.#call(frame, direction, flags, shared)
      return shared
    }
    const ctx = new TracedContext(this, shared, trace, frame)
    trace.run(this, frame, direction)
    if (!trace.within(frame, () => this.#call(frame, direction, flags, ctx))) this.#release(ctx)
    return ctx
  }

  /** True when the run goes on. */
  #call(frame: Frame, direction: FrameDirection, flags: number, ctx: FrameContext): boolean {
    this.state |= STACK
    let result: Result = undefined
    try {
      result =
        (flags & FLAG_ENGINE) !== 0
          ? this.lifecycle.inTurn(frame, direction, ctx)
          : this.handler.call(this.processor, frame, direction, ctx)
    } catch (error) {
      this.failed(error, ctx)
    }
    const goesOn = result !== undefined && this.#take(result, flags, ctx)
    this.state &= ~STACK
    return goesOn
  }

  #afterRun(ctx: FrameContext): void {
    if ((this.state & OWNED) !== 0) this.#release(ctx)
    this.wake()
  }

  #enqueue(frame: Frame, direction: FrameDirection, flags: number): void {
    this.trace?.wait(this, frame, direction)
    if ((this.state & HELD) !== 0) {
      this.engine.counters.dropped += this.#held.push(frame, direction)
      return
    }
    if ((flags & FLAG_SYSTEM) !== 0) this.#enqueueSystem(frame, direction)
    else if (!this.#enqueueOrdered(frame, direction)) return
    this.state |= PENDING
  }

  #enqueueSystem(frame: Frame, direction: FrameDirection): void {
    const queue = this.#systemQueue
    if ((this.state & SYSTEM_BUSY) !== 0) this.#reports.systemWaits()
    if (queue.size >= SYSTEM_LIMIT && queue.dropOldest(false)) this.#reports.lost('dropped the oldest input')
    queue.push(frame, direction)
  }

  #enqueueOrdered(frame: Frame, direction: FrameDirection): boolean {
    const queue = this.#orderedQueue
    const limit = this.processor.laneLimit
    if (limit !== undefined && queue.size >= limit.frames && (frame.flags & FLAG_STICKY) === 0) {
      if (limit.policy === 'error' || !queue.dropOldest(true)) {
        this.#reports.lost('refused a frame')
        return false
      }
      this.#reports.lost('dropped the oldest frame')
    }
    queue.push(frame, direction)
    if (queue.size === CROWDED) this.engine.pressure.crowded(this)
    return true
  }

  /** Pushes what a handler returned, or lets its lane wait for it: then true. */
  #take(result: Exclude<Result, void>, flags: number, ctx: FrameContext): boolean {
    if (isFrame(result)) {
      ctx.push(result)
      return false
    }
    const work = Symbol.asyncIterator in result ? pump(result, ctx) : result
    if (typeof work.then !== 'function') return false
    this.contexts.giveAway(ctx)
    this.state &= ~OWNED
    const system = (flags & FLAG_SYSTEM) !== 0
    if (system) {
      this.state |= SYSTEM_BUSY
      this.#reports.systemBegan()
    } else {
      this.state |= ORDERED_BUSY
      this.#running = ctx
    }
    work.then(
      (value) => {
        if (value !== undefined && isFrame(value)) ctx.push(value)
        this.#settled(ctx, system)
      },
      (error: unknown) => {
        if (!ctx.stale) this.failed(error, ctx)
        this.#settled(ctx, system)
      },
    )
    return true
  }

  #settled(ctx: FrameContext, system: boolean): void {
    this.#owned.delete(ctx)
    ctx.settle()
    if (system) this.state &= ~SYSTEM_BUSY
    else if (this.#running === ctx) {
      this.#running = null
      this.state &= ~ORDERED_BUSY
    } else return
    this.engine.host.progress()
    this.wake()
  }

  /** Runs what waits, hook first, then system frames, then ordered ones. */
  wake(): void {
    if ((this.state & (STACK | YIELDED | DEAD)) !== 0) return
    for (let done = 1, hooks = 1; ; done++) {
      const state = this.state
      if ((state & HOOK) !== 0) {
        if (hooks++ < MAX_ROUNDS) this.lifecycle.interrupted()
        else {
          this.dropHook()
          this.engine.reportLoop()
        }
      } else if (this.#systemQueue.size > 0 && (state & BLOCKS_SYSTEM) === 0) this.#next(this.#systemQueue)
      else if (this.#orderedQueue.size > 0 && (state & BLOCKS_ORDERED) === 0) this.#next(this.#orderedQueue)
      else break
      if ((done & 31) === 0 && this.#sliceIsOver(done)) return
    }
    if (this.#systemQueue.size + this.#orderedQueue.size === 0) {
      this.state &= ~PENDING
      this.#reports.drained()
    }
  }

  #next(queue: FrameQueue): void {
    const direction = queue.direction
    const frame = queue.shift()
    const ctx = this.#execute(frame, direction, frame.flags)
    if ((this.state & OWNED) !== 0) this.#release(ctx)
    if (queue.size === CROWDED / 2 && queue === this.#orderedQueue) this.engine.pressure.relieved(this)
  }

  /** A slice is cut only here, between the frames of a drain, never in the middle of a chain. */
  #sliceIsOver(done: number): boolean {
    const { clock } = this.engine.runtime
    if (clock.virtual) return false
    const nowMs = clock.nowMs()
    if (done === 32) this.engine.sliceStartMs = nowMs
    if (nowMs - this.engine.sliceStartMs < SLICE_MS) return false
    this.state |= YIELDED
    clock.yield(() => {
      this.state &= ~YIELDED
      this.wake()
    })
    return true
  }

  /** The first half of an interruption: no code of the user runs. Returns a run that is to be watched. */
  fence(): FrameContext | undefined {
    this.contexts.refresh()
    const waiting = this.#orderedQueue
    if (waiting.size > 0) {
      this.engine.counters.dropped += waiting.sweep()
      if (waiting.size + this.#systemQueue.size === 0) this.state &= ~PENDING
    }
    const running = this.#running
    const cut = running !== null && running.guarded
    if (cut || running === null) this.state &= ~ORDERED_PAUSED
    if (this.lifecycle.hearsInterruptions && (this.state & (HELD | DEAD)) === 0) this.state |= HOOK
    return cut ? running : undefined
  }

  /** Tells overtaken work to stop. */
  abort(): void {
    this.#owned.abort((error) => this.failed(error))
  }

  dropHook(): void {
    this.state &= ~HOOK
  }

  /** Frees the lane of a handler that did not settle after its abort, and names it. */
  detach(ctx: FrameContext): void {
    if (this.#running !== ctx) return
    this.#running = null
    this.state &= ~ORDERED_BUSY
    this.engine.counters.detached++
    const message = `${this.processor.name} ignored an interruption: its handler was detached. Stop at ctx.signal.`
    this.engine.report(this, new PcError(message, { code: 'handler-detached', kind: 'timeout' }))
    this.wake()
  }

  /** The task is over: nothing is accepted or sent any more. */
  kill(): void {
    this.state |= DEAD
    this.engine.counters.dropped += this.#orderedQueue.size + this.#systemQueue.size + this.#held.size
    this.#orderedQueue.clear()
    this.#systemQueue.clear()
    this.#held.take()
    this.abort()
  }

  /** StartFrame has gone on: what was held follows it. */
  open(): void {
    this.state &= ~HELD
    for (const [frame, direction] of this.#held.take()) this.#enqueue(frame, direction, frame.flags)
  }

  pause(lane: 'ordered' | 'both'): void {
    this.state |= lane === 'both' ? ORDERED_PAUSED | SYSTEM_PAUSED : ORDERED_PAUSED
  }

  resume(): void {
    this.state &= ~(ORDERED_PAUSED | SYSTEM_PAUSED)
    this.wake()
  }

  /** A context wants to hear of aborts: from now on it belongs to its run. */
  own(ctx: FrameContext): void {
    if (ctx.settled || ctx.owned) return
    if (this.contexts.giveAway(ctx)) {
      // A shared context that is used off the stack belongs to a run that has returned already.
      if ((this.state & STACK) === 0) return
      this.state |= OWNED
    }
    this.#owned.add(ctx)
  }

  #release(ctx: FrameContext): void {
    this.state &= ~OWNED
    this.#owned.delete(ctx)
    ctx.settle()
  }

  /** Reports what a handler threw; the abort of overtaken work is no error. */
  failed(error: unknown, ctx: FrameContext = this.contexts.sticky): void {
    if (ctx.stale && isAbortError(error)) return
    this.engine.report(this, PcError.from(error, { code: 'handler-failed' }))
  }
}
