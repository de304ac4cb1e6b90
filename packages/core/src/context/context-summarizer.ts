import { LLMContextSummaryRequestFrame, LLMContextSummaryResultFrame } from '../frames/summary.ts'
import type { Timer } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { LLMContext } from './llm-context.ts'
import { createSummaryMessage, estimateTokens, headLength, legalCuts, transcriptOf } from './message-range.ts'
import { isSpecificMessage, type Message } from './messages.ts'
import {
  type AutoContextSummaryConfig,
  type ContextSummaryConfig,
  SUMMARY_PROMPT,
  SUMMARY_TEMPLATE,
  type SummaryModel,
} from './summary-config.ts'

/** What a summary did to its context. */
export interface SummaryApplied {
  readonly originalMessageCount: number
  readonly newMessageCount: number
  readonly summarizedMessageCount: number
  readonly preservedMessageCount: number
}

/** What a {@link ContextSummarizer} needs of its aggregator. */
export interface SummarizerHost {
  runtime(): Runtime
  push(request: LLMContextSummaryRequestFrame): void
  spawn(name: string, work: (signal: AbortSignal) => Promise<void>): void
  applied(outcome: SummaryApplied): void
  failed(error: PcError): void
}

interface Pending {
  readonly requestId: string
  /** What the summary replaces. */
  readonly messages: readonly Message[]
  readonly config: ContextSummaryConfig
  /** A pipeline may have no model that answers. */
  readonly giveUp: Timer
}

/** Summarises the older part of a context, one request at a time, and puts the summary in its place. */
export class ContextSummarizer {
  readonly #context: LLMContext
  readonly #config: AutoContextSummaryConfig
  readonly #host: SummarizerHost
  #pending: Pending | undefined = undefined

  /** @throws PcError `invalid-summary-config`. */
  constructor(context: LLMContext, config: AutoContextSummaryConfig, host: SummarizerHost) {
    verify(config)
    this.#context = context
    this.#config = config
    this.#host = host
  }

  /** Summarises when the context has grown beyond a limit. */
  check(): void {
    const { maxContextTokens = 8000, maxUnsummarizedMessages = 20 } = this.#config
    const { messages } = this.#context
    const tooMany = maxUnsummarizedMessages !== null && messages.length - 1 >= maxUnsummarizedMessages
    const tooLong = maxContextTokens !== null && estimateTokens(messages) >= maxContextTokens
    if (tooMany || tooLong) this.#request(this.#config)
  }

  /**
   * Summarises now, whatever the limits; reports when there is nothing to summarise.
   *
   * @throws PcError `invalid-summary-config`.
   */
  now(config: ContextSummaryConfig): void {
    const full = { ...this.#config, ...config }
    verify(full)
    if (this.#pending !== undefined) {
      this.#host.runtime().log.log('warn', 'The context is being summarised already: the request is ignored.')
    } else if (!this.#request(full)) {
      const message = 'There is nothing to summarise: the context is short, or its calls are still running.'
      this.#host.failed(new PcError(message, { code: 'nothing-to-summarize', kind: 'invalid-request' }))
    }
  }

  /** Applies a summary. One that nobody waits for, or whose messages have changed meanwhile, changes nothing. */
  take({ requestId, summary, error }: LLMContextSummaryResultFrame): void {
    const pending = this.#pending
    if (pending?.requestId !== requestId) return
    this.dispose()
    if (summary.trim() === '') {
      const reason = (error ?? 'the model gave no text').replace(/\.$/, '')
      this.#host.failed(
        new PcError(`The context was not summarised: ${reason}.`, { code: 'summary-failed', kind: 'transient' }),
      )
      return
    }
    this.#apply(pending, summary.trim())
  }

  /** Nobody waits for a summary any more. */
  dispose(): void {
    this.#pending?.giveUp.cancel()
    this.#pending = undefined
  }

  #request(config: AutoContextSummaryConfig): boolean {
    if (this.#pending !== undefined) return false
    const messages = selectForSummary(this.#context.messages, config.minMessagesAfterSummary ?? 4)
    if (messages.length === 0) return false
    const runtime = this.#host.runtime()
    const requestId = runtime.newId()
    const full = { ...config, targetContextTokens: targetTokens(config) }
    this.#pending = { requestId, messages, config: full, giveUp: this.#giveUpLater(requestId, config) }
    const request = new LLMContextSummaryRequestFrame(requestId, messages, full)
    const { llm } = config
    if (llm === undefined) this.#host.push(request)
    else {
      this.#host.spawn('summary', async (signal) =>
        this.take(await answerSummaryRequest(request, llm, { runtime, signal })),
      )
    }
    return true
  }

