export {
  type AdapterOptions,
  type Conversation,
  messagesFor,
  parseDataUrl,
  parsedArguments,
  toolsFor,
  unsupported,
  withoutSystem,
} from './conversation.ts'
export { cleanSchema, toGeminiSchema } from './json-schema.ts'
export {
  type OpenAIChatMessage,
  type OpenAIChatOptions,
  type OpenAIChatPart,
  type OpenAIChatRequest,
  type OpenAIChatTool,
  toOpenAIChat,
} from './openai-chat.ts'
export {
  type OpenAIResponsesItem,
  type OpenAIResponsesPart,
  type OpenAIResponsesRequest,
  type OpenAIResponsesTool,
  toOpenAIResponses,
} from './openai-responses.ts'
export {
  type AnthropicBlock,
  type AnthropicMessage,
  type AnthropicRequest,
  type AnthropicTool,
  toAnthropic,
} from './anthropic.ts'
export {
  type GeminiContent,
  type GeminiFunctionDeclaration,
  type GeminiPart,
  type GeminiRequest,
  type GeminiTool,
  toGemini,
} from './gemini.ts'
export { type BedrockBlock, type BedrockMessage, type BedrockRequest, type BedrockTool, toBedrock } from './bedrock.ts'
