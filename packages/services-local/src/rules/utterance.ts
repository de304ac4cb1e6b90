import { daysIn } from './dates.ts'
import type { SpokenDay } from './dates.ts'
import { asksOpeningHours, isInquiry, withOpening } from './inquiry.ts'
import { numbersIn } from './numbers.ts'
import type { Span, SpokenNumber } from './numbers.ts'
import { timesIn } from './times.ts'
import type { SpokenTime } from './times.ts'
import { conceptOf, isFiller, wordsOf } from './words.ts'
import type { Word } from './words.ts'

/** What was understood of one utterance before any tool or topic is looked at. */
export interface Utterance {
  text: string
  words: readonly Word[]
  days: readonly SpokenDay[]
  times: readonly SpokenTime[]
  /** Numbers that are no part of a day or a time. */
  numbers: readonly SpokenNumber[]
  /** The concepts of the words that mean something. */
  content: ReadonlySet<string>
  /** It asks to be told something, rather than for something to be done. */
  isInquiry: boolean
  /** Concepts that it is about without saying them. */
  implied: ReadonlySet<string>
  /** Agreement or refusal at the beginning of the utterance. */
  answer: 'yes' | 'no' | undefined
}

const maxChars = 2000
const yesPattern =
  /^(?:yes|yeah|yep|yup|sure|correct|right|exactly|definitely|absolutely|certainly|indeed|of course|ok|okay|fine|perfect|great|sounds (?:good|great|right)|looks (?:good|great|right)|that'?s (?:right|correct|fine|good|it)|that is (?:right|correct|fine)|that works|please do|go ahead|why not|no problem|i do|i am|i would|i'd love)\b/
const noPattern =
  /^(?:no|nope|nah|not|never|negative|wrong|incorrect|i don'?t|i do not|i'm not|nothing|none|that'?s all|that is all|that'?s (?:not|wrong)|that is (?:not|wrong)|don'?t)\b/
const leadIn = /^(?:(?:um|uh|er|oh|ah|well|hmm|so|and|but|i think|i guess|actually|then)\b[\s,.]*)+/

/** Reads an utterance. `now` is what `today` means. */
export function readUtterance(text: string, now: Date): Utterance {
  const cut = text.slice(0, maxChars)
  const isAboutHours = asksOpeningHours(cut)
  const words = isAboutHours ? withOpening(wordsOf(cut)) : wordsOf(cut)
  const times = timesIn(words, now)
  const days = daysIn(words, now).filter((day) => !times.some((time) => overlaps(time, day)))
  const numbers = numbersIn(words).filter((number) => ![...days, ...times].some((span) => overlaps(span, number)))
  const content = words.filter((word) => !isFiller(word.lower)).map((word) => conceptOf(word.stem))
  return {
    text: cut,
    words,
    days,
    times,
    numbers,
    content: new Set(content),
    isInquiry: isInquiry(cut),
    implied: new Set(isAboutHours ? ['open', 'hour'] : []),
    answer: answerIn(cut),
  }
}

/** Whether two runs of words share a word. */
export function overlaps(left: Span, right: Span): boolean {
  return left.from < right.to && right.from < left.to
}

function answerIn(text: string): Utterance['answer'] {
  const plain = text.toLowerCase().replaceAll('’', "'").trim().replace(leadIn, '')
  if (yesPattern.test(plain)) return 'yes'
  return noPattern.test(plain) ? 'no' : undefined
}
