import type { PastCall } from './conversation.ts'
import { introduction } from './persona.ts'
import type { Persona } from './persona.ts'
import { spokenList, spokenName } from './questions.ts'
import { directQuestion, sentence, toSecondPerson } from './second-person.ts'
import { isJson } from './json-schema.ts'
import type { Json } from './json-schema.ts'
import { wordsOfName } from './words.ts'

/** What instructions are turned into speech with. @internal */
export interface TaskScene {
  persona: Persona
  /** What the assistant has said before. */
  spoken: readonly string[]
  calls: readonly PastCall[]
}

interface Line {
  text: string
  /** Where it goes among the others. */
  place: 'greeting' | 'middle' | 'farewell'
  /** Said only when the instructions hold no better question. */
  isWeak?: boolean
}

const maxLines = 4
const maxConfirmed = 6
const people =
  '(?:(?:the |our |this )?(?:user|customer|caller|guest|client|patient|person|visitor|traveler|traveller|passenger|human)s?|them|him or her|him|her|people)'
const verbStart =
  'ask|greet|welcome|introduce|thank|tell|inform|explain|say|confirm|offer|collect|wait|let|inquire|request|apologi[sz]e|find|read|end|wish|politely|briefly|warmly|kindly|then|finally|use|call'

/**
 * Turns instructions into what the assistant says because of them: `Greet the user and ask for their name` becomes
 * `Hello! What is your name?` Gives an empty text when they ask for no speech of their own. @internal
 */
export function taskSpeech(task: string, scene: TaskScene): string {
  const lines: Line[] = []
  for (const clause of clausesOf(task)) {
    const line = lineFor(clause, scene)
    if (line !== undefined && line.text !== '' && !lines.some((other) => other.text === line.text)) lines.push(line)
  }
  const hasQuestion = lines.some((line) => line.text.endsWith('?') && line.isWeak !== true)
  const kept = lines.filter((line) => line.isWeak !== true || !hasQuestion)
  const ordered = (['greeting', 'middle', 'farewell'] as const).flatMap((place) =>
    kept.filter((line) => line.place === place),
  )
  const firstQuestion = ordered.findIndex((line) => line.text.endsWith('?'))
  const spoken = ordered.slice(0, Math.min(maxLines, firstQuestion < 0 ? maxLines : firstQuestion + 1))
  return spoken.map((line) => line.text).join(' ')
}