  #giveUpLater(requestId: string, { summarizationTimeoutSecs = 120 }: ContextSummaryConfig): Timer {
    const giveUp = (): void =>
      this.take(new LLMContextSummaryResultFrame(requestId, '', `no answer within ${summarizationTimeoutSecs} s`))
    // A little later than whoever answers gives up.
    return this.#host.runtime().clock.setTimeout(giveUp, summarizationTimeoutSecs * 1000 + 1000, { background: true })
  }

  #apply({ messages, config }: Pending, summary: string): void {
    const before = this.#context.messages.length
    // By a function, for `$&` in a summary has no meaning.
    const content = (config.summaryMessageTemplate ?? SUMMARY_TEMPLATE).replace('{summary}', () => summary)
    const survivors = messages.filter((message) => isSpecificMessage(message) && !isThought(message.message))
    const applied = this.#context.replaceMessages(messages, [createSummaryMessage(content), ...survivors])
    if (!applied) {
      this.#host.runtime().log.log('warn', 'A summary came for messages that have changed meanwhile and is ignored.')
      return
    }
    this.#host.applied({
      originalMessageCount: before,
      newMessageCount: this.#context.messages.length,
      summarizedMessageCount: messages.length,
      preservedMessageCount: before - messages.length,
    })
  }
}

/** Asks a model for the summary that a request wants. Never rejects: what goes wrong is in the result. */
export async function answerSummaryRequest(
  { requestId, messages, config }: LLMContextSummaryRequestFrame,
  llm: SummaryModel,
  { runtime, signal }: { readonly runtime: Runtime; readonly signal: AbortSignal },
): Promise<LLMContextSummaryResultFrame> {
  const { summarizationPrompt = SUMMARY_PROMPT, summarizationTimeoutSecs = 120, targetContextTokens } = config
  const controller = new AbortController()
  const stop = (): void => controller.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  const timer = runtime.clock.setTimeout(() => controller.abort(), summarizationTimeoutSecs * 1000)
  try {
    const context = new LLMContext([{ role: 'user', content: transcriptOf(messages) }])
    const options = { systemInstruction: summarizationPrompt, maxTokens: targetContextTokens }
    const summary = await llm.runInference(context, { ...options, signal: controller.signal })
    const late = controller.signal.aborted ? `no answer within ${summarizationTimeoutSecs} s` : undefined
    return new LLMContextSummaryResultFrame(requestId, summary ?? '', late)
  } catch (error) {
    return new LLMContextSummaryResultFrame(requestId, '', PcError.from(error).message)
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', stop)
  }
}

/** The messages between the instructions and the newest `keep`, as far as no call would be parted from its result. */
function selectForSummary(messages: readonly Message[], keep: number): readonly Message[] {
  const cuts = legalCuts(messages)
  const head = headLength(messages, { summary: false })
  let end = messages.length - keep
  while (end > head && !cuts[end]) end--
  const selected = messages.slice(head, Math.max(head, end))
  // A summary of nothing but the earlier summary gains nothing.
  return headLength(selected, { summary: true }) === selected.length ? [] : selected
}

function targetTokens({ targetContextTokens = 6000, maxContextTokens = 8000 }: AutoContextSummaryConfig): number {
  return maxContextTokens === null
    ? targetContextTokens
    : Math.min(targetContextTokens, Math.floor(maxContextTokens * 0.8))
}

function isThought(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'thought'
}

function verify(config: AutoContextSummaryConfig): void {
  const { maxContextTokens, maxUnsummarizedMessages, summaryMessageTemplate = SUMMARY_TEMPLATE } = config
  const { minMessagesAfterSummary = 4 } = config
  const numbers = {
    maxContextTokens,
    maxUnsummarizedMessages,
    targetContextTokens: config.targetContextTokens,
    summarizationTimeoutSecs: config.summarizationTimeoutSecs,
  }
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== undefined && value !== null && !(value > 0)) throw invalid(`${name} is ${value}; it must be above 0`)
  }
  if (!(minMessagesAfterSummary >= 0)) {
    throw invalid(`minMessagesAfterSummary is ${minMessagesAfterSummary}; it must be 0 or more`)
  }
  if (maxContextTokens === null && maxUnsummarizedMessages === null) {
    throw invalid('one of maxContextTokens and maxUnsummarizedMessages must be a number')
  }
  if (!summaryMessageTemplate.includes('{summary}')) throw invalid('summaryMessageTemplate has no {summary}')
}

function invalid(fault: string): PcError {
  return new PcError(`The configuration of context summaries does not hold: ${fault}.`, {
    code: 'invalid-summary-config',
    kind: 'config',
  })
}
