import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { EndFrame } from '../frames/lifecycle.ts'
import { AggregatedTextFrame, type TextOptions } from '../frames/text.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import { SentenceAggregator } from '../text/sentence-aggregator.ts'
import type { TextAggregator, TextUnit } from '../text/text-aggregator.ts'

/**
 * Cuts a model's text into units ahead of the speech service, for applications that look at them: LLMTextFrames become
 * AggregatedTextFrames. The rest follows at the end of the response.
 */
export class LLMTextProcessor extends FrameProcessor {
  readonly #aggregator: TextAggregator
  #options: TextOptions = {}

  /** @param aggregator - Default: sentences. */
  constructor(aggregator: TextAggregator = new SentenceAggregator(), name?: string) {
    super(name)
    this.#aggregator = aggregator
  }

  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    if (direction === 'downstream') {
      if (frame.type === 'LLMTextFrame') {
        const { skipTts, appendToContext } = frame
        this.#options = { skipTts, appendToContext }
        this.#push(this.#aggregator.aggregate(frame.text), ctx)
        return
      }
      if (frame.type === 'LLMFullResponseEndFrame') this.#push(this.#aggregator.flush(), ctx)
    }
    ctx.push(frame, direction)
  }

  override onEnd(_frame: EndFrame, ctx: FrameContext): void {
    this.#push(this.#aggregator.flush(), ctx)
  }

  override onInterruption(): void {
    this.#aggregator.reset()
  }

  #push(units: readonly TextUnit[], ctx: FrameContext): void {
    for (const { text, type } of units) ctx.push(new AggregatedTextFrame(text, type, this.#options), 'downstream')
  }
}
