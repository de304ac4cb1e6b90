import { type AnyFrame, type Clock, type Frame, LLMService, type Observer, type PipelineTask } from '@pc/core'
import type { FlowMetrics } from './flow-metrics.ts'

/** What a {@link ReplyRecorder} needs. */
export interface ReplyRecorderOptions {
  readonly clock: Clock
  readonly metrics: FlowMetrics
  /** The node that the conversation is in. */
  node(): string
  /** A reply begins. Gives what takes its text, if anybody wants it: it is called when the reply is complete. */
  begins(): ((text: string) => void) | undefined
}

interface Reply {
  readonly node: string
  readonly beganMs: number
  readonly keep: ((text: string) => void) | undefined
  text: string
}

/** Measures the model's replies, and hands on those without calls that somebody wants to keep. */
export class ReplyRecorder implements Observer {
  readonly frames: readonly string[] = [
    'LLMFullResponseStartFrame',
    'LLMFullResponseEndFrame',
    'LLMTextFrame',
    'FunctionCallsStartedFrame',
  ]
  readonly #options: ReplyRecorderOptions
  readonly #seen = new WeakSet<Frame>()
  #reply: Reply | undefined = undefined
  #called = false
  #failed = false
  /** What comes now is no reply of the model. */
  isDeaf = false

  constructor(options: ReplyRecorderOptions, task: PipelineTask) {
    this.#options = options
    for (const service of task.processors) {
      if (service instanceof LLMService) service.on('completionError', () => this.#fails())
    }
  }

  onPushFrame(frame: Frame): void {
    if (this.#seen.has(frame)) return
    this.#seen.add(frame)
    if (!this.isDeaf) this.#take(frame as AnyFrame)
  }

  #take(frame: AnyFrame): void {
    switch (frame.type) {
      case 'LLMFullResponseStartFrame': {
        const { clock, node, begins } = this.#options
        this.#called = this.#failed = false
        this.#reply = { node: node(), beganMs: clock.nowMs(), keep: begins(), text: '' }
        return
      }
      case 'LLMTextFrame':
        if (this.#reply?.keep !== undefined) this.#reply.text += frame.text
        return
      case 'LLMFullResponseEndFrame': {
        const reply = this.#reply
        this.#reply = undefined
        // That it has failed, or calls functions, is told right behind its end.
        if (reply !== undefined) void Promise.resolve().then(() => this.#judge(reply))
        return
      }
      case 'FunctionCallsStartedFrame':
        this.#called = true
        return
      default:
    }
  }

  #fails(): void {
    this.#failed = true
    this.#options.metrics.record('llm_error', 1, this.#options.node())
  }

  #judge({ node, beganMs, keep, text }: Reply): void {
    if (this.#failed) return
    const { clock, metrics } = this.#options
    metrics.record('llm_success', 1, node)
    metrics.record('llm_response_time', (clock.nowMs() - beganMs) / 1000, node)
    if (!this.#called && text.trim() !== '') keep?.(text)
  }
}
