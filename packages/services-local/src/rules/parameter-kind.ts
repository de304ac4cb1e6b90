import type { Parameter } from './json-schema.ts'
import { conceptOf, stemOf, wordsOf, wordsOfName } from './words.ts'

/** What kind of answer fills a parameter. */
export type ParameterKind =
  | 'choice'
  | 'code'
  | 'day'
  | 'email'
  | 'flag'
  | 'list'
  | 'moment'
  | 'number'
  | 'object'
  | 'person'
  | 'phone'
  | 'place'
  | 'text'
  | 'time'

const kindsByType: Partial<Record<Parameter['type'], ParameterKind>> = {
  boolean: 'flag',
  integer: 'number',
  number: 'number',
  array: 'list',
  object: 'object',
}

const kindsByFormat: ReadonlyMap<unknown, ParameterKind> = new Map([
  ['date', 'day'],
  ['time', 'time'],
  ['date-time', 'moment'],
  ['email', 'email'],
])

const kindsByWord: readonly (readonly [ParameterKind, RegExp])[] = [
  ['email', /^(email|mail)$/],
  ['phone', /^(phone|telephone|mobile|cell|callback|fax)$/],
  ['moment', /^(datetime|when|timestamp)$/],
  ['day', /^(date|day|dob|birthday|birthdate|deadline|weekday)$/],
  ['time', /^(time|hour)$/],
  ['code', /^(id|code|zip|zipcode|postcode|ssn|pin|digits)$/],
  ['person', /^(firstname|lastname|surname|fullname|username)$/],
  ['place', /^(city|location|place|destination|origin|address|country|town|region|state|airport|venue|where|area)$/],
]

const personWords =
  /^(first|last|full|customer|user|guest|caller|patient|contact|person|your|client|member|family|owner|recipient)$/

/** Decides from type, format, name and description which kind of answer a parameter takes. */
export function kindOf(parameter: Parameter): ParameterKind {
  if (parameter.values !== undefined && parameter.values.length > 0) return 'choice'
  const byType = kindsByType[parameter.type]
  if (byType !== undefined) return byType
  const byFormat = kindsByFormat.get(parameter.plain['format'])
  if (byFormat !== undefined) return byFormat
  const { description } = parameter
  if (/YYYY|MM[-/]DD/.test(description)) return /HH/.test(description) ? 'moment' : 'day'
  if (/HH:MM|hh:mm/.test(description)) return 'time'
  const named = wordsOfName(parameter.name)
  if (/^number of\b/i.test(description)) return 'number'
  return kindOfWords(named, description) ?? kindOfWords(leading(description), description) ?? 'text'
}

function kindOfWords(words: readonly string[], description: string): ParameterKind | undefined {
  if (words.includes('date') && words.includes('time')) return 'moment'
  const isNumberName = words.includes('number') && !words.includes('phone')
  for (const [kind, pattern] of kindsByWord) {
    if (words.some((word) => pattern.test(word))) return kind
  }
  if (isNumberName) return 'code'
  if (words.at(-1) !== 'name' && words[0] !== 'name') return undefined
  const subjects = [...words, ...leading(description)]
  return words.length === 1 &&
    !/\b(?:of|for) (?:a|an|the) (?!user|customer|guest|person|caller|patient|reservation|booking|order|appointment|table)/i.test(
      description,
    )
    ? 'person'
    : subjects.some((word) => personWords.test(word))
      ? 'person'
      : undefined
}

/** The first words of a description, which say what it is about; examples and conditions come later. */
function leading(description: string): string[] {
  const [first = ''] = description.split(/[.,;:(]|\be\.g|\bfor\b|\bto\b|\bin\b/)
  return wordsOf(first)
    .slice(0, 6)
    .map((word) => word.lower.replace(/'s$/, ''))
}

/** The concepts that a parameter is recognised by in an utterance. */
export function conceptsOfParameter(parameter: Parameter): Set<string> {
  const words = [...wordsOfName(parameter.name), ...leading(parameter.description)]
  return new Set(
    words
      .filter((word) => word.length > 2 && !/^(number|the|amount|value|name|user|customer|for|and|what)$/.test(word))
      .map((word) => conceptOf(stemOf(word))),
  )
}