function clausesOf(task: string): string[] {
  // Spaces that do not break keep together what is in quotation marks.
  const kept = task.replaceAll('’', "'").replace(/["“][^"”]{2,400}["”]/g, (quote) => quote.replace(/\s+/g, '\u00a0'))
  const sentences = kept.split(/(?<=[.!?]["”]?)[^\S\u00a0]+|\n+/)
  return sentences.flatMap((part) => {
    const plain = part.replace(/^\s*(?:[-*•]|\d+[.)])\s*/, '').trim()
    if (/["“]/.test(plain)) return [plain]
    return plain
      .split(
        new RegExp(
          `(?:,\\s*|\\s+)(?:and|then|and then|before|;)\\s+(?=(?:${verbStart})\\b|(?:ask|greet|introduc|thank|tell|say|confirm|offer)ing\\b)`,
          'i',
        ),
      )
      .map((clause) => clause.trim())
  })
}

const preamble =
  /^(?:(?:please|then|now|next|first|finally|also|politely|warmly|briefly|kindly|for this step|in this step|at this point|you (?:should|must|need to|will|have to|are to)|start (?:off )?(?:by|with)|begin (?:by|with)|start|begin|make sure to|be sure to|remember to|let's|immediately)\b[\s,:]*)+/i

function lineFor(clause: string, scene: TaskScene): Line | undefined {
  const quote = /["“]([^"”]{2,400})["”]/.exec(clause)
  if (quote !== null) {
    const isSpeech =
      /\b(?:say|saying|greet\w*|ask|asking|tell|telling|with|respond|open\w*|begin|start|words|welcome|introduce)\b/i.test(
        clause.slice(0, quote.index),
      )
    return isSpeech && !isConditional(clause)
      ? { text: sentence(quote[1] ?? '', '.'), place: /greet|welcome|open/i.test(clause) ? 'greeting' : 'middle' }
      : undefined
  }
  if (isConditional(clause)) return undefined
  if (/^(?:politely |briefly )?say (?:hello|hi)\b/i.test(clause))
    return { text: greeting('greet', '', scene), place: 'greeting' }
  const rest = clause.replace(preamble, '').replace(/^(\w+)ing\b/i, (word) => infinitive(word))
  const match = /^([a-z]+)\b\s*(.*)$/i.exec(rest)
  if (match === null) return undefined
  const [, verb = '', object = ''] = match
  return speechFor(verb.toLowerCase(), object.replace(/[.!]+$/, '').trim(), scene)
}

function isConditional(clause: string): boolean {
  return /^(?:your (?:task|job|goal|role) is|if|when|whenever|once|after|unless|do not|don't|never|only|use|call|avoid|always|keep|be|you are|you're|this is)\b/i.test(
    clause,
  )
}

function infinitive(word: string): string {
  const lower = word.toLowerCase()
  const known = [
    'ask',
    'greet',
    'welcome',
    'introduce',
    'thank',
    'tell',
    'inform',
    'explain',
    'say',
    'confirm',
    'offer',
    'collect',
  ]
  return known.find((verb) => `${verb.replace(/e$/, '')}ing` === lower) ?? word
}

function speechFor(verb: string, object: string, scene: TaskScene): Line | undefined {
  switch (verb) {
    case 'greet':
    case 'welcome':
      return { text: greeting(verb, object, scene), place: 'greeting' }
    case 'introduce':
      return line(unsaid(introduction(scene.persona), scene))
    case 'ask':
    case 'inquire':
    case 'find':
      return line(questionOf(object.replace(/^out\s+/, '')))
    case 'collect':
    case 'gather':
    case 'obtain':
    case 'request':
    case 'determine':
    case 'get':
      return {
        ...line(questionOf(/^(?:if|whether|what|which|how|when|where)\b/i.test(object) ? object : `for ${object}`)),
        isWeak: true,
      }
    case 'tell':
    case 'inform':
    case 'explain':
    case 'mention':
    case 'let':
      return line(statementOf(object))
    case 'say':
      return /goodbye|farewell/i.test(object) ? { text: 'Goodbye!', place: 'farewell' } : line(statementOf(object))
    case 'thank':
      return line(sentence(toSecondPerson(`thank you ${object.replace(new RegExp(`^${people}\\s*`, 'i'), '')}`), '.'))
    case 'apologize':
    case 'apologise':
      return line(apology(object))
    case 'suggest':
    case 'present':
    case 'list':
      return line(listed(object))
    case 'offer':
      return line(
        sentence(
          toSecondPerson(
            `would you like ${object.replace(new RegExp(`^${people}(?!')\\b\\s*`, 'i'), '').replace(/^to /, 'me to ')}`,
          ),
          '?',
        ),
      )
    case 'confirm':
    case 'verify':
    case 'read':
    case 'repeat':
    case 'summarize':
    case 'review':
      return line(confirmation(scene.calls))
    case 'end':
    case 'wrap':
    case 'bid':
    case 'conclude':
      return { text: 'Goodbye!', place: 'farewell' }
    case 'wish':
      return line(sentence(toSecondPerson(`I wish you ${object.replace(new RegExp(`^${people}\\s*`, 'i'), '')}`), '.'))
    default:
      return undefined
  }
}

const greetingStart = /^(?:hello|hi|welcome|good (?:morning|afternoon|evening))\b/i

/** Nobody introduces themselves twice. */
function unsaid(text: string, { spoken }: TaskScene): string {
  return spoken.some((said) => said.includes(text)) ? '' : text
}

function line(text: string): Line {
  return { text, place: 'middle' }
}

function greeting(verb: string, object: string, { persona, spoken }: TaskScene): string {
  const place = /\bto (.+)$/i.exec(object)?.[1]
  if (verb === 'welcome' && place !== undefined) return sentence(`welcome to ${place}`, '!')
  if (spoken.some((said) => greetingStart.test(said))) return ''
  if (spoken.length > 0) return 'Hello!'
  return persona.name === undefined ? 'Hello!' : `Hello, I am ${persona.name}.`
}

/** The question that somebody who is told to ask something puts: `for their name` becomes `What is your name?` */
function questionOf(object: string): string {
  const asked = object
    .replace(new RegExp(`^${people}(?!')\\b\\s*`, 'i'), '')
    .replace(/\s+(?:and|or) (?:wait|use|call|then)\b.*$/i, '')
  const [first = asked] = asked.split(/[,;]\s*(?:and|then|but)\s+(?:wait|use|call|do|don't|be)\b/i)
  const offered = /^how (?:you|we) (?:can|may|could) (help|assist|serve)\b(.*)$/i.exec(first)
  if (offered !== null) return sentence(toSecondPerson(`how can I ${offered[1]}${offered[2]}`), '?')
  if (/^(?:if|whether|what|which|who|how|when|where|why)\b/i.test(first)) return directQuestion(first)
  if (/^to\b/i.test(first)) return sentence(toSecondPerson(`could you ${first.slice(3)}`), '?')
  const about = /^about\s+(.*)$/i.exec(first)?.[1]
  if (about !== undefined) return sentence(toSecondPerson(`can you tell me about ${about}`), '?')
  const wanted = toSecondPerson(first.replace(/^for\s+/i, '')).trim()
  if (wanted === '') return ''
  if (/^(?:your|the)\b/i.test(wanted)) return whatIs(wanted)
  if (/^(?:a|an)\b/i.test(wanted)) return sentence(`could you give me ${wanted}`, '?')
  return wanted.split(' ').length <= 4
    ? sentence(`what ${wanted} would you like`, '?')
    : sentence(`could you tell me ${wanted}`, '?')
}

function whatIs(wanted: string): string {
  if (wanted.split(' ').length > 8 || /\band\b/.test(wanted)) return sentence(`could you tell me ${wanted}`, '?')
  const counted = /^(?:your|the) number of (.*)$/i.exec(wanted)?.[1]
  if (counted !== undefined) return sentence(`how many ${counted}`, '?')
  const noun = wanted.split(/\s(?:for|of|to|in|with|including)\s|,/)[0] ?? wanted
  return sentence(`what ${/[^s]s$/.test(noun) && !/(?:us|is|address)$/.test(noun) ? 'are' : 'is'} ${wanted}`, '?')
}

function statementOf(object: string): string {
  const told = object
    .replace(new RegExp(`^${people}(?!')\\b\\s*`, 'i'), '')
    .replace(/^know\s+/i, '')
    .replace(/^(?:that|:)\s*/i, '')
  const isStatement =
    /^\s*(?:\S+\s+)*?(?:that\b|:)/i.test(object) ||
    /\b(?:is|are|was|were|will|has|have|can|must|should|do|does|would)\b/i.test(told)
  if (told === '' || !isStatement || /^(?:about|choose|decide|pick|how|what|why|speak|talk|finish)\b/i.test(told))
    return ''
  return sentence(toSecondPerson(told), '.')
}

function apology(object: string): string {
  const reason = /^(?:to .+? )?(?:that|because)\s+(.*)$/i.exec(object)?.[1]
  return reason === undefined ? 'I am sorry about that.' : sentence(toSecondPerson(`I am sorry, ${reason}`), '.')
}

function listed(object: string): string {
  const list = /:\s*(.+)$/.exec(object)?.[1]
  return list === undefined ? '' : sentence(`I can offer ${list}`, '.')
}

/** What was collected so far, with the newest value of each argument. */
function confirmation(calls: readonly PastCall[]): string {
  const given = new Map<string, string>()
  const last = Object.entries(calls.at(-1)?.arguments ?? {})
  const collected = last.length > 1 ? last : calls.flatMap((call) => Object.entries(call.arguments))
  for (const [name, value] of collected) {
    const said = isJson(value) ? saidValue(value) : ''
    if (said !== '') given.set(wordsOfName(name).join(' '), said)
  }
  const parts = [...given].slice(-maxConfirmed).map(([label, said]) => `${label} ${said}`)
  return parts.length === 0
    ? 'Is everything right so far?'
    : `${sentence(`I have ${spokenList(parts, 'and')}`, '.')} Is that right?`
}

function saidValue(value: Json): string {
  if (value === null || typeof value === 'boolean') return value === true ? 'yes' : 'no'
  if (typeof value === 'string' || typeof value === 'number') return spokenName(value)
  if (!isList(value)) return Object.values(value).map(saidValue).join(' ')
  return value.length === 0 ? 'none' : spokenList(value.map(saidValue), 'and')
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}
