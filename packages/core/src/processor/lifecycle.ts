import type {
  FrameProcessorPauseFrame,
  FrameProcessorPauseUrgentFrame,
  FrameProcessorResumeFrame,
} from '../frames/control.ts'
import type { Frame, FrameDirection } from '../frames/frame.ts'
import type { EndFrame, StartFrame, StopFrame } from '../frames/lifecycle.ts'
import type { FrameContext } from './frame-context.ts'
import { FrameProcessor } from './frame-processor.ts'
import type { Node } from './node.ts'
import { HOOK, STACK } from './node-state.ts'
import { isFrame, type Result } from './result.ts'

type EngineFrame =
  | StartFrame
  | EndFrame
  | StopFrame
  | FrameProcessorPauseFrame
  | FrameProcessorPauseUrgentFrame
  | FrameProcessorResumeFrame

const HOOKED: ReadonlySet<string> = new Set(['StartFrame', 'EndFrame', 'StopFrame'])

/**
 * What the engine does around a processor's hooks. A processor sees each lifecycle frame once, hook first, and the
 * engine sends it on: forgetting to is impossible, and doing it by hand does no harm.
 */
export class Lifecycle {
  readonly #node: Node
  readonly #seen: string[] = []
  readonly #sees: (tag: string) => boolean
  readonly #seesInterruptions: boolean
  readonly hearsInterruptions: boolean

  constructor(node: Node) {
    this.#node = node
    const { processor } = node
    this.#sees = (tag) => processor.handles(tag)
    this.#seesInterruptions = processor.handles('InterruptionFrame')
    this.hearsInterruptions =
      this.#seesInterruptions || processor.onInterruption !== FrameProcessor.prototype.onInterruption
  }

  /** Frames that act when they arrive, whatever the lanes are doing. True when nothing is left to do. */
  atOnce(frame: Frame, direction: FrameDirection): boolean {
    const node = this.#node
    if (node.engine.steer(frame)) return true
    switch (frame.type as EngineFrame['type']) {
      case 'FrameProcessorPauseUrgentFrame':
        if ((frame as FrameProcessorPauseUrgentFrame).processor === node.processor) node.pause('ordered')
        else node.processor.carry(frame, direction)
        return true
      case 'FrameProcessorResumeFrame':
        if ((frame as FrameProcessorResumeFrame).processor === node.processor) node.resume()
        else node.processor.carry(frame, direction)
        return true
      default:
        return false
    }
  }

  /** Frames that act in their turn. */
  inTurn(frame: Frame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    const node = this.#node
    if (frame.type === 'FrameProcessorPauseFrame') {
      if ((frame as FrameProcessorPauseFrame).processor === node.processor) node.pause('ordered')
      else node.processor.carry(frame, direction)
      return
    }
    if (!HOOKED.has(frame.type)) {
      node.processor.carry(frame, direction)
      return
    }
    if (this.#seen.includes(frame.type)) return
    this.#seen.push(frame.type)
    const hooked = this.#guarded(() => this.#hook(frame, ctx))
    if (hooked === undefined) return this.#afterHook(frame, direction, ctx)
    return hooked.then(() => this.#afterHook(frame, direction, ctx))
  }

  /**
   * The second half of an interruption: its hook, then the frame itself for processors that look at it. Only while a
   * hook waits and the handler is not on the stack.
   */
  interrupted(): void {
    const { trace, engine } = this.#node
    if (trace === undefined) this.#interrupted()
    else trace.within(engine.lastInterruption, () => this.#interrupted())
  }

  #interrupted(): void {
    const node = this.#node
    const { processor } = node
    const frame = node.engine.lastInterruption
    const ctx = node.contexts.sticky
    node.state = (node.state & ~HOOK) | STACK
    try {
      processor.onInterruption(frame, ctx)
    } catch (error) {
      node.failed(error)
    }
    try {
      const result: Result = this.#seesInterruptions
        ? node.handler.call(processor, frame, 'downstream', ctx)
        : undefined
      if (result !== undefined) this.#take(result, ctx)?.catch((error: unknown) => node.failed(error))
    } catch (error) {
      node.failed(error)
    }
    node.state &= ~STACK
  }

  #hook(frame: Frame, ctx: FrameContext): void | Promise<void> {
    const { processor } = this.#node
    switch (frame.type as 'StartFrame' | 'EndFrame' | 'StopFrame') {
      case 'StartFrame':
        return processor.onStart(frame as StartFrame, ctx)
      case 'EndFrame':
        return processor.onEnd(frame as EndFrame, ctx)
      case 'StopFrame':
        return processor.onStop(frame as StopFrame, ctx)
    }
  }

  #afterHook(frame: Frame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    if (!this.#sees(frame.type)) return this.#finish(frame, direction)
    const shown = this.#guarded(() => this.#show(frame, direction, ctx))
    if (shown === undefined) return this.#finish(frame, direction)
    return shown.then(() => this.#finish(frame, direction))
  }

  #show(frame: Frame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    const result: Result = this.#node.handler.call(this.#node.processor, frame, direction, ctx)
    if (result !== undefined) return this.#take(result, ctx)
  }

  #take(result: Exclude<Result, void>, ctx: FrameContext): void | Promise<void> {
    if (isFrame(result)) {
      ctx.push(result)
      return
    }
    if (Symbol.asyncIterator in result) return
    return result.then((value) => {
      if (isFrame(value)) ctx.push(value)
    })
  }

  #finish(frame: Frame, direction: FrameDirection): void {
    this.#node.emit(frame, direction)
    if (frame.type === 'StartFrame') this.#node.open()
  }

  /** A failing hook is reported and does not hold the frame up. */
  #guarded(fn: () => void | Promise<void>): void | Promise<void> {
    try {
      return fn()?.catch((error: unknown) => this.#node.failed(error))
    } catch (error) {
      this.#node.failed(error)
      return undefined
    }
  }
}
