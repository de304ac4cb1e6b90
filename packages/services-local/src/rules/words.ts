/** A word of an utterance. */
export interface Word {
  /** As it was written, without outer punctuation. */
  text: string
  /** In lower case, with plain apostrophes. */
  lower: string
  /** The common form of its relatives: `booking`, `booked` and `books` are `book`. */
  stem: string
  /** A comma, full stop or the like follows. */
  endsPhrase: boolean
}

const wordPattern = /\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[-/]\d+)+|[\p{L}\p{N}\p{M}]+(?:[.:@'_+][\p{L}\p{N}\p{M}]+)*/gu

/** Splits a text into words; hyphens separate (`twenty-five`), except in numbers (`2027-05-03`). */
export function wordsOf(text: string): Word[] {
  const plain = text.replace(/[\u2018\u2019\u02bc]/g, "'").replace(/\be-mail/gi, 'email')
  const words: Word[] = []
  for (const match of plain.matchAll(wordPattern)) {
    const [written] = match
    const lower = written.toLowerCase()
    const after = plain.slice(match.index + written.length)
    words.push({ text: written, lower, stem: stemOf(lower), endsPhrase: /^['")\]]*[,.;:!?]/.test(after) })
  }
  return words
}

/** The words of a name in code: `partySize`, `party_size` and `party-size` give `party` and `size`. */
export function wordsOfName(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '')
    .map((part) => part.toLowerCase())
}

/** A light English stemmer: plural, -ing, -ed, -er, -ation and a final e fall away. */
export function stemOf(word: string): string {
  let stem = word.replace(/'s$|'$/, '')
  if (stem.length > 4 && stem.endsWith('ies')) return `${stem.slice(0, -3)}y`
  if (/(?:ss|sh|ch|x|z)es$/.test(stem)) stem = stem.slice(0, -2)
  else if (stem.length > 3 && /[^sui]s$/.test(stem)) stem = stem.slice(0, -1)
  if (stem.length >= 9 && stem.endsWith('ation')) stem = stem.slice(0, -5)
  else if (stem.length > 5 && /[ts]ion$/.test(stem)) stem = stem.slice(0, -3)
  if (stem.length > 5 && stem.endsWith('ing')) stem = undoubled(stem.slice(0, -3))
  else if (stem.length > 4 && stem.endsWith('ed')) stem = undoubled(stem.slice(0, -2))
  if (stem.length >= 7 && stem.endsWith('er')) stem = stem.slice(0, -2)
  if (stem.length > 3 && stem.endsWith('e')) stem = stem.slice(0, -1)
  // `billing` has lost one of the two that `bill` has.
  return stem.length > 3 ? undoubled(stem) : stem
}

function undoubled(stem: string): string {
  return /([bdgklmnprt])\1$/.test(stem) ? stem.slice(0, -1) : stem
}

const synonymGroups = `
book reserve reservation booking
cancel annul abort
order buy purchase
start begin
end finish quit stop hang bye goodbye close terminate conclude
weather forecast temperature
price cost
human agent person representative operator somebody someone
phone telephone mobile
place location city town
people guest party diner
large big huge
small little tiny
medium regular middle
movie film
lamp light
turn switch
find search look
change modify update revise edit
confirm correct right approve
doctor physician
medicine medication prescription drug
restaurant diner
song music track
appointment meeting
birthday birth born birthdate
child kid
car vehicle
holiday vacation
delete remove erase
create add new make
`

const concepts: ReadonlyMap<string, string> = new Map(
  synonymGroups
    .trim()
    .split('\n')
    .flatMap((group) => {
      const [first = '', ...others] = group.split(' ').map(stemOf)
      return others.map((stem): [string, string] => [stem, first])
    }),
)

/** One stem for all words of about the same meaning. */
export function conceptOf(stem: string): string {
  return concepts.get(stem) ?? stem
}

const fillers = new Set(
  `a an and are as at be been but by can could did do does don't for from had has have he her hers him his i i'd i'll i'm i've if in into is it it's
  its just let let's me mine my of off oh ok okay on or our please she should so some than that that's the their them then there these
  they this those to um uh er hmm us very was we well were what what's when where which who will with would you you'd you'll your yours
  want need like d'like gonna got get give take go now really think maybe kind sort about any also too`
    .split(/\s+/)
    .filter((word) => word !== ''),
)

const codeWords = new Set(
  `function call tool use user customer caller client patient when once after before value parameter argument string number integer boolean
  object array list one example e.g eg i.e optional required must should format return result information info data current given provide
  get set record save store collect fetch retrieve handle process perform select choose choice option specific their they them his her whether if
  say said ask tell`
    .split(/\s+/)
    .map(stemOf),
)

/** Whether a word says nothing by itself (articles, pronouns, politeness). */
export function isFiller(lower: string): boolean {
  return fillers.has(lower)
}

/** The concepts that tell one text from another; fillers are left out. */
export function contentOf(text: string): string[] {
  return wordsOf(text)
    .filter((word) => !fillers.has(word.lower))
    .map((word) => conceptOf(word.stem))
}

/** The concepts of a description in code, without the words that all descriptions share. */
export function subjectOf(text: string): string[] {
  return wordsOf(text)
    .filter((word) => !fillers.has(word.lower) && !codeWords.has(word.stem))
    .map((word) => conceptOf(word.stem))
}

/** Whether one letter was added, lost, changed or swapped with its neighbour. */
export function isNearSpelling(left: string, right: string): boolean {
  if (left === right) return true
  if (Math.min(left.length, right.length) < 4 || Math.abs(left.length - right.length) > 1) return false
  let start = 0
  while (start < left.length && left[start] === right[start]) start += 1
  const [restLeft, restRight] = [left.slice(start), right.slice(start)]
  return (
    restLeft.slice(1) === restRight.slice(1) ||
    restLeft === restRight.slice(1) ||
    restLeft.slice(1) === restRight ||
    (restLeft.slice(2) === restRight.slice(2) && restLeft[0] === restRight[1] && restLeft[1] === restRight[0])
  )
}
