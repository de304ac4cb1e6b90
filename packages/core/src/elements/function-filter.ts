import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import { mustPass } from './frame-kinds.ts'

/** The rarer options of {@link FunctionFilter}. */
export interface FunctionFilterOptions {
  /** Which way filtered frames travel; `null` is both. Default `downstream`. */
  readonly direction?: FrameDirection | null
  /** Whether system frames are filtered too. Default false. */
  readonly filterSystemFrames?: boolean
  readonly name?: string
}

/**
 * Lets a frame pass when a function says so. Frames of the other direction, and those that steer the task, always pass.
 * While the function's promise is pending, later frames wait.
 *
 * ```ts
 * new FunctionFilter((frame) => frame.type !== 'TextFrame' || frame.text !== '')
 * ```
 */
export class FunctionFilter extends FrameProcessor {
  readonly #filter: (frame: AnyFrame) => boolean | Promise<boolean>
  readonly #direction: FrameDirection | null
  readonly #filterSystemFrames: boolean

  constructor(filter: (frame: AnyFrame) => boolean | Promise<boolean>, options: FunctionFilterOptions = {}) {
    super(options.name)
    this.#filter = filter
    this.#direction = options.direction === undefined ? 'downstream' : options.direction
    this.#filterSystemFrames = options.filterSystemFrames ?? false
  }

  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    const other = this.#direction !== null && direction !== this.#direction
    if (other || (mustPass(frame) && !(this.#filterSystemFrames && frame.lane === 'system'))) {
      ctx.push(frame, direction)
      return undefined
    }
    const passes = this.#filter(frame)
    const decide = (pass: boolean): void => {
      if (pass) ctx.push(frame, direction)
    }
    return typeof passes === 'boolean' ? decide(passes) : passes.then(decide)
  }
}
