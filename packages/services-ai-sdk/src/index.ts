export { AISDKLLMService, type AISDKLLMServiceOptions } from './ai-sdk-llm-service.ts'
export type { LanguageModel } from './language-model.ts'
