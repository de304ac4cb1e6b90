import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { EndFrame } from '../frames/lifecycle.ts'
import { TextFrame } from '../frames/text.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { TextAggregator } from '../text/text-aggregator.ts'

/**
 * Collects text frames that travel downstream and sends one TextFrame per unit; the rest follows at the end of a response
 * or of the task. Interim transcripts stop here.
 *
 * ```ts
 * new TextAggregatorProcessor(new SentenceAggregator())
 * ```
 */
export class TextAggregatorProcessor extends FrameProcessor {
  readonly #aggregator: TextAggregator

  constructor(aggregator: TextAggregator, name?: string) {
    super(name)
    this.#aggregator = aggregator
  }

  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    if (frame.type === 'InterimTranscriptionFrame') return
    if (direction === 'downstream') {
      if (frame.family.includes('TextFrame')) {
        for (const { text } of this.#aggregator.aggregate((frame as TextFrame).text)) ctx.push(new TextFrame(text))
        return
      }
      if (frame.type === 'LLMFullResponseEndFrame') this.#flush(ctx)
    }
    ctx.push(frame, direction)
  }

  override onEnd(_frame: EndFrame, ctx: FrameContext): void {
    this.#flush(ctx)
  }

  override onInterruption(): void {
    this.#aggregator.reset()
  }

  #flush(ctx: FrameContext): void {
    for (const { text } of this.#aggregator.flush()) ctx.push(new TextFrame(text), 'downstream')
  }
}
