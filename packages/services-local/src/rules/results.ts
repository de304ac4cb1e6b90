import { parsed } from './conversation.ts'
import type { PastCall } from './conversation.ts'
import { isRecord } from './json-schema.ts'
import { spokenList } from './questions.ts'
import { sentence } from './second-person.ts'
import { wordsOfName } from './words.ts'

const textKeys = [
  'message',
  'text',
  'answer',
  'summary',
  'speech',
  'say',
  'response',
  'joke',
  'fact',
  'quote',
  'forecast',
  'description',
]
const wrapperKeys = ['result', 'data', 'output', 'results', 'items', 'value']
const mutedKeys = /^(?:status|success|ok|id|uuid|timestamp|code|unit|units|type)$|(?:_id|Id)$/
const placeKeys = ['location', 'city', 'place', 'destination']
const maxFacts = 6
const maxNamed = 5

/** What a function call brought, as it is told to the user. @internal */
export function tellResult(call: PastCall): string {
  const written = (call.result ?? '').trim()
  const state = written.replace(/["_]/g, ' ').trim().toLowerCase()
  if (state === 'in progress' || state === 'pending' || state === 'started') return 'One moment, please.'
  if (state === 'cancelled' || state === 'canceled') return 'That was cancelled.'
  if (/^(?:completed|complete|success|ok|done|null|undefined|true|)$/.test(state)) return 'Done.'
  return tell(parsed(written) ?? written, call)
}

function tell(value: unknown, call: PastCall): string {
  if (typeof value === 'string') return sentence(value, '.')
  if (typeof value === 'number') return `The answer is ${numeral(value)}.`
  if (typeof value === 'boolean') return value ? 'Done.' : 'That did not work.'
  if (Array.isArray(value)) return tellList(value)
  return isRecord(value) ? tellObject(value, call) : 'Done.'
}

function tellObject(value: { readonly [key: string]: unknown }, call: PastCall): string {
  if (value['type'] === 'async_tool') return value['status'] === 'running' ? 'One moment, please.' : 'Done.'
  const failure = failureIn(value)
  if (failure !== undefined) return failure
  const entries = Object.entries(value).filter(([, entry]) => entry !== null && entry !== undefined && entry !== '')
  for (const key of textKeys) {
    const text = value[key]
    if (typeof text === 'string' && text !== '') return sentence(text, '.')
  }
  const telling = entries.filter(([key, entry]) => !mutedKeys.test(key) && !isEcho(key, entry, call))
  const [only] = telling
  if (telling.length === 1 && only !== undefined && (wrapperKeys.includes(only[0]) || Array.isArray(only[1])))
    return tell(only[1], call)
  const echoes = entries.filter(([key, entry]) => !mutedKeys.test(key) && isEcho(key, entry, call))
  const facts = (telling.length > 0 ? telling : echoes).flatMap(([key, entry]) => factsOf(key, entry, value))
  if (facts.length === 0) return 'Done.'
  const place = telling.length === 0 ? undefined : placeOf(value, call)
  return sentence(`${place === undefined ? '' : `in ${place}, `}${spokenList(facts.slice(0, maxFacts), 'and')}`, '.')
}

/** Whether what was called for did not work. @internal */
export function hasFailed({ result = '' }: PastCall): boolean {
  const value = parsed(result)
  return isRecord(value) && failureIn(value) !== undefined
}

function failureIn(value: { readonly [key: string]: unknown }): string | undefined {
  const { error, status, success, message } = value
  const isFailed =
    (error !== undefined && error !== null && error !== false && error !== '') ||
    success === false ||
    /^(?:error|failed|failure)$/i.test(String(status))
  if (!isFailed) return undefined
  const nested: unknown = isRecord(error) ? error['message'] : error
  const reason = [nested, message].find((text) => typeof text === 'string' && text !== '')
  return typeof reason === 'string'
    ? sentence(`I am sorry, that did not work: ${reason}`, '.')
    : 'I am sorry, that did not work.'
}

function isEcho(key: string, value: unknown, call: PastCall): boolean {
  return Object.hasOwn(call.arguments, key) && JSON.stringify(call.arguments[key]) === JSON.stringify(value)
}

function placeOf(value: { readonly [key: string]: unknown }, call: PastCall): string | undefined {
  const found = placeKeys
    .map((key) => value[key] ?? call.arguments[key])
    .find((place) => typeof place === 'string' && place !== '')
  return typeof found === 'string' ? found : undefined
}

function factsOf(key: string, value: unknown, siblings: { readonly [key: string]: unknown }): string[] {
  const label = wordsOfName(key).join(' ')
  if (placeKeys.includes(key)) return []
  if (typeof value === 'boolean') return [`it is ${value ? '' : 'not '}${label.replace(/^(?:is|has) /, '')}`]
  if (typeof value === 'number') return [`the ${label} is ${numeral(value)}${unitOf(key, siblings)}`]
  if (typeof value === 'string') return [`the ${label} ${isPlural(label) ? 'are' : 'is'} ${value}`]
  if (Array.isArray(value)) {
    const names = namesOf(value)
    return names.length === 0 ? [] : [`the ${label} ${names.length > 1 ? 'are' : 'is'} ${spokenList(names, 'and')}`]
  }
  if (!isRecord(value)) return []
  return Object.entries(value)
    .filter(([inner]) => !mutedKeys.test(inner))
    .flatMap(([inner, entry]) => (isRecord(entry) ? [] : factsOf(`${key}_${inner}`, entry, value)))
}

function unitOf(key: string, siblings: { readonly [key: string]: unknown }): string {
  const unit = siblings['unit'] ?? siblings['units']
  if (!/temp/i.test(key)) return ''
  if (/^(?:c|celsius|metric)$/i.test(String(unit))) return ' degrees Celsius'
  return /^(?:f|fahrenheit|imperial)$/i.test(String(unit)) ? ' degrees Fahrenheit' : ''
}

function tellList(list: readonly unknown[]): string {
  if (list.length === 0) return 'I found nothing.'
  const names = namesOf(list)
  if (names.length === 0) return `I found ${list.length} ${list.length === 1 ? 'entry' : 'entries'}.`
  const shown = names.slice(0, maxNamed)
  const more = list.length - shown.length
  const told = more > 0 ? [...shown, `${more} more`] : shown
  return sentence(
    list.length === 1 ? `I found ${told[0] ?? ''}` : `I found ${list.length}: ${spokenList(told, 'and')}`,
    '.',
  )
}

function namesOf(list: readonly unknown[]): string[] {
  return list.flatMap((item: unknown) => {
    if (typeof item === 'string') return [item]
    if (typeof item === 'number') return [numeral(item)]
    if (!isRecord(item)) return []
    const named = ['name', 'title', 'label', 'time', 'date', 'text']
      .map((key) => item[key])
      .find((name) => typeof name === 'string')
    if (typeof named === 'string') return [named]
    const first = Object.values(item).find((entry) => typeof entry === 'string' || typeof entry === 'number')
    return first === undefined ? [] : [String(first)]
  })
}

/** A number as it is read out: at most four decimals. @internal */
export function numeral(value: number): string {
  return String(Number(value.toFixed(4)))
}

function isPlural(label: string): boolean {
  return /[^s]s$/.test(label) && !/(?:us|is|address)$/.test(label)
}
