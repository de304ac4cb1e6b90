import type { Json } from '../definition/json.ts'

/** What an agent is told when it takes over; plain JSON, so that a snapshot can keep it. */
export interface Handoff {
  /** Who led the conversation before; `null` for the first. */
  readonly previousAgent: string | null
  /** Who takes over. */
  readonly agent: string
  /**
   * The conversation so far: a summary where one was made in time, else its last turns word for word. Empty where the
   * history is not handed on.
   */
  readonly conversationSummary: string
  /** What the state has under `customer`; empty when that is nothing, or no JSON. */
  readonly customerContext: Json
  /** What the one who handed over gave. */
  readonly additionalContext: HandoffContext
  readonly reason?: string | undefined
  /** ISO 8601. */
  readonly at: string
  /** The agents so far in order, this one last. */
  readonly path: readonly string[]
}

/** What is known to the one who hands over. */
export type HandoffContext = Readonly<Record<string, Json>>

/**
 * What the new agent reads of the conversation: all of it, a summary in its place, or nothing but what the hand-off says.
 */
export type HandoffHistory = 'share' | 'summary' | 'none'

/** How the conversation is handed over. */
export interface HandoffOptions {
  /** Default: what the context has under `reason`. */
  readonly reason?: string | undefined
  /** Default `share`. */
  readonly history?: HandoffHistory | undefined
  /** Said by the old agent, while the summary is made. */
  readonly say?: string | undefined
  /**
   * The agent comes back with a result: when its flow ends by `done`, the one before goes on where it was. Default false.
   */
  readonly return?: boolean | undefined
}
