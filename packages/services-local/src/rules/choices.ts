import type { Json } from './json-schema.ts'
import { unitValue } from './numbers.ts'
import type { Utterance } from './utterance.ts'
import { conceptOf, isFiller, isNearSpelling, stemOf, wordsOfName } from './words.ts'

/** One of several values, found in an utterance. */
export interface FoundChoice {
  value: Json
  /** How much of the value was said: 1 for each of its words, less when only similar or in part. */
  score: number
  /** Index of its first word. */
  at: number
}

/**
 * Finds which of the listed values were said, in the order of the utterance. Longer values win over values inside
 * them (`extra large` over `large`); a value after `not` or `without` was not chosen.
 */
export function choicesIn(values: readonly Json[], utterance: Utterance): FoundChoice[] {
  const found = values.flatMap((value) => {
    const match = matchOf(value, values, utterance)
    return match === undefined ? [] : [{ value, ...match }]
  })
  const best = found.filter((choice) => !found.some((other) => other !== choice && shadows(other, choice)))
  return best.sort((left, right) => left.at - right.at).map(({ value, score, at }) => ({ value, score, at }))
}

/** The one value that was chosen; nothing when the utterance asks `this or that?`. */
export function choiceIn(values: readonly Json[], utterance: Utterance): FoundChoice | undefined {
  const found = choicesIn(values, utterance)
  if (found.length < 2) return found[0]
  if (utterance.words.some((word) => word.lower === 'or')) return undefined
  const last = found.at(-1)
  const corrected = utterance.words
    .slice(0, last?.at ?? 0)
    .some((word, index) => index > (found[0]?.at ?? 0) && /^(no|actually|rather|instead|sorry|make)$/.test(word.lower))
  if (corrected) return last
  return found.reduce((best, choice) => (choice.score > best.score ? choice : best))
}

interface Match {
  score: number
  at: number
  covered: readonly number[]
}

function shadows(other: Match, choice: Match): boolean {
  return other.score > choice.score && choice.covered.every((index) => other.covered.includes(index))
}

function matchOf(value: Json, values: readonly Json[], utterance: Utterance): Match | undefined {
  const parts = partsOf(value)
  if (parts.length === 0) return undefined
  const places = parts.map((part) => placeOf(part, utterance))
  const covered = places.filter((place) => place.index >= 0)
  if (covered.length < parts.length && !isTelling(value, values, { parts, places })) return undefined
  const at = Math.min(...covered.map((place) => place.index))
  if (covered.length === 0 || isNegated(utterance, at)) return undefined
  const whole = covered.length === parts.length
  const score = covered.reduce((sum, place) => sum + place.score, 0)
  return { score: whole ? score : score * 0.6, at, covered: covered.map((place) => place.index) }
}

/** Whether the words of a value that were said belong to no other value. */
function isTelling(
  value: Json,
  values: readonly Json[],
  match: { parts: readonly string[]; places: readonly { index: number }[] },
): boolean {
  const said = match.parts.filter(
    (part, index) => (match.places[index]?.index ?? -1) >= 0 && part.length > 2 && !isFiller(part),
  )
  return (
    said.length > 0 && values.every((other) => other === value || !partsOf(other).some((part) => said.includes(part)))
  )
}

function partsOf(value: Json): string[] {
  const words = typeof value === 'string' ? wordsOfName(value) : [JSON.stringify(value)]
  const telling = words.filter((word) => !isFiller(word))
  return telling.length > 0 ? telling : words
}

function placeOf(part: string, utterance: Utterance): { index: number; score: number } {
  const concept = conceptOf(stemOf(part))
  const number = unitValue(part) ?? (/^\d+(?:\.\d+)?$/.test(part) ? Number(part) : undefined)
  if (number !== undefined) {
    const said = utterance.numbers.find((candidate) => candidate.value === number)
    return { index: said?.from ?? -1, score: 1 }
  }
  const exact = utterance.words.findIndex((word) => word.lower === part)
  if (exact >= 0) return { index: exact, score: 1 }
  const alike = utterance.words.findIndex((word) => conceptOf(word.stem) === concept)
  if (alike >= 0) return { index: alike, score: 0.95 }
  return { index: utterance.words.findIndex((word) => part.length > 4 && isNearSpelling(word.lower, part)), score: 0.8 }
}

function isNegated({ words }: Utterance, at: number): boolean {
  const before = words.slice(Math.max(0, at - 2), at).map((word) => word.lower)
  return before.some((lower) => lower === 'not' || lower === 'without' || lower === 'except' || lower === "don't")
}
