import type {
  LanguageModelV2,
  LanguageModelV2CallOptions,
  LanguageModelV2StreamPart,
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3StreamPart,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider'

/** A language model of the AI SDK 5, 6 or 7, as its providers make them: `openai('gpt-6-luna')`. */
export type LanguageModel = LanguageModelV2 | LanguageModelV3 | LanguageModelV4

/** @internal A piece of an answer, of any version. */
export type StreamPart = LanguageModelV2StreamPart | LanguageModelV3StreamPart | LanguageModelV4StreamPart

/** @internal What a model is asked, of any version. */
export type CallOptions = LanguageModelV2CallOptions | LanguageModelV3CallOptions | LanguageModelV4CallOptions

/** @internal The part of a model that is used here. */
export interface StreamingModel {
  doStream(options: CallOptions): PromiseLike<{ readonly stream: ReadableStream<StreamPart> }>
}
