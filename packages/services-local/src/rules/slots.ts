import { choiceIn, choicesIn } from './choices.ts'
import { itemOf, parametersOf } from './json-schema.ts'
import type { Json, Parameter } from './json-schema.ts'
import { digitsIn } from './numbers.ts'
import type { Span } from './numbers.ts'
import { conceptsOfParameter, kindOf } from './parameter-kind.ts'
import type { ParameterKind } from './parameter-kind.ts'
import {
  answerText,
  emailIn,
  listedParts,
  objectOf,
  personIn,
  personOf,
  phraseAfter,
  placeIn,
  plainText,
  quotedIn,
  verbConcepts,
} from './phrases.ts'
import { agrees } from './schema-check.ts'
import { hourIn } from './times.ts'
import type { SpokenTime } from './times.ts'
import { overlaps, readUtterance } from './utterance.ts'
import type { Utterance } from './utterance.ts'
import { conceptOf, isFiller, wordsOfName } from './words.ts'
import { dayFor, fitting, isPastDay, momentFor, timeFor } from './written-forms.ts'

/** A value for a parameter, and how surely it was meant for it: about 2 for a listed value, 0.5 for a stray number. */
export interface FilledSlot {
  value: Json
  weight: number
}

/** What to look for in an utterance. */
export interface SlotRequest {
  parameters: readonly Parameter[]
  /** Name of the tool, whose verb points to free texts. */
  toolName: string
  /** Name of the parameter that was just asked for: it takes answers without any cue. */
  expected?: string | undefined
  /** What `today` means. */
  now: Date
}

/** Finds values for parameters in an utterance. Every value agrees with its parameter's schema. */
export function fillSlots(utterance: Utterance, request: SlotRequest): Map<string, FilledSlot> {
  const filled = new Map<string, FilledSlot>()
  for (const kind of ['number', 'day', 'time'] as const) assign(kind, utterance, { ...request, filled })
  for (const parameter of request.parameters) {
    if (filled.has(parameter.name)) continue
    const isExpected = parameter.name === request.expected
    const slot = slotOf(parameter, utterance, { ...request, isExpected })
    if (slot !== undefined && agrees(slot.value, parameter.schema)) filled.set(parameter.name, slot)
  }
  return filled
}

type Look = SlotRequest & { isExpected: boolean }

function slotOf(parameter: Parameter, utterance: Utterance, look: Look): FilledSlot | undefined {
  const kind = kindOf(parameter)
  // Who takes a caller over is told what the caller has said; that does not say whom they want.
  if (kind === 'text' && isHandOver(look.toolName)) return slot(fitting([utterance.text.trim()], parameter), 0)
  if (kind === 'choice') return choiceSlot(parameter, utterance, look)
  if (kind === 'flag') return flagSlot(parameter, utterance, look)
  if (kind === 'list') return listSlot(parameter, utterance, look)
  if (kind === 'object') return objectSlot(parameter, utterance, look)
  if (kind === 'moment') {
    const [day] = utterance.days
    const [time = look.isExpected ? hourIn(utterance.words) : undefined] = utterance.times
    return slot(momentFor(parameter, { day, time: time && settled(time, look), now: look.now }), 1)
  }
  const words = wordsFor(kind, parameter, utterance, look)
  if (words === undefined) return undefined
  return slot(fitting([words.text, words.text.toLowerCase()], parameter), words.weight)
}

function isHandOver(toolName: string): boolean {
  const [verb = ''] = wordsOfName(toolName)
  return /^(?:transfer|escalate|route|hand|handoff|handover|forward|connect|delegate)$/.test(verb)
}

function slot(value: Json | undefined, weight: number): FilledSlot | undefined {
  return value === undefined ? undefined : { value, weight }
}

function choiceSlot(parameter: Parameter, utterance: Utterance, look: Look): FilledSlot | undefined {
  const values = parameter.values ?? []
  const found = choiceIn(values, utterance)
  if (found !== undefined) return slot(found.value, found.score >= 0.75 ? 2 : look.isExpected ? 1 : 0.5)
  if (!look.isExpected || utterance.answer === undefined) return undefined
  const { answer } = utterance
  return slot(
    values.find((value) => typeof value === 'string' && value.toLowerCase() === answer),
    1,
  )
}

