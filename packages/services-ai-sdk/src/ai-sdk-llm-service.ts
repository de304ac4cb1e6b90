import type { SharedV3ProviderOptions } from '@ai-sdk/provider'
import {
  type GenerateOptions,
  type LLMContext,
  type LLMEvent,
  LLMService,
  type LLMServiceOptions,
  type LLMSettings,
  PcError,
} from '@pc/core'
import { toPcError } from './ai-sdk-error.ts'
import { readAnswer } from './answer-stream.ts'
import { CallMemory } from './call-memory.ts'
import type { CallOptions, LanguageModel, StreamingModel } from './language-model.ts'
import { plainFile, taggedFile, toPrompt } from './prompt.ts'
import { toolsOf } from './tools.ts'

/** The options of {@link AISDKLLMService}. What is left out is not sent, and the provider's default holds. */
export interface AISDKLLMServiceOptions extends Omit<LLMServiceOptions, 'settings'> {
  /** A model, or the id of one that `provider` knows. */
  model: LanguageModel | string
  /** Finds models by their id, for settings that change while it runs: what `createOpenAI()` and its like return. */
  provider?: ((modelId: string) => LanguageModel) | undefined
  /** Stands before everything else the model reads. */
  systemInstruction?: string | undefined
  temperature?: number | undefined
  /** 0 to 1. */
  topP?: number | undefined
  topK?: number | undefined
  /** The longest answer, tokens. */
  maxTokens?: number | undefined
  frequencyPenalty?: number | undefined
  presencePenalty?: number | undefined
  seed?: number | undefined
  /** Texts at which the answer ends. */
  stop?: string | readonly string[] | undefined
  /** How much the model thinks first; models of the SDK 7 only, others have a provider option for it. */
  reasoning?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max' | undefined
  /** By provider, in its own spelling: `{ openai: { serviceTier: 'priority' } }`. */
  providerOptions?: SharedV3ProviderOptions | undefined
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>> | undefined
}

/**
 * Any language model of the Vercel AI SDK 5, 6 or 7.
 *
 * ```ts
 * new AISDKLLMService({ model: anthropic('claude-haiku-4-5'), temperature: 0.7 })
 * ```
 *
 * Errors: `unknown-model`; `stream-truncated`, `stream-stalled`, `first-output-timeout`, `malformed-message`,
 * `connection-failed`, `missing-api-key`, `unsupported-content`, and the vendor's own codes.
 */
export class AISDKLLMService extends LLMService {
  readonly #model: LanguageModel | undefined
  readonly #provider: ((modelId: string) => LanguageModel) | undefined
  readonly #memory = new CallMemory()

  constructor(options: AISDKLLMServiceOptions) {
    super({ ...options, settings: toSettings(options) })
    this.#model = typeof options.model === 'string' ? undefined : options.model
    this.#provider = options.provider
    if (typeof options.model === 'string' && options.provider === undefined) throw unknownModel(options.model)
  }

  override async *generate(context: LLMContext, options: GenerateOptions): AsyncIterable<LLMEvent> {
    const { log } = this.runtime
    try {
      const found = this.#find(options.settings.model)
      const model: StreamingModel = found
      const { stream } = await model.doStream(await this.#request(context, found, options))
      yield* readAnswer(stream, { memory: this.#memory, log })
    } catch (error) {
      throw toPcError(error, this.name)
    }
  }

  #find(modelId: string | undefined): LanguageModel {
    if (this.#model !== undefined && (modelId === undefined || modelId === this.#model.modelId)) return this.#model
    if (this.#provider === undefined || modelId === undefined) throw unknownModel(modelId)
    return this.#provider(modelId)
  }

  async #request(context: LLMContext, model: LanguageModel, options: GenerateOptions): Promise<CallOptions> {
    const { settings, signal, tools, toolChoice } = options
    const { stop, reasoning, ...extra } = settings.extra ?? {}
    const rest = {
      abortSignal: signal,
      ...given({
        temperature: settings.temperature,
        topP: settings.topP,
        topK: settings.topK,
        maxOutputTokens: settings.maxTokens,
        frequencyPenalty: settings.frequencyPenalty,
        presencePenalty: settings.presencePenalty,
        seed: settings.seed,
        stopSequences: typeof stop === 'string' ? [stop] : stop,
        ...extra,
      }),
    }
    const writing = {
      systemInstruction: settings.systemInstruction,
      log: this.runtime.log,
      memory: this.#memory,
      supportedUrls: await model.supportedUrls,
    }
    const choice = { tools, toolChoice }
    switch (model.specificationVersion) {
      case 'v4': {
        const prompt = toPrompt(context, { ...writing, file: taggedFile })
        return { prompt, ...rest, ...toolsOf(choice, 'provider'), ...given({ reasoning }) }
      }
      case 'v3':
        return { prompt: toPrompt(context, { ...writing, file: plainFile }), ...rest, ...toolsOf(choice, 'provider') }
      case 'v2': {
        const prompt = toPrompt(context, { ...writing, file: plainFile })
        return { prompt, ...rest, ...toolsOf(choice, 'provider-defined') }
      }
    }
  }
}

function unknownModel(modelId: string | undefined): PcError {
  const message = `AISDKLLMService does not know the model ${modelId ?? ''}: pass a model, or a provider that finds it.`
  return new PcError(message, { code: 'unknown-model', kind: 'config' })
}

/** Options without those that were not given, so that they do not hide defaults. */
function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function toSettings(options: AISDKLLMServiceOptions): LLMSettings {
  const { model, stop, reasoning, providerOptions, headers } = options
  return {
    model: typeof model === 'string' ? model : model.modelId,
    systemInstruction: options.systemInstruction,
    temperature: options.temperature,
    topP: options.topP,
    topK: options.topK,
    maxTokens: options.maxTokens,
    frequencyPenalty: options.frequencyPenalty,
    presencePenalty: options.presencePenalty,
    seed: options.seed,
    extra: given({ stop, reasoning, providerOptions, headers }),
  }
}
