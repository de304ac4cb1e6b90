import type { PcError } from '../runtime/errors.ts'

/**
 * How a speech came to its end, and what of it was heard, in the model's own words.
 *
 * - `played`: all of it.
 * - `cut`: the user began to speak, or the application interrupted it.
 * - `failed`: it could not be generated or spoken, or not all of it.
 * - `ended`: the session was over before.
 */
export type SpeechOutcome =
  | { readonly status: 'played'; readonly heard: string }
  | { readonly status: 'cut'; readonly heard: string; readonly by: 'user' | 'application' }
  | { readonly status: 'failed'; readonly heard: string; readonly error: PcError }
  | { readonly status: 'ended'; readonly heard: string }

/**
 * One speech of the agent that the application asked for.
 *
 * ```ts
 * const { status, heard } = await session.say('Your order is on its way.').played
 * ```
 */
export interface SpeechHandle {
  readonly id: string
  /** `say`: the application's words; `reply`: the model's. */
  readonly source: 'say' | 'reply'
  /** False: the user is not listened to while it is being made and played. */
  readonly allowInterruptions: boolean
  /** What was heard of it so far. */
  readonly heard: string
  /** How it ended; `undefined` until then. */
  readonly outcome: SpeechOutcome | undefined
  /** Whether it was cut. */
  readonly interrupted: boolean
  /**
   * Settles when the listener has heard the end of it, or when that will never be. A reply goes on through the functions
   * that the model calls. It never rejects.
   */
  readonly played: Promise<SpeechOutcome>
  /** Cuts it, or takes it out of the queue; afterwards it does nothing. Returns what {@link played} is. */
  interrupt(): Promise<SpeechOutcome>
}
