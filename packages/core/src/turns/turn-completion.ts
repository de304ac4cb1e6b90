import { PcError } from '../runtime/errors.ts'

/** How a language model judges whether the user has finished; see `LLMTurnCompletionUserTurnStopStrategy`. */
export interface TurnCompletionConfig {
  /** Replaces the instructions that explain the marks to the model. */
  readonly instructions?: string | undefined
  /** How long to wait for a user who will soon go on, seconds. Default 5. */
  readonly incompleteShortTimeoutSecs?: number | undefined
  /** How long to wait for a user who wants time to think, seconds. Default 10. */
  readonly incompleteLongTimeoutSecs?: number | undefined
  /** What the model is told when a user who would soon go on did not. */
  readonly incompleteShortPrompt?: string | undefined
  /** What the model is told when a user who wanted time has had it. */
  readonly incompleteLongPrompt?: string | undefined
}

/** The marks that an answer begins with. */
export const TURN_MARKS: {
  readonly complete: '✓'
  readonly incompleteShort: '○'
  readonly incompleteLong: '◐'
} = { complete: '✓', incompleteShort: '○', incompleteLong: '◐' }

/** The config with its defaults. */
export function turnCompletionDefaults(config: TurnCompletionConfig): {
  readonly [K in keyof TurnCompletionConfig]-?: NonNullable<TurnCompletionConfig[K]>
} {
  const { incompleteShortTimeoutSecs = 5, incompleteLongTimeoutSecs = 10 } = config
  for (const [name, value] of Object.entries({ incompleteShortTimeoutSecs, incompleteLongTimeoutSecs })) {
    if (Number.isFinite(value) && value > 0) continue
    const message = `${name} is ${value}; use a number of seconds above 0.`
    throw new PcError(message, { code: 'invalid-turn-options', kind: 'config' })
  }
  return {
    instructions: config.instructions ?? INSTRUCTIONS,
    incompleteShortTimeoutSecs,
    incompleteLongTimeoutSecs,
    incompleteShortPrompt: config.incompleteShortPrompt ?? SHORT_PROMPT,
    incompleteLongPrompt: config.incompleteLongPrompt ?? LONG_PROMPT,
  }
}

const INSTRUCTIONS = `You are in a spoken conversation, and you also judge whether the user has finished speaking.
The very first character of everything you write is one of these three marks:
✓ The user has finished, or you speak without having been spoken to. Write the mark, one space, and your answer.
○ The user broke off in the middle of a thought and will go on in a moment ("I would like to", "my number is 0 7"). Write only the mark.
◐ The user wants time to think or to look something up ("let me see", "one moment"). Write only the mark.
When in doubt, take the user for finished. The marks are never spoken and never explained.`

const SHORT_PROMPT =
  'The user broke off and has not gone on. Begin with ✓ and, in a few friendly words, invite them to finish what they were saying.'
const LONG_PROMPT =
  'The user has had time to think and has not gone on. Begin with ✓ and, in a few friendly words, ask whether they are ready or need help.'
