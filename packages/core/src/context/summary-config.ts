import type { InferenceOptions } from '../services/llm-types.ts'
import type { LLMContext } from './llm-context.ts'

/** A model that can be asked out of band; every LLMService is one. */
export interface SummaryModel {
  runInference(context: LLMContext, options?: InferenceOptions): Promise<string | null>
}

/** How a context is summarised. */
export interface ContextSummaryConfig {
  /** The length of a summary at most, tokens. Default 6000. */
  readonly targetContextTokens?: number | undefined
  /** How many of the newest messages stay as they are. Default 4. */
  readonly minMessagesAfterSummary?: number | undefined
  /** What the model is told to do. Default: an own text that asks for facts, preferences, decisions and open points. */
  readonly summarizationPrompt?: string | undefined
  /** The message that takes the place of what was summarised. Default `Conversation summary: {summary}`. */
  readonly summaryMessageTemplate?: string | undefined
  /** A summary that takes longer is given up, seconds. Default 120. */
  readonly summarizationTimeoutSecs?: number | undefined
  /** A model of its own, in the pipeline or not. Default: the model of the pipeline. */
  readonly llm?: SummaryModel | undefined
}

/** When a context is summarised by itself, and how. `null` takes a limit away; one must stay. */
export interface AutoContextSummaryConfig extends ContextSummaryConfig {
  /** Estimated tokens from which on it is. Default 8000. */
  readonly maxContextTokens?: number | null | undefined
  /** Messages after the first from which on it is. Default 20. */
  readonly maxUnsummarizedMessages?: number | null | undefined
}

/** What a model is told to do with the older part of a conversation. */
export const SUMMARY_PROMPT = `You compress the older part of a conversation between a user and a voice agent. Your text will replace it: what you leave out is forgotten.

Keep, as exactly as they were said:
- facts about the user: names, numbers, addresses, dates, amounts, accounts
- preferences of the user, and how they want to be treated
- what was decided, promised or confirmed, and what functions were called for and found
- what is still open, and the question that was asked last

When the conversation begins with an earlier summary, carry over everything in it that still holds. Leave out greetings, repetitions and corrected mistakes. Write short factual sentences in the language of the conversation, without an introduction.`

/** How it stands in the context when nothing else is said. */
export const SUMMARY_TEMPLATE = 'Conversation summary: {summary}'
