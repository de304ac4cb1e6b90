import type { Span } from './numbers.ts'
import { overlaps } from './utterance.ts'
import type { Utterance } from './utterance.ts'
import { conceptOf, isFiller, stemOf } from './words.ts'
import type { Word } from './words.ts'

const connectors = new Set(
  'and but or so because if when while then than that with without at on in to from for by of about until till before after please thanks thank'.split(
    ' ',
  ),
)
const notNames = new Set(
  `fine good great well ok okay here there looking calling hungry not sure sorry ready going trying interested from at in done just so very really
  still also back happy sad tired bored busy free available allergic afraid glad new a an the your my it this that what who how why when where
  home sick late right wrong yes no hello hi maybe only alone able about all interested thinking hoping wondering planning`.split(
    /\s+/,
  ),
)
const verbs = new Set(
  `book reserve order buy get have make see know check find go be do pay talk speak ask tell change cancel confirm start stop play watch add set
  turn call send eat drink try take hear use help me you us him her them it`.split(/\s+/),
)

const notPlaces =
  /^(?:morning|afternoon|evening|night|advance|general|person|total|case|fact|minute|minutes|moment|hour|hours|me|us|him|her|them)$/

/** Finds an e-mail address, written or spoken (`ann dot lee at example dot com`). */
export function emailIn(text: string): string | undefined {
  const spoken = text
    .toLowerCase()
    .replace(/\s+at\s+/g, '@')
    .replace(/\s+dot\s+/g, '.')
    .replace(/\s+underscore\s+/g, '_')
    .replace(/\s+(?:dash|hyphen|minus)\s+/g, '-')
    .replace(/\s+plus\s+/g, '+')
  return [text, spoken]
    .map((form) => /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/.exec(form)?.[0])
    .find((found) => found !== undefined)
}

/** Finds how somebody calls themselves: `my name is ...`, `this is ...`, `under the name ...`, `I'm ...`. */
export function personIn({ words }: Utterance): string | undefined {
  const cues: readonly (readonly string[])[] = [
    ['name', 'is'],
    ["name's"],
    ['call', 'me'],
    ['the', 'name', 'of'],
    ['the', 'name'],
    ['under'],
    ['this', 'is'],
    ['i', 'am'],
    ["i'm"],
  ]
  for (const cue of cues) {
    const at = cueAt(words, cue)
    if (at < 0 || /^(your|the|his|her|whose)$/.test(words[at - 1]?.lower ?? '')) continue
    const name = nameFrom(words, at + cue.length)
    if (name !== undefined) return name
  }
  return undefined
}