function flagSlot(parameter: Parameter, utterance: Utterance, look: Look): FilledSlot | undefined {
  const concepts = conceptsOfParameter(parameter)
  const at = utterance.words.findIndex((word) => !isFiller(word.lower) && concepts.has(conceptOf(word.stem)))
  const before = utterance.words.slice(Math.max(0, at - 3), Math.max(0, at)).map((word) => word.lower)
  const isRefused = before.some((lower) => /^(no|not|without|don't|never|non)$/.test(lower))
  const isSwitch = /^(?:is_?)?(?:on|enabled?|active|activated|power|state)$/i.test(parameter.name)
  const turned = isSwitch
    ? utterance.words.find((word) => /^(?:on|off|enable|disable|activate|deactivate)$/.test(word.lower))
    : undefined
  if (turned !== undefined) return slot(/^(?:on|enable|activate)$/.test(turned.lower), 1)
  if (look.isExpected && utterance.answer !== undefined) return slot(utterance.answer === 'yes', 1)
  if (at < 0 || isSwitch) return undefined
  return isRefused ? slot(false, 1) : slot(true, 0.75)
}

function listSlot(parameter: Parameter, utterance: Utterance, look: Look): FilledSlot | undefined {
  const item = itemOf(parameter)
  const kind = kindOf(item)
  if (look.isExpected && isNothing(utterance) && agrees([], parameter.schema)) return slot([], 1)
  if (kind === 'choice') {
    const found = choicesIn(item.values ?? [], utterance).map((choice) => choice.value)
    return found.length === 0 ? undefined : slot(found, 2)
  }
  if (!look.isExpected) {
    const object = objectOf(utterance, verbConcepts(wordsOfName(look.toolName).slice(0, 1)))
    return object === undefined ? undefined : fittingList(parts(readUtterance(object, look.now), item, look), 0.75)
  }
  if (kind === 'number')
    return fittingList(
      utterance.numbers.map((number) => number.value),
      1,
    )
  return fittingList(parts(utterance, item, look), 1)
}

function isNothing(utterance: Utterance): boolean {
  return utterance.answer === 'no' || utterance.words.some((word) => /^(none|nothing)$/.test(word.lower))
}

function fittingList(values: readonly Json[], weight: number): FilledSlot | undefined {
  return values.length === 0 ? undefined : slot(values, weight)
}

function parts(utterance: Utterance, item: Parameter, look: Look): Json[] {
  return listedParts(utterance).flatMap((listed): Json[] => {
    const words = listed.length > 1 && /^(?:a|an|the|some)$/.test(listed[0]?.lower ?? '') ? listed.slice(1) : listed
    const part = readUtterance(plainText(words), look.now)
    if (kindOf(item) !== 'object') return part.words.length === 0 ? [] : [plainText(words)]
    const value = objectOfPart(item, part, look)
    return value === undefined ? [] : [value]
  })
}

/** `ibuprofen 200 milligrams` as `{ medication: 'ibuprofen', dosage: '200 milligrams' }`. */
function objectOfPart(item: Parameter, part: Utterance, look: Look): Json | undefined {
  const fields = parametersOf(item.schema)
  const [measure] = part.numbers
  const filled = fillSlots(part, { ...look, parameters: fields.slice(1) })
  const texts = fields.filter((field) => kindOf(field) === 'text' || kindOf(field) === 'person')
  const [main, second] = texts
  const rest = part.words.filter((_, index) => measure === undefined || index < measure.from || index > measure.to)
  if (main !== undefined && rest.length > 0) filled.set(main.name, { value: plainText(rest), weight: 1 })
  if (second !== undefined && measure !== undefined) {
    filled.set(second.name, { value: plainText(part.words.slice(measure.from, measure.to + 1)), weight: 1 })
  }
  const value = Object.fromEntries([...filled].map(([name, { value: field }]): [string, Json] => [name, field]))
  return agrees(value, item.schema) ? value : undefined
}

function objectSlot(parameter: Parameter, utterance: Utterance, look: Look): FilledSlot | undefined {
  const fields = parametersOf(parameter.plain)
  const filled = fillSlots(utterance, {
    ...look,
    parameters: fields,
    expected: look.isExpected ? fields[0]?.name : undefined,
  })
  if (filled.size === 0) return undefined
  return slot(Object.fromEntries([...filled].map(([name, { value }]): [string, Json] => [name, value])), 1)
}

interface FoundWords {
  text: string
  weight: number
}

function wordsFor(kind: ParameterKind, parameter: Parameter, utterance: Utterance, look: Look): FoundWords | undefined {
  const cued = cuedWords(kind, parameter, utterance, look)
  if (cued !== undefined && cued !== '') return { text: cued, weight: 1 }
  if (!look.isExpected || isQuestion(utterance)) return undefined
  const answer =
    kind === 'person' ? personOf(utterance) : kind === 'text' || kind === 'place' ? answerText(utterance) : undefined
  if (answer === undefined || (utterance.answer !== undefined && utterance.words.length < 3)) return undefined
  return { text: kind === 'person' ? (namePart(parameter, answer, true) ?? answer) : answer, weight: 1 }
}

function cuedWords(kind: ParameterKind, parameter: Parameter, utterance: Utterance, look: Look): string | undefined {
  if (kind === 'email') return emailIn(utterance.text)
  if (kind === 'phone') return digitsOf(utterance, 5)
  if (kind === 'code') {
    const named = [...conceptsOfParameter(parameter)].some((concept) => utterance.content.has(concept))
    return look.isExpected || named
      ? (digitsOf(utterance, 1) ?? (look.isExpected ? codeWord(utterance) : undefined))
      : undefined
  }
  if (kind === 'person') {
    const person = personIn(utterance)
    return person === undefined ? undefined : namePart(parameter, person, look.isExpected)
  }
  if (kind === 'place') return placeIn(utterance, leadsOf(parameter), choiceWords(look.parameters))
  if (kind === 'text') return freeText(parameter, utterance, look)
  return undefined
}

function digitsOf(utterance: Utterance, least: number): string | undefined {
  const digits = digitsIn(utterance.words)
  return digits.length >= least ? digits : undefined
}

/** A code with letters in it, such as `AB12`. */
function codeWord(utterance: Utterance): string | undefined {
  return utterance.words.find((word) => /\d/.test(word.lower))?.text.toUpperCase()
}

function namePart(parameter: Parameter, person: string, isExpected: boolean): string | undefined {
  const words = wordsOfName(parameter.name).join('')
  const parts = person.split(' ')
  if (words.startsWith('first') || words.startsWith('given')) return parts[0]
  if (!words.startsWith('last') && !words.startsWith('sur') && !words.startsWith('family')) return person
  return parts.length > 1 || isExpected ? parts.at(-1) : undefined
}

function leadsOf(parameter: Parameter): readonly string[] {
  const words = wordsOfName(parameter.name)
  if (words.some((word) => /^(origin|from|departure|start|pickup|source)$/.test(word))) return ['from']
  if (words.some((word) => /^(destination|to|arrival|dropoff|target)$/.test(word))) return ['to', 'in', 'for']
  return ['in', 'near', 'for', 'around', 'at', 'to', 'of', 'from']
}

function freeText(parameter: Parameter, utterance: Utterance, look: Look): string | undefined {
  const quoted = quotedIn(utterance.text)
  if (quoted !== undefined) return quoted
  const words = wordsOfName(parameter.name)
  if (words.some((word) => /^(query|topic|subject|question|keyword|keywords|search)$/.test(word))) {
    const found = phraseAfter(utterance, ['about', 'for', 'on'])
    if (found !== undefined) return found
  }
  if (
    words.some((word) =>
      /^(message|note|reminder|comment|feedback|reason|problem|issue|complaint|text|content|body|task|title)$/.test(
        word,
      ),
    )
  ) {
    const found = phraseAfter(utterance, ['saying', 'that', 'because', 'called', 'named', 'titled'], 20)
    if (found !== undefined) return found
  }
  const named = phraseAfter(utterance, ['called', 'named', 'titled'])
  return (
    named ??
    objectOf(
      utterance,
      verbConcepts(
        wordsOfName(look.toolName)
          .slice(0, 2)
          .filter((word) => !/^(get|set|collect|record)$/.test(word)),
      ),
    )
  )
}

/** The words of the values that are listed, which are no free text. */
function choiceWords(parameters: readonly Parameter[]): Set<string> {
  const values = parameters.flatMap((parameter) => parameter.values ?? [])
  return new Set(values.flatMap((value) => (typeof value === 'string' ? wordsOfName(value) : [])))
}

/** Whether an utterance asks instead of answering. */
export function isQuestion({ text, words }: Utterance): boolean {
  const first = words
    .slice(0, 2)
    .map((word) => word.lower)
    .join(' ')
  return (
    /^(what|why|how|who|where|when|which|what's|who's|how's|is there|are there|do you|does|did you|are you|can you|could you|will you)\b/.test(
      first,
    ) || text.trim().endsWith('?')
  )
}

/** Shares numbers, days or times out among the parameters that take them. */
function assign(
  kind: 'number' | 'day' | 'time',
  utterance: Utterance,
  look: SlotRequest & { filled: Map<string, FilledSlot> },
): void {
  const open = look.parameters.filter((parameter) => kindOf(parameter) === kind)
  if (open.length === 0) return
  const spans = spansOf(
    kind,
    utterance,
    open.some((parameter) => parameter.name === look.expected),
  )
  const offers = open.flatMap((parameter, rank) =>
    spans.flatMap((span, place) => {
      const value = valueFor(kind, parameter, inDays(parameter, span, utterance), look)
      if (value === undefined) return []
      const near = nearness(parameter, span, utterance)
      const isExpected = parameter.name === look.expected
      return [
        {
          parameter,
          span,
          value,
          near,
          isExpected,
          order: near * 10 + (isExpected ? 5 : 0) - rank * 0.1 - place * 0.01,
        },
      ]
    }),
  )
  offers.sort((left, right) => right.order - left.order)
  const taken: Span[] = []
  for (const { parameter, span, value, near, isExpected } of offers) {
    if (look.filled.has(parameter.name) || taken.some((other) => overlaps(other, span))) continue
    const weight = kind === 'number' ? (near > 0 || isExpected ? 1 : 0.5) : 1
    look.filled.set(parameter.name, { value, weight })
    taken.push(span)
  }
}

/** `two weeks` are 14 where days or nights are counted. */
function inDays(parameter: Parameter, found: Found, { words }: Utterance): Found {
  const isWeeks = 'value' in found && words[found.to]?.stem === 'week'
  const concepts = conceptsOfParameter(parameter)
  return isWeeks && (concepts.has('night') || concepts.has('day')) ? { ...found, value: found.value * 7 } : found
}

type Found = Utterance['numbers'][number] | Utterance['days'][number] | Utterance['times'][number]

function spansOf(kind: 'number' | 'day' | 'time', utterance: Utterance, isExpected: boolean): readonly Found[] {
  if (kind === 'number') return utterance.numbers
  if (kind === 'day') return utterance.days
  if (utterance.times.length > 0 || !isExpected) return utterance.times
  const hour = hourIn(utterance.words)
  return hour === undefined ? [] : [hour]
}

function valueFor(
  kind: 'number' | 'day' | 'time',
  parameter: Parameter,
  found: Found,
  look: SlotRequest,
): Json | undefined {
  if (kind === 'number') return 'value' in found ? fitting([found.value, String(found.value)], parameter) : undefined
  if (kind === 'time') return 'hour' in found ? timeFor(parameter, settled(found, look)) : undefined
  if (!('day' in found)) return undefined
  const isBirth = /birth|\bdob\b|\bborn\b/i.test(`${parameter.name} ${parameter.description}`)
  return isBirth && !isPastDay(found, look.now) ? undefined : dayFor(parameter, found)
}

/** An hour without `am` or `pm` is in the evening for tables and dinners. */
function settled(time: SpokenTime, { toolName, parameters }: SlotRequest): SpokenTime {
  const about = [toolName, ...parameters.map((parameter) => parameter.description)].join(' ')
  const isEvening =
    time.isOpen && time.hour < 12 && /dinner|dine|restaurant|table|reserv|evening|party|night/i.test(about)
  return isEvening ? { ...time, hour: time.hour + 12 } : time
}

/** How many words around a value speak of the parameter; words that lead in (`until`) count for ends of ranges. */
function nearness(parameter: Parameter, span: Span, utterance: Utterance): number {
  const concepts = conceptsOfParameter(parameter)
  const around = [
    ...utterance.words.slice(Math.max(0, span.from - 2), span.from),
    ...utterance.words.slice(span.to, span.to + 2),
  ]
  const near = around.filter((word) => concepts.has(conceptOf(word.stem))).length
  const before = utterance.words[span.from - 1]?.lower ?? ''
  const isEnd = wordsOfName(parameter.name).some((word) =>
    /^(end|out|return|to|until|arrival|departure|max|maximum)$/.test(word),
  )
  return near + (isEnd && /^(until|till|to|through|back|return|out)$/.test(before) ? 1 : 0)
}
