import {
  type GenerateOptions,
  type LLMContext,
  type LLMEvent,
  LLMService,
  type LLMServiceOptions,
  type LLMSettings,
  type PipelineSetup,
  PcError,
} from '@pc/core'
import { toOpenAIChat } from '@pc/core/adapters'
import type OpenAI from 'openai'
import { readChatStream } from './chat-stream.ts'
import { DEFAULT_MODELS, quickestReasoning } from './models.ts'
import {
  createClient,
  given,
  type OpenAIAccess,
  type OpenAIConnectionOptions,
  readAccess,
  warnOfShutdown,
} from './openai-client.ts'
import { toPcError } from './openai-error.ts'

type ChatRequest = OpenAI.Chat.Completions.ChatCompletionCreateParamsStreaming

/** The options of {@link OpenAILLMService}. What is left out is not sent, and the provider's default holds. */
export interface OpenAILLMServiceOptions extends Omit<LLMServiceOptions, 'settings'>, OpenAIConnectionOptions {
  /** Default `gpt-6-luna`. */
  model?: string | undefined
  /** Stands before everything else the model reads. */
  systemInstruction?: string | undefined
  /** 0 to 2. */
  temperature?: number | undefined
  /** 0 to 1. */
  topP?: number | undefined
  /** The longest answer, tokens, reasoning included. */
  maxTokens?: number | undefined
  /** -2 to 2. */
  frequencyPenalty?: number | undefined
  /** -2 to 2. */
  presencePenalty?: number | undefined
  seed?: number | undefined
  /** Texts at which the answer ends. */
  stop?: string | readonly string[] | undefined
  /** How much the model thinks first. Default: as little as the model can. */
  reasoningEffort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | undefined
  verbosity?: 'low' | 'medium' | 'high' | undefined
  serviceTier?: 'auto' | 'default' | 'flex' | 'priority' | undefined
  parallelToolCalls?: boolean | undefined
  promptCacheKey?: string | undefined
  /** A stable, anonymous id of the user. */
  safetyIdentifier?: string | undefined
  /** Whether the provider keeps the answer. */
  store?: boolean | undefined
  metadata?: Readonly<Record<string, string>> | undefined
  /** Sent in the request as it is, in the provider's own spelling. */
  extra?: Readonly<Record<string, unknown>> | undefined
}

/** Settings of this provider alone, by their names in a request. */
const WIRE_NAMES: Readonly<Record<string, string>> = {
  reasoningEffort: 'reasoning_effort',
  serviceTier: 'service_tier',
  parallelToolCalls: 'parallel_tool_calls',
  promptCacheKey: 'prompt_cache_key',
  safetyIdentifier: 'safety_identifier',
}

/**
 * A language model of OpenAI, over chat completions.
 *
 * ```ts
 * new OpenAILLMService({ model: 'gpt-6-luna', temperature: 0.7, onLLMError: { say: 'Sorry, say that again?' } })
 * ```
 *
 * Errors: `missing-api-key` from the constructor; `stream-truncated`, `stream-stalled`, `first-output-timeout`,
 * `malformed-message`, `connection-failed`, and the provider's own codes such as `rate_limit_exceeded`.
 */
export class OpenAILLMService extends LLMService {
  readonly #access: OpenAIAccess
  #client: OpenAI | undefined

  constructor(options: OpenAILLMServiceOptions = {}) {
    super({ ...options, settings: toSettings(options) })
    this.#access = readAccess(options, 'OpenAILLMService')
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    this.#client = createClient(this.#access, setup.runtime)
    warnOfShutdown(this.settings.model, setup.runtime)
    return super.onSetup(setup)
  }

  override async *generate(context: LLMContext, options: GenerateOptions): AsyncIterable<LLMEvent> {
    if (this.#client === undefined) {
      throw new PcError('OpenAILLMService is not part of a running task yet.', { code: 'not-set-up', kind: 'config' })
    }
    const { signal } = options
    try {
      const chunks = await this.#client.chat.completions.create(this.#request(context, options), { signal })
      yield* readChatStream(chunks)
    } catch (error) {
      throw toPcError(error, this.name)
    }
  }

  #request(context: LLMContext, { settings, tools, toolChoice }: GenerateOptions): ChatRequest {
    const { model = DEFAULT_MODELS.chat, systemInstruction, extra = {} } = settings
    const { log } = this.runtime
    const shape = toOpenAIChat(context, { systemInstruction, tools: tools ?? null, toolChoice, log })
    const wireExtra = Object.fromEntries(
      Object.entries(extra).map(([name, value]) => [WIRE_NAMES[name] ?? name, value]),
    )
    return {
      ...shape,
      model,
      stream: true,
      stream_options: { include_usage: true },
      ...given({
        temperature: settings.temperature,
        top_p: settings.topP,
        max_completion_tokens: settings.maxTokens,
        frequency_penalty: settings.frequencyPenalty,
        presence_penalty: settings.presencePenalty,
        seed: settings.seed,
        reasoning_effort: quickestReasoning(model),
        ...wireExtra,
      }),
    }
  }
}

function toSettings(options: OpenAILLMServiceOptions): LLMSettings {
  return {
    model: options.model ?? DEFAULT_MODELS.chat,
    systemInstruction: options.systemInstruction,
    temperature: options.temperature,
    topP: options.topP,
    maxTokens: options.maxTokens,
    frequencyPenalty: options.frequencyPenalty,
    presencePenalty: options.presencePenalty,
    seed: options.seed,
    extra: {
      ...given({
        stop: options.stop,
        reasoningEffort: options.reasoningEffort,
        verbosity: options.verbosity,
        serviceTier: options.serviceTier,
        parallelToolCalls: options.parallelToolCalls,
        promptCacheKey: options.promptCacheKey,
        safetyIdentifier: options.safetyIdentifier,
        store: options.store,
        metadata: options.metadata,
      }),
      ...options.extra,
    },
  }
}
