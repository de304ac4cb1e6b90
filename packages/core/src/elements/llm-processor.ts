import type { AnyFrame, Frame, FrameDirection } from '../frames/frame.ts'
import {
  type LLMContextFrame,
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  LLMMessagesFrame,
} from '../frames/llm.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import { isFrame, type Result } from '../processor/result.ts'
import { pumpEvents } from '../services/event-pump.ts'

/**
 * A language model from scratch: override {@link processLLMMessages}. A context frame, from either side, comes to it as
 * the messages of the context; the brackets of the response go around whatever it sends. `LLMService` does more: retry,
 * timeouts, metrics, function calls.
 *
 * ```ts
 * class Parrot extends LLMProcessor {
 *   override async *processLLMMessages(frame: LLMMessagesFrame) {
 *     yield new LLMTextFrame(`${frame.messages.length} messages.`)
 *   }
 * }
 * ```
 */
export abstract class LLMProcessor extends FrameProcessor {
  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): Result {
    if (frame.type === 'LLMMessagesFrame') return this.#answer(frame, ctx)
    if (frame.family.includes('LLMContextFrame')) {
      return this.#answer(new LLMMessagesFrame((frame as LLMContextFrame).context.messages), ctx)
    }
    ctx.push(frame, direction)
    return undefined
  }

  /** Answers messages: push text frames `downstream`, which `direction` always is, or return them. Stop at `ctx.signal`. */
  abstract processLLMMessages(frame: LLMMessagesFrame, direction: FrameDirection, ctx: FrameContext): Result

  async #answer(frame: LLMMessagesFrame, ctx: FrameContext): Promise<void> {
    ctx.push(new LLMFullResponseStartFrame(), 'downstream')
    try {
      await this.#send(this.processLLMMessages(frame, 'downstream', ctx), ctx)
    } finally {
      ctx.push(new LLMFullResponseEndFrame(), 'downstream')
    }
  }

  async #send(result: Result, ctx: FrameContext): Promise<void> {
    if (result === undefined) return
    if (typeof result === 'object' && Symbol.asyncIterator in result) {
      const limits = { firstTimeoutMs: Infinity, idleTimeoutMs: Infinity }
      const push = (piece: Frame): void | Promise<void> => {
        ctx.push(piece, 'downstream')
        return ctx.ready('downstream')
      }
      await pumpEvents(() => result, push, { clock: this.runtime.clock, work: ctx, ...limits })
      return
    }
    const frame = await result
    if (frame !== undefined && isFrame(frame)) ctx.push(frame, 'downstream')
  }
}
