import type { TextTransform } from '../services/tts-types.ts'
import { ENGLISH } from './english.ts'
import { type MappedText, replaceMapped } from './mapped-text.ts'

/** One kind of writing that is read in another way than it is written. */
export interface SpokenRule {
  /** Names the rule, so that it can be left out: `number`, `money`, `date`, `time`, `phone`, `url`, `email` and so on. */
  readonly kind: string
  readonly pattern: RegExp
  /** What is said for a match; `undefined` leaves it as it is. */
  readonly speak: (match: RegExpExecArray) => string | undefined
}

/** How a language reads numbers, dates and addresses. The rules are tried in their order. */
export interface SpokenLanguage {
  /** BCP-47. */
  readonly code: string
  readonly rules: readonly SpokenRule[]
}

/** The options of {@link voiceNormalizer}. */
export interface VoiceNormalizerOptions {
  /** Default: {@link ENGLISH}. */
  readonly language?: SpokenLanguage | undefined
  /** Kinds of rules that are not applied, because the voice reads them well by itself. Default none. */
  readonly except?: readonly string[] | undefined
}

/** Markup for the voice with all it holds, or a single tag. */
const MARKUP = /<([a-z][\w-]*)\b[^<>]*(?<!\/)>[\s\S]*?<\/\1\s*>|<\/?[a-z][^<>]*>/giu

/**
 * A transform that writes numbers, money, dates, times, phone numbers and addresses as they are said. It knows where
 * each word came from, so that words are timed, shown and remembered as the model wrote them. Text inside markup for
 * the voice (`<spell>...</spell>`) is left alone.
 *
 * ```ts
 * new SomeTTSService({ textTransforms: [voiceNormalizer()] })
 * ```
 */
export function voiceNormalizer(options: VoiceNormalizerOptions = {}): TextTransform {
  const { language = ENGLISH, except = [] } = options
  const rules = language.rules.filter(({ kind }) => !except.includes(kind))
  return (text) => normalize(text, rules)
}

function normalize(text: string, rules: readonly SpokenRule[]): MappedText {
  let mapped: MappedText = { text, ends: undefined }
  for (const { pattern, speak } of rules) {
    const markup = [...mapped.text.matchAll(MARKUP)].map(({ index, 0: { length } }) => [index, index + length] as const)
    mapped = replaceMapped(mapped, pattern, (match) => {
      const end = match.index + match[0].length
      return markup.some((span) => match.index < span[1] && end > span[0]) ? undefined : speak(match)
    })
  }
  return mapped
}
