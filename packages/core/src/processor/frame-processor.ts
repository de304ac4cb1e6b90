import { ErrorFrame } from '../frames/control.ts'
import { type AnyFrame, type Frame, type FrameDirection, siblings } from '../frames/frame.ts'
import type { CancelFrame, EndFrame, InterruptionFrame, StartFrame, StopFrame } from '../frames/lifecycle.ts'
import { Emitter, type EventArguments, type EventOfPythonName, type PythonEventName } from '../runtime/emitter.ts'
import { PcError, type PcErrorOptions } from '../runtime/errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { Scope } from '../runtime/scope.ts'
import type { FrameContext } from './frame-context.ts'
import type { Node } from './node.ts'
import type { Result } from './result.ts'
import type { PipelineSetup } from './setup.ts'

/** Where the linker keeps the engine's part of a processor; a shared symbol, so that two copies of this package agree. */
export const NODE: unique symbol = Symbol.for('@pc/core/node') as never

/** Events of every processor. */
export interface ProcessorEvents {
  /** It reported an error. */
  error: [frame: ErrorFrame]
  /** Its connection to the provider, or a request to it, failed. */
  connectionError: [error: PcError]
}

/** The options of every processor. */
export interface FrameProcessorOptions {
  /** Shown in logs, errors and `task.describe()`. Default: class name and a number. */
  name?: string | undefined
  /** What happens when ordered frames pile up. Default: no limit, producers are asked to wait instead. */
  laneLimit?: LaneLimit | undefined
}

/** How many ordered frames may wait, and what happens to one too many. */
export interface LaneLimit {
  readonly frames: number
  readonly policy: 'dropOldest' | 'error'
}

let unnamed = 0

/**
 * A stage of a pipeline. Override {@link processFrame}: it sees every frame, and what it neither pushes nor returns
 * stops here. A class that does not override it lets everything pass.
 *
 * ```ts
 * class Shout extends FrameProcessor {
 *   override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext) {
 *     return frame.type === 'TextFrame' ? frame.with({ text: frame.text.toUpperCase() }) : frame
 *   }
 * }
 * ```
 */
export class FrameProcessor<Events extends ProcessorEvents = ProcessorEvents> {
  readonly name: string
  readonly laneLimit: LaneLimit | undefined;
  /** @internal */
  [NODE]: Node | undefined = undefined
  // Without `Events` in its type, so that a processor with events of its own is a FrameProcessor too.
  readonly #events = new Emitter<Record<PropertyKey, unknown[]>>((error, event) => this.#listenerFailed(error, event))
  #setup: PipelineSetup | undefined = undefined
  #scope: Scope | undefined = undefined

  constructor(options?: string | FrameProcessorOptions) {
    const { name, laneLimit } = typeof options === 'object' ? options : { name: options, laneLimit: undefined }
    this.name = name ?? `${new.target.name}#${++unnamed}`
    this.laneLimit = laneLimit
  }

  /**
   * Handles a frame: push results by `ctx.push`, or return them. Of one processor two calls overlap only at `await`,
   * ordered frames among themselves and system frames among themselves never.
   */
  processFrame(_frame: AnyFrame, _direction: FrameDirection, _ctx: FrameContext): Result {}

  /** Connections open here, for all processors at once. */
  onSetup(_setup: PipelineSetup): void | Promise<void> {}
  /** Before StartFrame goes on. */
  onStart(_frame: StartFrame, _ctx: FrameContext): void | Promise<void> {}
  /** Everything queued was handled: flush what is left. EndFrame goes on afterwards. */
  onEnd(_frame: EndFrame, _ctx: FrameContext): void | Promise<void> {}
  /** As {@link onEnd}, but keep connections. */
  onStop(_frame: StopFrame, _ctx: FrameContext): void | Promise<void> {}
  /** The task ends now. */
  onCancel(_frame: CancelFrame): void | Promise<void> {}
  /** Queues are empty and contexts fenced: forget what was in the making. Must be quick and synchronous. */
  onInterruption(_frame: InterruptionFrame, _ctx: FrameContext): void {}
  /** Called once on every way out, except after StopFrame. Must bear being called without a start. */
  onCleanup(): void | Promise<void> {}

  /**
   * Sends a frame to the neighbour. It is not fenced: use it for work that outlives the handled frame, and `ctx.push`
   * for everything else.
   */
  pushFrame(frame: Frame, direction: FrameDirection = 'downstream'): void {
    this[NODE]?.emit(frame, direction)
  }

  /** Handles a frame here, as if a neighbour had sent it. */
  queueFrame(frame: Frame, direction: FrameDirection = 'downstream'): void {
    this[NODE]?.accept(frame, direction)
  }

