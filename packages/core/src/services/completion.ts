import type { TokenUsage } from '../observers/metrics.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { pumpEvents } from './event-pump.ts'
import type { LLMEvent, ToolRequest } from './llm-types.ts'
import type { Overtaken } from './overtaken.ts'
import { REQUEST_POLICY, retryDelayMs } from './retry.ts'

/** What a {@link Completion} does with a model's output. */
export interface CompletionSink {
  text(text: string): void | Promise<void>
  thought?(text: string, signature: string | undefined): void
  /** The first output of any kind, once. */
  began?(elapsedMs: number): void
  /** The answer did not begin in time and is asked for again, or given up. */
  timedOut?(): void
}

/** How a {@link Completion} is made. */
export interface CompletionOptions {
  readonly runtime: Runtime
  readonly work: Overtaken
  readonly firstTimeoutMs: number
  readonly idleTimeoutMs: number
}

/** How long a stream may go on after it said that the answer is complete, milliseconds: usage comes then. */
const AFTER_DONE_MS = 1000

/**
 * One answer of a model, whatever it takes: only a stream that said that it is complete counts as complete. A request
 * that failed in a way that may pass is repeated as long as no text was handed on.
 */
export class Completion {
  readonly toolCalls: ToolRequest[] = []
  usage: TokenUsage | undefined
  finishReason: string | undefined
  readonly #options: CompletionOptions
  readonly #sink: CompletionSink
  #handedOn = false
  #began = false
  /** It yielded only strings so far, at least one: then it needs no `done`. */
  #plain = false
  #startedMs = 0
  #afterDone: Timer | undefined
  #stop: () => void = () => {}

  constructor(options: CompletionOptions, sink: CompletionSink) {
    this.#options = options
    this.#sink = sink
  }

  /**
   * @returns `aborted` when the work was overtaken.
   * @throws PcError `stream-truncated`, `stream-stalled`, `first-output-timeout`, or what the provider threw.
   */
  async run(generate: (signal: AbortSignal) => AsyncIterable<LLMEvent>): Promise<'done' | 'aborted'> {
    const { runtime, work } = this.#options
    this.#startedMs = runtime.clock.nowMs()
    let timeouts = 0
    for (let retry = 0; ; retry++) {
      try {
        return await this.#attempt(generate)
      } catch (thrown) {
        if (work.stale) return 'aborted'
        const error = PcError.from(thrown, { code: 'completion-failed' })
        const timedOut = error.code === 'first-output-timeout'
        if (timedOut) this.#sink.timedOut?.()
        const delayMs = timedOut
          ? timeouts++ === 0
            ? 0
            : undefined
          : retryDelayMs(REQUEST_POLICY, retry, runtime.random)
        if (this.#handedOn || !error.retryable || delayMs === undefined) throw error
        runtime.log.log('warn', `A completion failed and is tried again: ${error.message}`, { code: error.code })
        if (!(await waited(runtime.clock, delayMs, work))) return 'aborted'
      }
    }
  }

  async #attempt(generate: (signal: AbortSignal) => AsyncIterable<LLMEvent>): Promise<'done' | 'aborted'> {
    const { runtime, work, firstTimeoutMs, idleTimeoutMs } = this.#options
    this.toolCalls.length = 0
    this.finishReason = undefined
    this.#plain = false
    let events = 0
    try {
      const outcome = await pumpEvents(
        generate,
        (event) => {
          this.#plain = typeof event === 'string' && (this.#plain || events === 0)
          events++
          return this.#take(event)
        },
        {
          clock: runtime.clock,
          work,
          firstTimeoutMs,
          idleTimeoutMs,
          onOpen: (stop) => {
            this.#stop = stop
          },
        },
      )
      if (work.stale) return 'aborted'
      if (outcome === 'done' && !this.#plain && this.finishReason === undefined) {
        const message = 'The stream ended before the answer was complete.'
        throw new PcError(message, { code: 'stream-truncated', kind: 'transient' })
      }
      return 'done'
    } catch (error) {
      if (this.finishReason === undefined || work.stale) throw error
      return 'done'
    } finally {
      this.#afterDone?.cancel()
    }
  }

  #take(event: LLMEvent): void | Promise<void> {
    if (typeof event === 'string') return this.#takeText(event)
    switch (event.type) {
      case 'text':
        return this.#takeText(event.text)
      case 'toolCall':
        this.#begin()
        this.toolCalls.push({ id: event.id, name: event.name, arguments: event.arguments })
        return undefined
      case 'reasoning':
        this.#begin()
        this.#sink.thought?.(event.text, event.signature)
        return undefined
      case 'usage':
        this.usage = event.usage
        return undefined
      case 'done':
        this.finishReason = event.finishReason
        this.#afterDone ??= this.#options.runtime.clock.setTimeout(() => this.#stop(), AFTER_DONE_MS)
        return undefined
    }
  }

  #takeText(text: string): void | Promise<void> {
    if (typeof text !== 'string' || text === '') return undefined
    this.#begin()
    this.#handedOn = true
    return this.#sink.text(text)
  }

  #begin(): void {
    if (this.#began) return
    this.#began = true
    this.#sink.began?.(this.#options.runtime.clock.nowMs() - this.#startedMs)
  }
}

/** True after the delay, false when the work was overtaken before. */
function waited(clock: Clock, delayMs: number, work: Overtaken): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => {
      removeAbort()
      resolve(true)
    }, delayMs)
    const removeAbort = work.onAbort(() => {
      timer.cancel()
      resolve(false)
    })
  })
}
