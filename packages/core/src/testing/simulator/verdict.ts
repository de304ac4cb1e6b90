import type { LLMContext } from '../../context/llm-context.ts'
import { isSpecificMessage, messageText } from '../../context/messages.ts'
import type { Facts, UtteranceFact } from './facts.ts'
import type { Source, Word } from './lexicon.ts'
import type { Scenario } from './scenario.ts'
import type { World } from './world.ts'

/** How far the record may be from the truth where word times are given, and where they are estimated, milliseconds. */
const EXACT_MS = 45
const ESTIMATED_MS = 400
/** The end of the newest word of a stream is estimated: with less than this share heard it must not count. */
const ENOUGH = 0.6
/** So often an answer that is cut is given again. */
const MOST_REPEATS = 3

/** What the history is checked against. */
export interface VerdictOptions {
  readonly world: World
  readonly facts: Facts
  readonly context: LLMContext
  readonly scenario: Scenario
  /** Hz of the agent's audio. */
  readonly sampleRate: number
}

/**
 * Checks the stored history against what happened. `rest`: everything is quiet; `over`: the conversation ended;
 * `broken off`: it was cancelled.
 */
export function judgeHistory(options: VerdictOptions, moment: 'rest' | 'over' | 'broken off'): void {
  judgeUserWords(options)
  judgeSecrets(options)
  if (moment === 'rest') judgeRecognition(options)
  if (moment !== 'broken off') {
    judgeSpeech(options)
    judgeCompleteness(options)
  }
  if (moment === 'rest') {
    judgeCalls(options)
    judgeAnswers(options)
  }
}

function wordsOf({ context, world }: VerdictOptions, role: 'user' | 'assistant'): readonly Word[] {
  return context.messages.flatMap((message) => {
    if (isSpecificMessage(message) || message.role !== role) return []
    return world.lexicon.read(messageText(message)).flatMap((word) => word ?? [])
  })
}

const textOf = (words: readonly Word[]): string => words.map(({ text }) => text).join(' ')

/** The user is never cut: every word once, in order. */
function judgeUserWords(options: VerdictOptions): void {
  const { world, facts } = options
  const typed = new Set(facts.typed)
  const stored = wordsOf(options, 'user')
  const spoken = stored.filter((word) => !typed.has(word))
  // What comes behind the end may be late.
  const recognised = facts.recognised.filter((word) => !facts.aside.has(word))
  const late = facts.recognised.slice(facts.recognisedInTime).length
  const due = recognised.slice(0, Math.max(recognised.length - late, spoken.length))
  if (textOf(spoken) !== textOf(due))
    world.violate('no word of the user is lost', `"${textOf(due)}" is stored as "${textOf(spoken)}"`)
  if (textOf(stored.filter((word) => typed.has(word))) !== textOf(facts.typed))
    world.violate('no word of the user is lost', `"${textOf(facts.typed)}" was typed and is not stored so`)
}

/** What was to fill the time, and what was answered to nobody, is not remembered. */
function judgeSecrets({ world, facts, context }: VerdictOptions): void {
  const unconfirmed = new Set<Source>(facts.requests.filter(({ standing }) => standing !== 'asked'))
  const stored = context.messages.flatMap((message) =>
    isSpecificMessage(message) ? [] : world.lexicon.read(messageText(message)),
  )
  for (const word of stored) {
    if (word?.source.kind === 'filler') world.violate('a filler is not stored', `"${word.text}" is part of the history`)
    if (word !== undefined && unconfirmed.has(word.source))
      world.violate('nothing unconfirmed is stored', `"${word.text}" is part of the history`)
  }
}

/** Audio that holds words leads to these words. */
function judgeRecognition({ world, facts, scenario }: VerdictOptions): void {
  if (scenario.hearing === 'frames' || facts.earsFailed) return
  if (textOf(facts.spoken) !== textOf(facts.recognised))
    world.violate(
      'no word of the user is lost',
      `"${textOf(facts.spoken)}" is recognised as "${textOf(facts.recognised)}"`,
    )
}

/** What is stored of the agent's words is what was heard. */
function judgeSpeech(options: VerdictOptions): void {
  const { world, facts } = options
  const stored = wordsOf(options, 'assistant')
  const spoken = [...facts.utterances.values()].filter(({ words }) => belongsToHistory([...words.keys()][0]?.source))
  const order = [...new Set(spoken.flatMap(({ words }) => [...words.keys()]))]
  const kept = new Set(stored)
  const expected = order.filter((word) => kept.has(word))
  if (textOf(expected) !== textOf(stored)) {
    world.violate('heard equals stored', `"${textOf(expected)}" is stored as "${textOf(stored)}"`)
    return
  }
  for (const utterance of spoken) judgeUtterance(utterance, kept, options)
}

function belongsToHistory(source: Source | undefined): boolean {
  return source !== undefined && (!('appendToContext' in source) || source.appendToContext === true)
}

