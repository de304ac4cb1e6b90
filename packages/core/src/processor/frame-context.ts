import { FLAG_STICKY, type Frame, type FrameDirection, siblings } from '../frames/frame.ts'
import { abortReason } from '../runtime/errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Node } from './node.ts'

/** A stretch of work. An interruption makes the current one stale for every context that was ever handed out. */
export class Epoch {
  stale = false
  /** Why, in case somebody asks. */
  why = 'interrupted'
  #reason: Error | undefined = undefined

  /** One for all signals; made when it is asked for, since an error looks at its stack. */
  get reason(): Error {
    return (this.#reason ??= abortReason(this.why))
  }
}

/** What a handler gets beside its frame: how to send on, and when to stop. */
export class FrameContext {
  // Declared only: an interruption makes one per node, and class fields would cost it a second call each.
  /** The direction of the handled frame. */
  declare readonly direction: FrameDirection
  /** @internal */
  declare readonly node: Node
  /** @internal An interruption ends it; system and sticky work only ends with the task. */
  declare readonly guarded: boolean
  /** @internal */
  declare readonly epoch: Epoch
  /** @internal The run is over: nothing may register with it any more. */
  declare settled: boolean
  /** @internal Its node remembers it, to tell it of an abort. */
  declare owned: boolean
  /** @internal */
  declare controller: AbortController | undefined
  /** @internal To be called when this work is overtaken. */
  declare callbacks: (() => void)[] | undefined

  /** @internal */
  constructor(node: Node, guarded: boolean, direction: FrameDirection) {
    this.node = node
    this.guarded = guarded
    this.direction = direction
    this.epoch = guarded ? node.engine.epoch : node.engine.life
    this.settled = false
    this.owned = false
    this.controller = undefined
    this.callbacks = undefined
  }

  /** Whether an interruption or the end of the task has overtaken this work: what it pushes is dropped. */
  get stale(): boolean {
    return this.epoch.stale
  }

  /** Time, chance, log and network of the task. */
  get runtime(): Runtime {
    return this.node.engine.runtime
  }

  /** Aborts when an interruption or the end of the task overtakes this work. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController()
      if (this.epoch.stale) this.controller.abort(this.epoch.reason)
      else this.node.own(this)
    }
    return this.controller.signal
  }

  /** Calls `fn` when this work is overtaken, at once if it already is. Returns the remover. */
  onAbort(fn: () => void): () => void {
    if (this.epoch.stale) {
      fn()
      return () => {}
    }
    this.node.own(this)
    const callbacks = (this.callbacks ??= [])
    callbacks.push(fn)
    return () => {
      const index = callbacks.indexOf(fn)
      if (index >= 0) callbacks.splice(index, 1)
    }
  }

  /**
   * Sends a frame to the neighbour, by default in the direction of the handled frame. Dropped when this work is stale
   * and the frame not sticky.
   */
  push(frame: Frame, direction?: FrameDirection): void {
    if (this.epoch.stale && (frame.flags & FLAG_STICKY) === 0) {
      this.node.engine.counters.stale++
      return
    }
    const node = this.node
    if ((direction ?? this.direction) === 'downstream') {
      if (node.next !== null) node.next.accept(frame, 'downstream')
      else node.leave(frame, 'downstream')
    } else if (node.previous !== null) node.previous.accept(frame, 'upstream')
    else node.leave(frame, 'upstream')
  }

  /** Sends one copy downstream, then one upstream; the copies know each other by `broadcastSiblingId`. */
  broadcast(frame: Frame): void {
    const [down, up] = siblings(frame)
    this.push(down, 'downstream')
    this.push(up, 'upstream')
  }

  /**
   * Interrupts the whole task: everything queued or in the making is dropped, this handler's own context included.
   * Returns the context for what follows.
   */
  interrupt(): FrameContext {
    this.node.engine.interrupt()
    return this.node.contexts.of(0, this.direction)
  }

  /**
   * For producers: resolves when no queue ahead is crowded.
   *
   * ```ts
   * for await (const piece of source) {
   *   await ctx.ready()
   *   ctx.push(new TextFrame(piece))
   * }
   * ```
   */
  ready(direction?: FrameDirection): void | Promise<void> {
    return this.node.engine.pressure.ready(this.node, direction ?? this.direction)
  }

  /** @internal */
  settle(): void {
    this.settled = true
    this.callbacks = undefined
  }
}
