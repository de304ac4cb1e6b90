import type { LLMContext } from '../context/llm-context.ts'
import { isSpecificMessage, type Message } from '../context/messages.ts'
import type { ToolsSchema } from '../context/tools.ts'
import type { TokenUsage } from '../observers/metrics.ts'
import { PcError } from '../runtime/errors.ts'
import { haveSameWords } from '../text/words.ts'
import type { GenerateOptions, LLMEvent } from './llm-types.ts'
import type { LLMSettings } from './settings.ts'

/** What a model is asked, as it stood when it was asked. */
export interface Question {
  readonly context: LLMContext
  readonly messages: readonly Message[]
  /** Those of the context. */
  readonly tools: ToolsSchema | undefined
  /** Without what is composed into them. */
  readonly base: Readonly<LLMSettings>
  readonly options: Omit<GenerateOptions, 'signal'>
}

/** What {@link Speculations} needs of the model's service. */
export interface SpeculationHost {
  readonly metrics: { llmUsage(usage: TokenUsage): void }
  spawn(name: string, work: (signal: AbortSignal) => Promise<void>): void
  generate(context: LLMContext, options: GenerateOptions): AsyncIterable<LLMEvent>
}

/**
 * Answers to questions that may never be asked. Of an answer nothing leaves before the question comes; the words decide
 * whether it is the same. There is one at a time.
 */
export class Speculations {
  readonly #host: SpeculationHost
  #current: Speculation | undefined

  constructor(host: SpeculationHost) {
    this.#host = host
  }

  /** Asks ahead. What was asked ahead before is given up; without a question that is all. */
  begin(question: Question | undefined): void {
    this.drop()
    if (question === undefined) return
    const speculation = new Speculation(question)
    this.#current = speculation
    this.#host.spawn('speculation', (signal) => speculation.run(this.#host, signal))
  }

  /**
   * The answer to a question. If it was asked ahead and has not failed: from its beginning, as far as it has come, and
   * then as it comes. Anything else that was asked ahead is given up.
   */
  answer(question: Question, signal: AbortSignal): AsyncIterable<LLMEvent> {
    const speculation = this.#current
    if (speculation?.answers(question) === true) {
      this.#current = undefined
      return speculation.replay(signal)
    }
    this.drop()
    return this.#host.generate(question.context, { ...question.options, signal })
  }

  /** Gives up what was asked ahead. Its tokens were spent all the same. */
  drop(): void {
    const speculation = this.#current
    this.#current = undefined
    speculation?.drop()
    if (speculation?.usage !== undefined) this.#host.metrics.llmUsage(speculation.usage)
  }
}

class Speculation {
  readonly #question: Question
  readonly #controller = new AbortController()
  readonly #events: LLMEvent[] = []
  #over = false
  #error: PcError | undefined
  #more = Promise.withResolvers<void>()

  constructor(question: Question) {
    this.#question = question
  }

  get usage(): TokenUsage | undefined {
    return this.#events.reduce<TokenUsage | undefined>(
      (usage, event) => (typeof event === 'object' && event.type === 'usage' ? event.usage : usage),
      undefined,
    )
  }

  async run(host: SpeculationHost, life: AbortSignal): Promise<void> {
    const drop = (): void => this.drop()
    life.addEventListener('abort', drop, { once: true })
    const given = Promise.withResolvers<void>()
    this.#controller.signal.addEventListener('abort', () => given.resolve(), { once: true })
    // A stream that does not heed its signal is not waited for.
    await Promise.race([this.#collect(host), given.promise])
    life.removeEventListener('abort', drop)
  }

  /** Whether this is what was asked, but for how the last words are written, and it has not failed. */
  answers({ messages, tools, base, options }: Question): boolean {
    const own = this.#question
    if (this.#error !== undefined || own.base !== base || own.tools !== tools) return false
    if (own.options.settings.systemInstruction !== options.settings.systemInstruction) return false
    if (own.options.toolChoice !== options.toolChoice || own.messages.length !== messages.length) return false
    const last = messages.length - 1
    return own.messages.every(
      (message, i) => message === messages[i] || (i === last && sameWords(message, messages[i])),
    )
  }

  async *replay(signal: AbortSignal): AsyncIterable<LLMEvent> {
    const drop = (): void => this.drop(signal.reason)
    signal.addEventListener('abort', drop, { once: true })
    if (signal.aborted) drop()
    try {
      for (let next = 0; ;) {
        for (; next < this.#events.length; next++) yield this.#events[next]!
        if (this.#error !== undefined) throw this.#error
        if (this.#over) return
        await this.#more.promise
      }
    } finally {
      signal.removeEventListener('abort', drop)
    }
  }

  drop(reason?: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#controller.abort(reason)
    this.#more.resolve()
  }

  async #collect(host: SpeculationHost): Promise<void> {
    try {
      const { context, options } = this.#question
      const { signal } = this.#controller
      for await (const event of host.generate(context, { ...options, signal })) {
        if (this.#over) return
        this.#events.push(event)
        this.#tell()
      }
    } catch (error) {
      if (!this.#over) this.#error = PcError.from(error, { code: 'completion-failed' })
    }
    this.#over = true
    this.#tell()
  }

  #tell(): void {
    const { resolve } = this.#more
    this.#more = Promise.withResolvers<void>()
    resolve()
  }
}

function sameWords(one: Message, other: Message | undefined): boolean {
  if (other === undefined || isSpecificMessage(one) || isSpecificMessage(other)) return false
  if (one.role !== 'user' || other.role !== 'user') return false
  if (typeof one.content !== 'string' || typeof other.content !== 'string') return false
  return haveSameWords(one.content, other.content)
}