const wish = /^\W*(?:i (?:want|need|would like)|i'd like|(?:can|could|may) (?:i|you)|give me)\b/i

/** A whole answer as a name, without what people say around it. */
export function personOf(utterance: Utterance): string | undefined {
  const words = answerWords(utterance)
  if (words.length > 4 || wish.test(utterance.text)) return undefined
  return nameFrom(words, 0)
}

/** Finds a place after `in`, `to`, `from` or the like; the first of these words that leads to one counts. */
export function placeIn(
  utterance: Utterance,
  leads: readonly string[],
  excluded: ReadonlySet<string>,
): string | undefined {
  const { words, numbers } = utterance
  for (const lead of leads) {
    for (let at = words.length - 1; at > 0; at -= 1) {
      if (words[at - 1]?.lower !== lead) continue
      const hasArticle = /^(?:a|an|the|my|our|your)$/.test(words[at]?.lower ?? '')
      const span = phraseFrom(utterance, hasArticle ? at + 1 : at, 4)
      const first = words[span.from]?.lower ?? ''
      const isNumber = numbers.some((number) => number.from <= span.from && number.to > span.from)
      if (span.to === span.from || isNumber || verbs.has(first) || excluded.has(first) || notPlaces.test(first))
        continue
      return titled(words.slice(span.from, span.to))
    }
  }
  return undefined
}

/** Finds words in quotation marks. */
export function quotedIn(text: string): string | undefined {
  return /["\u201c\u00ab]([^"\u201d\u00bb]{1,300})["\u201d\u00bb]/.exec(text)?.[1]?.trim()
}

/** Finds what follows one of several words, up to a new thought: `remind me to [call mum] at six`. */
export function phraseAfter(utterance: Utterance, cues: readonly string[], maxWords: number = 8): string | undefined {
  const { words } = utterance
  for (const cue of cues) {
    const at = words.findIndex((word) => word.lower === cue)
    if (at < 0) continue
    const span = phraseFrom(utterance, at + 1, maxWords)
    if (isTelling(utterance, span)) return plainText(words.slice(span.from, span.to))
  }
  return undefined
}

/** Finds the object of a verb that a tool is named for: `add [oat milk] to my list` for `add_item`. */
export function objectOf(utterance: Utterance, verbConcepts: ReadonlySet<string>): string | undefined {
  const { words } = utterance
  const at = words.findIndex(
    (word) => !isFiller(word.lower) && [...verbConcepts].some((verb) => isSameVerb(verb, conceptOf(word.stem))),
  )
  if (at < 0) return undefined
  const start = words.findIndex(
    (word, index) => index > at && !/^(me|us|to|for|a|an|the|some|my|please|about|out|up|that)$/.test(word.lower),
  )
  if (start < 0) return undefined
  const span = phraseFrom(utterance, start, 8)
  return isTelling(utterance, span) ? plainText(words.slice(span.from, span.to)) : undefined
}

/** A whole answer as a text, without what people say around it. */
export function answerText(utterance: Utterance): string | undefined {
  const words = answerWords(utterance)
  return words.length === 0 ? undefined : plainText(words)
}

/** The separate things of an enumeration: `ibuprofen, aspirin and vitamin D`. */
export function listedParts(utterance: Utterance): Word[][] {
  const parts: Word[][] = [[]]
  for (const word of answerWords(utterance)) {
    const isJoint = /^(and|plus|also|or)$/.test(word.lower)
    if (!isJoint) parts.at(-1)?.push(word)
    if (isJoint || word.endsPhrase) parts.push([])
  }
  return parts.filter((part) => part.length > 0)
}

/** Words as a text again, in the writing of the speaker. */
export function plainText(words: readonly Word[]): string {
  return words.map((word) => word.text).join(' ')
}

const leadIns =
  /^(?:(?:um+|uh|er|oh|ah|well|hmm|so|ok|okay|yes|yeah|sure|please|hi|hello|just|maybe|probably|i think|i guess|let's say|let's go with|let me have|it's|it is|its|that's|that would be|that'd be|i'd like|i would like|i want|i need|i'll have|i'll take|i'd take|i take|i have|i've got|i am taking|i'm taking|allergic to|i suffer from|suffering from|diagnosed with|i prefer|we'd like|we want|make it|can i have|can i get|could i have|give me|my (?:\w+ ){1,2}is|the (?:\w+ ){1,2}is|my name's|name is|call me|this is|i'm|i am|for|because|because of|to|in|at|from|with|about|a|an|the|some)\b[\s,.:]*)+/
const leadOuts = /(?:[\s,.]+(?:please|thanks|thank you|i think|i guess|sir|madam|thank you very much))+$/

function answerWords(utterance: Utterance): readonly Word[] {
  const { words } = utterance
  const plain = words.map((word) => word.lower).join(' ')
  const lead = leadIns.exec(plain)?.[0] ?? ''
  const tail = leadOuts.exec(plain.slice(Math.max(0, lead.length - 1)))?.[0] ?? ''
  const first = lead.trim() === '' ? 0 : lead.trim().split(' ').length
  const last = words.length - (tail.trim() === '' ? 0 : tail.trim().split(' ').length)
  return words.slice(Math.min(first, words.length), Math.max(first, last))
}

function cueAt(words: readonly Word[], cue: readonly string[]): number {
  return words.findIndex((_, index) => cue.every((part, offset) => words[index + offset]?.lower === part))
}

function nameFrom(words: readonly Word[], from: number): string | undefined {
  let to = from
  while (to < words.length && to - from < 3) {
    const word = words[to]
    if (word === undefined || !/^[\p{L}][\p{L}\p{M}'.]*$/u.test(word.lower)) break
    if (notNames.has(word.lower) || connectors.has(word.lower) || (isFiller(word.lower) && word.lower !== 'will')) break
    if (/.{3,}(ing|ly)$/.test(word.lower) && to === from && word.text === word.lower) break
    to += 1
    if (word.endsPhrase) break
  }
  return to === from ? undefined : titled(words.slice(from, to))
}

/** The run of words from a place on that belong together: no connector, and no day, time or full stop inside. */
function phraseFrom(utterance: Utterance, from: number, maxWords: number): Span {
  const { words, days, times } = utterance
  let to = from
  while (to < words.length && to - from < maxWords) {
    const word = words[to]
    const here = { from: to, to: to + 1 }
    if (word === undefined || connectors.has(word.lower) || [...days, ...times].some((span) => overlaps(span, here)))
      break
    to += 1
    if (word.endsPhrase) break
  }
  return { from, to }
}

/** Whether a run of words is more than a number or a pronoun. */
function isTelling({ words, numbers }: Utterance, span: Span): boolean {
  const isNumber = numbers.some((number) => number.from <= span.from && number.to >= span.to)
  return !isNumber && words.slice(span.from, span.to).some((word) => !isFiller(word.lower))
}

function isSameVerb(verb: string, said: string): boolean {
  if (verb === said) return true
  const shorter = verb.length < said.length ? verb : said
  return shorter.length >= 4 && (verb.startsWith(said) || said.startsWith(verb))
}

function titled(words: readonly Word[]): string {
  const isWritten = words.some((word) => word.text !== word.lower)
  return words
    .map(({ text }) => (isWritten ? text : text.replace(/^\p{L}/u, (letter) => letter.toUpperCase())))
    .join(' ')
}

/** The concepts of the words of a verb list, for {@link objectOf}. */
export function verbConcepts(words: readonly string[]): Set<string> {
  return new Set(words.map((word) => conceptOf(stemOf(word))))
}
