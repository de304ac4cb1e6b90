import type { LanguageModelV2ReasoningPart, SharedV2ProviderOptions } from '@ai-sdk/provider'

/** What a provider wants back with a call that its model made. */
export interface RememberedCall {
  /** Signatures, item ids and the like. */
  readonly providerOptions?: SharedV2ProviderOptions
  /** The thoughts of the answer, with its first call. */
  readonly reasoning: readonly LanguageModelV2ReasoningPart[]
}

const MOST_CALLS = 1000

/**
 * Keeps what the universal context has no place for and some providers refuse to go on without: thoughts and signatures
 * that belong to a function call.
 */
export class CallMemory {
  readonly #calls = new Map<string, RememberedCall>()

  set(toolCallId: string, call: RememberedCall): void {
    this.#calls.delete(toolCallId)
    this.#calls.set(toolCallId, call)
    if (this.#calls.size <= MOST_CALLS) return
    for (const oldest of this.#calls.keys()) {
      this.#calls.delete(oldest)
      return
    }
  }

  get(toolCallId: string): RememberedCall | undefined {
    return this.#calls.get(toolCallId)
  }
}
