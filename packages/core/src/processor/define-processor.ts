import type { AnyFrame, FrameDirection, FrameFamily, FrameTag } from '../frames/frame.ts'
import type { FrameContext } from './frame-context.ts'
import { FrameProcessor, type FrameProcessorOptions } from './frame-processor.ts'
import type { Result } from './result.ts'

/** Handlers by frame tag. A base class's handler gets its subclasses too, unless they have one of their own. */
export type FrameHandlers = { readonly [K in FrameTag]?: (frame: FrameFamily<K>, ctx: FrameContext) => Result }

/** The hooks that a definition may have beside its handlers; see {@link FrameProcessor}. */
export type ProcessorHooks = {
  readonly [K in 'onSetup' | 'onStart' | 'onEnd' | 'onStop' | 'onCancel' | 'onInterruption' | 'onCleanup']?: (
    this: FrameProcessor,
    ...args: Parameters<FrameProcessor[K]>
  ) => ReturnType<FrameProcessor[K]>
}

/** What {@link defineProcessor} takes. */
export interface ProcessorDefinition extends FrameProcessorOptions, ProcessorHooks {
  readonly name: string
  /** Which way handled frames must travel. Default: both. */
  readonly direction?: FrameDirection
  readonly on: FrameHandlers
}

type Handler = (frame: AnyFrame, ctx: FrameContext) => Result

class DefinedProcessor extends FrameProcessor {
  readonly #on: FrameHandlers
  readonly #direction: FrameDirection | undefined
  /** The nearest handler of every tag seen so far. */
  readonly #table = new Map<string, Handler | null>()

  constructor(definition: ProcessorDefinition) {
    super(definition)
    const { name: _name, laneLimit: _laneLimit, direction, on, ...hooks } = definition
    this.#on = on
    this.#direction = direction
    Object.assign(this, hooks)
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): Result {
    let handler = this.#table.get(frame.type)
    if (handler === undefined) handler = this.#find(frame)
    if (handler === null || (this.#direction !== undefined && direction !== this.#direction)) {
      ctx.push(frame, direction)
      return
    }
    return handler(frame, ctx)
  }

  override handles(type: string): boolean {
    return type in this.#on
  }

  #find(frame: AnyFrame): Handler | null {
    const tag = frame.family.find((candidate) => candidate in this.#on) as FrameTag | undefined
    const handler = tag === undefined ? null : (this.#on[tag] as Handler)
    this.#table.set(frame.type, handler)
    return handler
  }
}

/**
 * A processor from handlers; frames that are not listed pass. A handler may do nothing, push, or return what it emits.
 *
 * ```ts
 * const shout = defineProcessor({
 *   name: 'shout',
 *   on: { TextFrame: (frame) => frame.with({ text: frame.text.toUpperCase() }) },
 * })
 * ```
 */
export function defineProcessor(definition: ProcessorDefinition): FrameProcessor {
  return new DefinedProcessor(definition)
}