  /** Sends one copy downstream, then one upstream, unfenced. */
  broadcastFrame(frame: Frame): void {
    const [down, up] = siblings(frame)
    this.pushFrame(down, 'downstream')
    this.pushFrame(up, 'upstream')
  }

  /** Interrupts the whole task at once. */
  broadcastInterruption(): void {
    this[NODE]?.engine.interrupt()
  }

  /** Reports trouble upstream and to `error` listeners; the pipeline goes on unless it is fatal. */
  pushError(error: unknown, options: Partial<PcErrorOptions> & { fatal?: boolean } = {}): void {
    const { fatal, ...defaults } = options
    const frame = new ErrorFrame(PcError.from(error, defaults), this.name, fatal === undefined ? {} : { fatal })
    this.#emitBase('error', frame)
    this.pushFrame(frame, 'upstream')
  }

  /** Holds ordered frames from the next one on. */
  pauseProcessingFrames(): void {
    this[NODE]?.pause('ordered')
  }

  /** Holds all frames from the next one on until `ready` settles or `timeoutSecs` have passed. Nothing is lost. */
  pauseProcessingAllFramesUntil(ready: Promise<unknown>, timeoutSecs = 5): void {
    const node = this[NODE]
    if (node === undefined) return
    node.pause('both')
    const timer = this.runtime.clock.setTimeout(
      () => {
        this.runtime.log.log('warn', `${this.name} was held for ${timeoutSecs} s and goes on.`)
        node.resume()
      },
      timeoutSecs * 1000,
      { background: true },
    )
    const resume = (): void => {
      timer.cancel()
      node.resume()
    }
    ready.then(resume, resume)
  }

  /** Releases held frames in order. */
  resumeProcessingFrames(): void {
    this[NODE]?.resume()
  }

  /**
   * Starts work of this processor's own. Its signal aborts when the task ends, which waits for it for a while and
   * names it if it does not settle.
   */
  spawn(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    this.scope.spawn(name, work).catch((error: unknown) => this.pushError(error, { code: 'spawned-work-failed' }))
  }

  /** @internal */
  get scope(): Scope {
    return (this.#scope ??= new Scope())
  }

  /** What the task gave at setup. Throws `not-set-up` before that. */
  get setup(): PipelineSetup {
    if (this.#setup === undefined) {
      throw new PcError(`${this.name} is not part of a running task yet: use it after onSetup.`, {
        code: 'not-set-up',
        kind: 'config',
      })
    }
    return this.#setup
  }

  /** Time, chance, log and network of the task. Throws `not-set-up` before the task runs. */
  get runtime(): Runtime {
    return this.setup.runtime
  }

  /** @internal */
  attach(setup: PipelineSetup): void {
    this.#setup = setup
    this.#scope = undefined
  }

  /** @internal Sends a frame of the engine on; a processor with branches takes it through them. */
  carry(frame: Frame, direction: FrameDirection): void {
    this.pushFrame(frame, direction)
  }

  /** Whether {@link processFrame} wants to see lifecycle frames of this type. */
  handles(_type: string): boolean {
    return this.processFrame !== FrameProcessor.prototype.processFrame
  }

  /** Ordered frames that wait for it, for diagnostics. */
  get queuedFrames(): number {
    return this[NODE]?.queued ?? 0
  }

  /** What it waits for besides its own handler, for diagnostics. */
  get waitingFor(): readonly string[] {
    return []
  }

  /** Whether it measures itself: it then reports zeros at start. */
  get canGenerateMetrics(): boolean {
    return false
  }

  /** Adds a listener and returns its remover. */
  on<K extends keyof Events>(event: K, listener: (...args: EventArguments<Events, K>) => unknown): () => void {
    return this.#events.on(event, listener as never)
  }

  /** The Pipecat spelling of {@link on}: `eventHandler('on_connection_error', fn)`. */
  eventHandler<Name extends PythonEventName<keyof Events & string>, K extends EventOfPythonName<Events, Name>>(
    event: Name,
    listener: (...args: EventArguments<Events, K>) => unknown,
  ): () => void {
    return this.#events.eventHandler(event, listener as never)
  }

  /** Calls the listeners of an event. */
  protected emit<K extends keyof Events>(event: K, ...args: EventArguments<Events, K>): void {
    this.#events.emit(event, ...args)
  }

  #emitBase<K extends keyof ProcessorEvents>(event: K, ...args: ProcessorEvents[K]): void {
    this.#events.emit(event, ...(args as never))
  }

  #listenerFailed(error: unknown, event: string): void {
    this.#setup?.runtime.log.log('error', `A listener of ${this.name} for ${event} failed`, { error })
  }
}
