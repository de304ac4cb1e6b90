import { LLMAssistantAggregator, type LLMAssistantAggregatorParams } from './assistant-aggregator.ts'
import type { LLMContext } from './llm-context.ts'
import { LLMUserAggregator, type LLMUserAggregatorParams } from './user-aggregator.ts'

/** How the halves of a pair work. */
export interface LLMContextAggregatorPairParams {
  readonly userParams?: LLMUserAggregatorParams | undefined
  readonly assistantParams?: LLMAssistantAggregatorParams | undefined
}

/** What {@link LLMContextAggregatorPair} takes in place of a plain context: one context, or one for each half. */
export type LLMContextAggregatorPairOptions = (
  | { readonly context: LLMContext }
  | { readonly user: LLMContext; readonly assistant: LLMContext }
) &
  LLMContextAggregatorPairParams

/**
 * The two halves that keep a context: what the user says, and what the agent says and does. `user` and `assistant` are
 * functions that always return the same processor, and may stand in a pipeline's list as they are.
 *
 * ```ts
 * const pair = new LLMContextAggregatorPair(context)
 * new Pipeline([input, stt, pair.user, llm, tts, output, pair.assistant])
 * ```
 */
export class LLMContextAggregatorPair {
  /** The user's half: before the model. */
  readonly user: () => LLMUserAggregator
  /** The assistant's half: after the output transport, or before the speech service. */
  readonly assistant: () => LLMAssistantAggregator

  /** @param params - goes with a plain context. */
  constructor(contexts: LLMContext | LLMContextAggregatorPairOptions, params: LLMContextAggregatorPairParams = {}) {
    const options: LLMContextAggregatorPairOptions =
      'addMessage' in contexts ? { context: contexts, ...params } : { ...params, ...contexts }
    const [ofUser, ofAssistant] =
      'context' in options ? [options.context, options.context] : [options.user, options.assistant]
    const user = new LLMUserAggregator({ context: ofUser, params: options.userParams, paired: true })
    const assistant = new LLMAssistantAggregator({
      context: ofAssistant,
      params: options.assistantParams,
      onResponse: (phase) => user.modelAnswers(phase),
    })
    this.user = () => user
    this.assistant = () => assistant
  }

  /** `const [user, assistant] = pair`. */
  *[Symbol.iterator](): Generator<LLMUserAggregator | LLMAssistantAggregator, void, undefined> {
    yield this.user()
    yield this.assistant()
  }
}
