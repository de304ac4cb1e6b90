export {
  type ContentPart,
  isSpecificMessage,
  type LLMSpecificMessage,
  loggableMessages,
  type Message,
  messageText,
  type MessageToolCall,
  type StandardMessage,
} from './messages.ts'
export {
  type CheckedArguments,
  defineFunction,
  type FunctionCallOptions,
  type FramePusher,
  type FunctionDefinition,
  FunctionSchema,
  type FunctionTraits,
  type ToolCallContext,
  type ToolHandler,
  type TypedFunctionDefinition,
} from './function-schema.ts'
export {
  describeIssue,
  type JsonSchema,
  type SchemaIssue,
  type SchemaOutput,
  type SchemaResult,
  type StandardSchema,
} from './standard-schema.ts'
export { type CustomTools, type ToolChoice, type Tools, type ToolsDefinition, ToolsSchema } from './tools.ts'
export { LLMContext, LLMContext as OpenAILLMContext, type LLMContextOptions, type MessagePlace } from './llm-context.ts'
export {
  type UserAggregatorEvents,
  LLMUserAggregator,
  LLMUserAggregator as LLMUserContextAggregator,
  type LLMUserAggregatorOptions,
  type LLMUserAggregatorParams,
  type UserTurnMessage,
} from './user-aggregator.ts'
export {
  type AssistantAggregatorEvents,
  type AssistantTurnMessage,
  LLMAssistantAggregator,
  LLMAssistantAggregator as LLMAssistantContextAggregator,
  type LLMAssistantAggregatorOptions,
  type LLMAssistantAggregatorParams,
} from './assistant-aggregator.ts'
export type { AssistantThought } from './thought-recorder.ts'
export { createAudioMessage, createImageMessage, type MediaMessageOptions } from './media-messages.ts'
export { transcriptOf } from './message-range.ts'
export { decodeToolContent, encodeToolContent, type ToolCallState } from './tool-messages.ts'
export { pruneMessages, type PruneLimits } from './prune-messages.ts'
export type { SummaryApplied } from './context-summarizer.ts'
export type { AutoContextSummaryConfig, ContextSummaryConfig, SummaryModel } from './summary-config.ts'
export {
  LLMContextAggregatorPair,
  type LLMContextAggregatorPairOptions,
  type LLMContextAggregatorPairParams,
} from './aggregator-pair.ts'
