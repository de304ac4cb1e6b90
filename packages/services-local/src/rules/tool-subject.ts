import { parametersOf } from './json-schema.ts'
import type { Json, Parameter } from './json-schema.ts'
import { conceptsOfParameter } from './parameter-kind.ts'
import type { FilledSlot } from './slots.ts'
import type { Utterance } from './utterance.ts'
import { conceptOf, isFiller, stemOf, subjectOf, wordsOf, wordsOfName } from './words.ts'
import type { Word } from './words.ts'

/** A function that the model may call. */
export interface RuleTool {
  name: string
  description?: string | undefined
  /** JSON Schema of its arguments, an object. Without it the function takes none. */
  parameters?: unknown
}

/** A tool together with what it is about. @internal */
export interface ToolSubject {
  tool: RuleTool
  parameters: readonly Parameter[]
  /** Concepts of its name, the strongest sign. */
  name: ReadonlySet<string>
  /** Concepts of its description and parameters. */
  rest: ReadonlySet<string>
}

/** The score from which a tool was meant: one telling word of its name, or two of its description. */
export const meantScore = 2

const yesConcepts = concepts(
  'confirm accept proceed continue complete agree submit start next ready yes ok finalize checkout',
)
const noConcepts = concepts('cancel change decline reject back restart return end skip no again different')

/** Reads what a tool is about from its name, description and parameters. @internal */
export function subjectOfTool(tool: RuleTool): ToolSubject {
  const parameters = parametersOf(tool.parameters)
  const name = new Set(
    wordsOfName(tool.name)
      .filter(
        (word) =>
          !isFiller(word) &&
          !/^(get|set|record|collect|select|choose|update|handle|check|user|customer|info|data|details)$/.test(word),
      )
      .map((word) => conceptOf(stemOf(word))),
  )
  if (name.size === 0) wordsOfName(tool.name).forEach((word) => name.add(conceptOf(stemOf(word))))
  const rest = new Set([
    ...subjectOf(tool.description ?? ''),
    ...parameters.flatMap((parameter) => [...conceptsOfParameter(parameter)]),
  ])
  return { tool, parameters, name, rest }
}

/** How much of an utterance speaks of a tool. Words that several tools share count half. @internal */
export function wordScore(utterance: Utterance, subject: ToolSubject, all: readonly ToolSubject[]): number {
  const spoken = utterance.words.filter((word, index) => !isFiller(word.lower) && !isNegated(utterance, index))
  const concepts = new Set([...spoken.map((word) => conceptOf(word.stem)), ...utterance.implied])
  let score = 0
  for (const concept of concepts) {
    const inName = subject.name.has(concept)
    if (!inName && !subject.rest.has(concept)) continue
    const rivals = all.filter((other) => other !== subject && (inName ? other.name : other.rest).has(concept)).length
    score += (inName ? 2 : 1) * (rivals > 0 ? 0.5 : 1)
  }
  return score
}

/**
 * Whether values in an utterance can be meant for a tool. Those of a question (`are you open on Sunday?`) are only when
 * it clearly speaks of the tool, or, if it speaks of it at all or `isAsked` for one of them, of nothing else. @internal
 */
export function concerns(
  utterance: Utterance,
  subject: ToolSubject,
  { found, isAsked }: { found: ReadonlyMap<string, FilledSlot>; isAsked: boolean },
): boolean {
  if (!utterance.isInquiry) return true
  const values = [...found.values()]
  const telling = values.some(({ value, weight }) => weight >= 2 && !isDayOrNumber(value, utterance)) ? meantScore : 0
  const words = wordScore(utterance, subject, [subject]) + telling
  if (words >= meantScore) return true
  return (words > 0 || isAsked) && !speaksOfElse(utterance, subject, values)
}

/** Days, times and numbers are said about anything. */
function isDayOrNumber(value: Json, { words, days, times, numbers }: Utterance): boolean {
  const spans = [...days, ...times, ...numbers]
  const said = words.filter((_, index) => spans.some((span) => index >= span.from && index < span.to))
  return wordsOf(typeof value === 'string' ? value : JSON.stringify(value)).every(({ stem }) =>
    said.some((word) => word.stem === stem),
  )
}

const possibility = concepts('possible ok fine good work suit available anything something else still there')

function speaksOfElse(utterance: Utterance, subject: ToolSubject, values: readonly FilledSlot[]): boolean {
  const { words, days, times, numbers } = utterance
  const spans = [...days, ...times, ...numbers]
  const given = new Set(values.flatMap(({ value }) => wordsOf(JSON.stringify(value)).map((word) => word.stem)))
  const isKnown = (word: Word, index: number): boolean => {
    const concept = conceptOf(word.stem)
    const isValue = given.has(word.stem) || spans.some((span) => index >= span.from && index < span.to)
    return (
      isValue ||
      isFiller(word.lower) ||
      possibility.has(concept) ||
      subject.name.has(concept) ||
      subject.rest.has(concept)
    )
  }
  return !words.every(isKnown)
}

/** What a question is about, as far as tools go. @internal */
export interface AskedTools {
  /** The concepts of the question. */
  question: ReadonlySet<string>
  /** It lets the user choose between tools: `Do you want pizza or sushi?` */
  isChoice: boolean
  /** The only tool that it asks leave to use: `Do you want to try again?` */
  subject: ToolSubject | undefined
}

/** Finds the tools that a question is about. @internal */
export function askedTools(question: ReadonlySet<string>, subjects: readonly ToolSubject[]): AskedTools {
  const named = subjects.filter((subject) =>
    [...subject.name].some(
      (concept) => question.has(concept) && !subjects.some((other) => other !== subject && other.name.has(concept)),
    ),
  )
  const wanted = subjects.filter((subject) => question.has(verbOf(subject)))
  return { question, isChoice: named.length > 1, subject: wanted.length === 1 ? wanted[0] : undefined }
}

function verbOf({ name }: ToolSubject): string {
  const [verb = ''] = name
  return verb
}

/**
 * How well a plain yes or no means a tool: `yes` confirms, or is leave to use the tool that was asked for; `no` cancels
 * or changes, unless that was asked for. @internal
 */
export function answerScore({ answer }: Utterance, subject: ToolSubject, asked: AskedTools): number {
  if (answer === undefined || subject.parameters.some((parameter) => parameter.required)) return 0
  if (asked.subject === subject && !asked.isChoice) return answer === 'yes' ? 3 : 0
  const isTurned = asked.subject !== undefined && noConcepts.has(verbOf(asked.subject))
  const isYes = (answer === 'yes') !== isTurned
  const [meant, other] = isYes ? [yesConcepts, noConcepts] : [noConcepts, yesConcepts]
  if (shares(subject.name, meant)) return 2.5
  if (shares(subject.name, other)) return 0
  if (answer === 'yes' && !asked.isChoice && shares(subject.name, asked.question)) return 2.5
  return shares(subject.rest, meant) && !shares(subject.rest, other) ? 2 : 0
}

/** Whether two sets have something in common. @internal */
export function shares(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  for (const item of left) if (right.has(item)) return true
  return false
}

function isNegated({ words }: Utterance, at: number): boolean {
  const before = words.slice(Math.max(0, at - 4), at).map((word) => word.lower)
  return /(?:\b(?:not|without|never|no)|\bdon't (?:want|need|like))(?: \w+)?$/.test(before.join(' '))
}

function concepts(words: string): Set<string> {
  return new Set(words.split(' ').map((word) => conceptOf(stemOf(word))))
}
