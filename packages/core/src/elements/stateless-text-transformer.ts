import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { TextFrame } from '../frames/text.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'

/**
 * Changes the text of every text frame by a function; class and other fields are kept. While its promise is pending,
 * later frames wait.
 *
 * ```ts
 * new StatelessTextTransformer((text) => text.toUpperCase())
 * ```
 */
export class StatelessTextTransformer extends FrameProcessor {
  readonly #transform: (text: string) => string | Promise<string>

  constructor(transform: (text: string) => string | Promise<string>, name?: string) {
    super(name)
    this.#transform = transform
  }

  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    if (!frame.family.includes('TextFrame')) {
      ctx.push(frame, direction)
      return undefined
    }
    const before = frame as TextFrame
    const push = (text: string): void => ctx.push(before.with({ text }), direction)
    const text = this.#transform(before.text)
    return typeof text === 'string' ? push(text) : text.then(push)
  }
}
