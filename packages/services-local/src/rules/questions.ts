import type { Json, Parameter } from './json-schema.ts'
import { kindOf } from './parameter-kind.ts'
import { directQuestion, sentence, toSecondPerson } from './second-person.ts'
import { wordsOfName } from './words.ts'

const vagueLabels = /^(name|value|text|item|items|title|id|query|type|number|input|content|data|details|list|status)$/
const spokenChoices = 8

/** The question that asks for a parameter, in words made from its name, description and type. Always the same one. */
export function questionFor(parameter: Parameter): string {
  const label = labelOf(parameter)
  const written = /^[^.]*\?/.exec(parameter.description.trim())?.[0]
  if (written !== undefined) return sentence(toSecondPerson(written), '?')
  switch (kindOf(parameter)) {
    case 'choice':
      return choiceQuestion(parameter, label)
    case 'flag':
      return flagQuestion(parameter, label)
    case 'number':
      return numberQuestion(parameter, label)
    case 'day':
      if (/birth|dob/i.test(`${label} ${parameter.description}`)) return 'What is your date of birth, with the year?'
      return /^(date|day)$/.test(label) ? 'For which day?' : `What is the ${label}?`
    case 'time':
      return /^(time|hour)$/.test(label) ? 'At what time?' : `What is the ${label}?`
    case 'moment':
      return 'On which day, and at what time?'
    case 'email':
      return 'What is your email address?'
    case 'phone':
      return 'What is your phone number?'
    case 'person':
      return `What is your ${nameLabel(label)}?`
    case 'place':
      return label === 'location' ? 'For which place?' : `Which ${label}?`
    case 'list':
      return `${openQuestion(parameter, label)} You can name several.`
    default:
      return openQuestion(parameter, label)
  }
}

/** What a value has to be like, for when an answer did not fit; an empty text when there is nothing to say. */
export function hintFor(parameter: Parameter): string {
  const { minimum, maximum } = parameter.plain
  if (typeof minimum === 'number' && typeof maximum === 'number') return `It has to be from ${minimum} to ${maximum}.`
  if (typeof minimum === 'number') return `It has to be at least ${minimum}.`
  return typeof maximum === 'number' ? `It can be at most ${maximum}.` : ''
}

/** Things as they are listed in speech: `a, b or c`. */
export function spokenList(things: readonly string[], joint: 'and' | 'or'): string {
  const last = things.at(-1) ?? ''
  return things.length < 2 ? last : `${things.slice(0, -1).join(', ')} ${joint} ${last}`
}

/** A name or value of code as it is said: `extra_large` is `extra large`. */
export function spokenName(value: Json): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  return /[_]|[a-z][A-Z]/.test(value) && !value.includes(' ') ? wordsOfName(value).join(' ') : value
}

function labelOf(parameter: Parameter): string {
  const label = wordsOfName(parameter.name).join(' ')
  return vagueLabels.test(label) ? (shortDescription(parameter) ?? label) : label
}

function nameLabel(label: string): string {
  const part = /\b(?:first|last|full|middle|family|maiden) ?name\b/.exec(label)?.[0]
  return part ?? 'name'
}

/** The subject of a description without its article, examples and conditions, when that is short. */
function shortDescription(parameter: Parameter): string | undefined {
  const [first = ''] = toSecondPerson(parameter.description).split(
    /[.,;:(]|\be\.g\b|\bsuch as\b|\bin the form(?:at)?\b/,
  )
  const words = first
    .trim()
    .replace(/^(?:the|an?)\s+/i, '')
    .toLowerCase()
  return words === '' || words.split(/\s+/).length > 7 ? undefined : words
}

function choiceQuestion(parameter: Parameter, label: string): string {
  const values = (parameter.values ?? []).map(spokenName)
  const plain = label.replace(/^your /, '')
  if (values.length > spokenChoices) return `Which ${plain} would you like?`
  return `Which ${plain} would you like: ${spokenList(values, 'or')}?`
}

function flagQuestion(parameter: Parameter, label: string): string {
  const indirect = /^(?:(?:true|set|yes) )?(?:whether(?: or not)?|if)\s+(.*?)(?:[.;(]|$)/i.exec(
    parameter.description.trim(),
  )?.[1]
  return indirect === undefined || indirect === ''
    ? `Would you like ${label}, yes or no?`
    : directQuestion(`whether ${indirect}`)
}

function numberQuestion(parameter: Parameter, label: string): string {
  const counted = /^(?:the )?(?:total )?number of ([^.,;(]+)/i.exec(parameter.description.trim())?.[1]
  if (counted !== undefined)
    return `How many ${toSecondPerson(counted.trim().replace(/\s+(?:to|that|who|which|for|in)\b.*$/i, ''))
      .split(' ')
      .slice(0, 5)
      .join(' ')}?`
  if (label === 'age') return 'How old are you?'
  if (/^party size$/.test(label)) return 'For how many people?'
  if (/^(quantity|count)$/.test(label)) return 'How many?'
  const quantity = /^(?:number|num|count) of (.*)$|^(?:num|number) (.*)$|^(.*) count$/.exec(label)
  const thing = quantity?.slice(1).find((part) => part !== undefined)
  return thing === undefined ? openQuestion(parameter, label) : `How many ${thing}?`
}

function openQuestion(parameter: Parameter, label: string): string {
  if (/^(message|note|reminder|comment|text|content|body)$/.test(label)) return `What should the ${label} say?`
  const isPlural = /[^s]s$/.test(label) && !/(?:ss|us|is)$/.test(label)
  const verb = isPlural ? 'are' : 'is'
  if (label.startsWith('your ')) return `What ${verb} ${label}?`
  const isTheirs = /\byour\b/.test(toSecondPerson(parameter.description))
  return `What ${verb} ${isTheirs ? 'your' : 'the'} ${label}?`
}