function judgeUtterance(utterance: UtteranceFact, stored: ReadonlySet<Word>, options: VerdictOptions): void {
  const { world, facts, scenario, sampleRate } = options
  // What a client says behind the end comes too late.
  if (facts.unreported.has(utterance.contextId)) return
  const slackMs = scenario.wordTimes && !utterance.faulty ? EXACT_MS : ESTIMATED_MS
  const slack = (slackMs * sampleRate) / 1000
  const position = facts.position(utterance)
  let before = 0
  for (const [word, samples] of utterance.words) {
    const heard = facts.heard.get(word) ?? 0
    before += heard
    if (facts.uncertain.has(word)) continue
    if (heard > samples + 1) world.violate('heard equals stored', `"${word.text}" is heard twice`)
    const whole = heard >= samples
    const complete = whole && (before + slack <= position || isWhole(utterance, facts))
    if (complete && !stored.has(word))
      world.violate('heard equals stored', `"${word.text}" of ${utterance.contextId} was heard and is not stored`)
    if (heard < samples * ENOUGH && samples - heard > slack && stored.has(word))
      world.violate('heard equals stored', `"${word.text}" of ${utterance.contextId} is stored and was not heard`)
  }
}

function isWhole({ words }: UtteranceFact, facts: Facts): boolean {
  for (const [word, samples] of words) if ((facts.heard.get(word) ?? 0) < samples) return false
  return true
}

/** Speech that nobody cut and nothing broke is heard to its end. */
function judgeCompleteness({ world, facts }: VerdictOptions): void {
  // An end does not wait for a client that takes nothing.
  if (facts.clientHungAtEnd) return
  const unfinished = new Set<Source>(facts.requests.filter(({ outcome }) => outcome !== 'done'))
  const sources = facts.sayings.filter((source) => !unfinished.has(source))
  const faulty = new Set(
    [...facts.utterances.values()].flatMap(({ words, faulty: is }) => (is ? [...words.keys()] : [])),
  )
  const whole = new Set<Source>(sources.filter(({ cutMs }) => cutMs === undefined))
  if (facts.voiceFailed) return
  for (const word of world.lexicon.words) {
    if (!whole.has(word.source) || faulty.has(word) || facts.uncertain.has(word)) continue
    if ((facts.heard.get(word) ?? 0) === 0)
      world.violate('what is said is heard', `"${word.text}" was generated, not cut, and never heard`)
  }
}

/** Every call has one end, and the context says which. */
function judgeCalls({ world, facts, context }: VerdictOptions): void {
  const contents = new Map<string, string[]>()
  for (const message of context.messages) {
    if (isSpecificMessage(message)) continue
    if (message.role === 'tool')
      contents.set(message.tool_call_id, [...(contents.get(message.tool_call_id) ?? []), message.content])
    if (message.role === 'assistant')
      for (const { id } of message.tool_calls ?? []) contents.set(id, contents.get(id) ?? [])
  }
  for (const [id, { standing, outcome, cutMs }] of facts.requestedCalls) {
    if (standing === 'asked' && outcome === 'done' && cutMs === undefined && !contents.has(id))
      world.violate('no call is left open', `${id} was asked for and is not in the context`)
  }
  const everything = JSON.stringify(context.messages)
  for (const { id, name, answer } of facts.calls) {
    const told = contents.get(id) ?? []
    if (told.length !== 1) world.violate('no call is left open', `${id} has ${told.length} results in the context`)
    const beside = name === 'watch' || name === 'leave'
    if (!beside && told[0] === 'IN_PROGRESS')
      world.violate('no call is left open', `${id} of ${name} is still in progress in the context`)
    if (answer === undefined) continue
    const kept = beside ? everything : (told[0] ?? '')
    if (!kept.includes(answer)) world.violate('no result is lost', `"${answer}" is not in the context: ${told[0]}`)
  }
}

/** Whatever the user said or a function found was brought before the model. */
function judgeAnswers({ world, facts, context }: VerdictOptions): void {
  // What the application cuts, it does not want.
  if (facts.interrupted > facts.questioned) return
  if (isLeftBroken(facts))
    world.violate(
      'never silent',
      `answer ${facts.answers.length} was cut by a turn without words and is not given again`,
    )
  const last = context.messages.findLast((message) => isSpecificMessage(message) || message.role !== 'assistant')
  if (last === undefined || isSpecificMessage(last) || last.role === 'system') return
  if (last.role === 'tool' && (last.content === 'CANCELLED' || last.content === 'IN_PROGRESS')) return
  // A sound that passes for a voice may cut the answer to what was said before.
  if (last.role === 'user' && facts.bargedIn > facts.questioned) return
  const said = JSON.stringify(last)
  if (!facts.answers.some(({ question }) => question.includes(said)))
    world.violate('never silent', `the model was never asked about ${said}`)
}

/** The latest answer was cut by a turn in which nothing was said, and not because that happens again and again. */
function isLeftBroken({ answers, broken, questioned }: Facts): boolean {
  const last = answers.at(-1)
  if (last === undefined || broken.get(last) !== true || questioned > last.order) return false
  return answers.filter((answer) => answer.order >= questioned && broken.has(answer)).length <= MOST_REPEATS
}
