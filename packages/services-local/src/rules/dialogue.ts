import type { Conversation, PastCall, UserTurn } from './conversation.ts'
import { isJson } from './json-schema.ts'
import type { Json, Parameter } from './json-schema.ts'
import { conceptsOfParameter, kindOf } from './parameter-kind.ts'
import { questionFor } from './questions.ts'
import { hasFailed } from './results.ts'
import { agrees } from './schema-check.ts'
import { fillSlots, isQuestion } from './slots.ts'
import type { FilledSlot } from './slots.ts'
import { isCancelling } from './small-talk.ts'
import { answerScore, askedTools, concerns, meantScore, shares, wordScore } from './tool-subject.ts'
import type { ToolSubject } from './tool-subject.ts'
import { readUtterance } from './utterance.ts'
import type { Utterance } from './utterance.ts'
import { contentOf, wordsOfName } from './words.ts'

/** What the tools make of what the user said. @internal */
export type ToolMove =
  | { kind: 'call'; subject: ToolSubject; arguments: Record<string, Json>; filled: boolean }
  | { kind: 'ask'; subject: ToolSubject; parameter: Parameter; filled: boolean; understood: boolean }
  | { kind: 'none' }

/** What the tools are chosen and filled from. @internal */
export interface ToolScene {
  conversation: Conversation
  subjects: readonly ToolSubject[]
  /** What the assistant says because of its task, without any tool. */
  taskSpeech: string
  now: Date
}

/** What is known after some turns of the user. */
interface Progress {
  active: ToolSubject | undefined
  slots: ReadonlyMap<string, Json>
  /** The newest turn spoke of the tool or gave values for it. */
  moved: boolean
  /** The newest turn gave values for it. */
  filled: boolean
}

const nothing: Progress = { active: undefined, slots: new Map(), moved: false, filled: false }

const remembered = 12
const repeatWords = /\b(?:change|instead|actually|rather|update|revise|modify|make (?:it|that)|again|same)\b/i
const followUp = /^\s*(?:and|what about|how about|now|or)\b|\b(?:again|the same)\b/i

/** Decides what to do with the tools after the newest turn of the user. @internal */
export function moveAfterUser(scene: ToolScene): ToolMove {
  const { conversation } = scene
  const start = Math.max(
    conversation.calls.at(-1)?.at ?? -1,
    conversation.turns.length === 0 ? -1 : laterTask(conversation),
  )
  const turns = conversation.turns.filter((turn) => turn.at > start).slice(-remembered)
  const { active, slots, moved, filled } = turns.reduce((before, turn) => step(before, turn, scene), nothing)
  if (active === undefined) return { kind: 'none' }
  const newest = readUtterance(turns.at(-1)?.user ?? '', scene.now)
  const isNamed = wordScore(newest, active, scene.subjects) >= meantScore && !repeatWords.test(newest.text)
  const move = nextMove(active, new Map([...recalled(active, scene, !isNamed), ...slots]))
  if (move.kind === 'none') return move
  if (moved) return { ...move, filled }
  return move.kind === 'ask' ? { ...move, understood: false } : { kind: 'none' }
}

/**
 * A call whose arguments were all given earlier in the conversation and that the newest instructions ask for, as when
 * a flow enters its next node. @internal
 */
export function moveOnTask(scene: ToolScene): ToolMove {
  const { conversation } = scene
  const task = new Set(contentOf(conversation.task))
  const lastTurn = conversation.turns.at(-1)?.at ?? -1
  for (const subject of scene.subjects) {
    const required = subject.parameters.filter((parameter) => parameter.required)
    const concepts = new Set([...subject.name, ...required.flatMap((parameter) => [...conceptsOfParameter(parameter)])])
    const isAsked = conversation.task.includes(subject.tool.name) || shares(concepts, task)
    const isDone = conversation.calls.some((call) => call.name === subject.tool.name && call.at > lastTurn)
    if (isDone) continue
    if (required.length === 0 || !isAsked || required.some((parameter) => ['text', 'flag'].includes(kindOf(parameter))))
      continue
    const move = nextMove(subject, recalled(subject, scene, false))
    if (move.kind === 'call') return move
  }
  return { kind: 'none' }
}

/** The parameter whose question the assistant has just put, if any; cut short by an interruption it still counts. @internal */
export function askedParameter(
  said: string,
  subjects: readonly ToolSubject[],
): { subject: ToolSubject; parameter: Parameter } | undefined {
  const ending = said.trim()
  for (const subject of subjects) {
    for (const parameter of subject.parameters) {
      const question = questionFor(parameter)
      if (ending.endsWith(question)) return { subject, parameter }
      const heard = question.slice(0, Math.ceil(question.length * 0.6)).trimEnd()
      if (heard.length > 7 && ending.includes(heard) && question.startsWith(ending.slice(ending.indexOf(heard))))
        return { subject, parameter }
    }
  }
  return undefined
}

/**
 * Where a task begins that came in the middle of the conversation, -1 when there is none: turns before it belong to an
 * earlier task. @internal
 */
export function laterTask({ taskAt, turns }: Conversation): number {
  return turns.some((turn) => turn.at < taskAt) ? taskAt : -1
}

function step(before: Progress, turn: UserTurn, scene: ToolScene): Progress {
  const utterance = readUtterance(turn.user, scene.now)
  const rival = bestByWords(utterance, scene)
  const isRivalMeant = rival !== undefined && rival.score >= meantScore
  if (isCancelling(turn.user) && !isRivalMeant) return nothing
  const preferred = before.active === undefined ? scene.subjects : [before.active, ...scene.subjects]
  const asked = askedParameter(turn.assistant, preferred)
  if (asked !== undefined) {
    const { subject, parameter } = asked
    const found = slotsOf(utterance, subject, { scene, expected: parameter.name })
    const slots = before.active === undefined || before.active === subject ? before.slots : new Map<string, Json>()
    const isOutweighed = rival !== undefined && rival.subject !== subject && outweighs(rival.score, parameter)
    const isAnswered = found.has(parameter.name) && !isOutweighed
    const isKept = !isRivalMeant || rival.subject === subject
    if (isAnswered || (isKept && (found.size > 0 || utterance.answer !== 'no'))) {
      return { active: subject, slots: merged(slots, found), moved: found.size > 0, filled: found.size > 0 }
    }
  }
  const chosen = choose(utterance, turn, scene)
  if (chosen !== undefined) {
    const slots = chosen.subject === before.active ? before.slots : new Map<string, Json>()
    return { active: chosen.subject, slots: merged(slots, chosen.found), moved: true, filled: chosen.found.size > 0 }
  }
  const active = before.active ?? asked?.subject
  if (active === undefined) return nothing
  const more = slotsOf(utterance, active, { scene, expected: undefined })
  const isMore = [...more.values()].some((slot) => slot.weight >= 1)
  return { active, slots: merged(before.slots, more), moved: isMore, filled: isMore }
}

/** A whole sentence about another tool beats a loose answer to a question. */
function outweighs(score: number, parameter: Parameter): boolean {
  return ['text', 'person', 'place', 'list'].includes(kindOf(parameter)) && score >= 2 * meantScore
}

interface Choice {
  subject: ToolSubject
  found: ReadonlyMap<string, FilledSlot>
  score: number
}

function choose(utterance: Utterance, turn: UserTurn, scene: ToolScene): Choice | undefined {
  const choices = scene.subjects.map((subject) => chosen(subject, utterance, { turn, scene }))
  const best = choices.reduce<Choice | undefined>(
    (top, choice) => (top === undefined || choice.score > top.score ? choice : top),
    undefined,
  )
  return best !== undefined && best.score >= meantScore ? best : undefined
}

function chosen(subject: ToolSubject, utterance: Utterance, from: { turn: UserTurn; scene: ToolScene }): Choice {
  const { turn, scene } = from
  const asked = askedTools(new Set(contentOf(lastQuestion(turn.assistant))), scene.subjects)
  const spoken = wordScore(utterance, subject, scene.subjects)
  // Where a few things are offered, a little points to one of them.
  const words = spoken > 0 && asked.isChoice && shares(subject.name, asked.question) ? spoken + 1 : spoken
  const loose = looseParameter(subject, turn.assistant, scene)
  const last = scene.conversation.calls.at(-1)
  const isFollowUp = last?.name === subject.tool.name && (followUp.test(turn.user) || hasFailed(last))
  const expected =
    loose?.name ?? (isFollowUp ? subject.parameters.find((parameter) => parameter.required)?.name : undefined)
  const found = slotsOf(utterance, subject, { scene, expected })
  const evidence = Math.min(
    3,
    [...found.values()].reduce((sum, slot) => sum + slot.weight, 0),
  )
  const isTopical =
    loose !== undefined || isFollowUp || shares(subject.name, new Set(contentOf(scene.conversation.task)))
  const fromAnswer = answerScore(utterance, subject, asked)
  const isAbout = words > 0 || fromAnswer > 0 || isTopical || [...found.values()].some((slot) => slot.weight >= 2)
  return { subject, found, score: words + fromAnswer + (isAbout ? evidence : 0) + (isTopical && evidence > 0 ? 1 : 0) }
}

/** The parameter that takes any answer to the question just put, which was not made from a parameter. */
function looseParameter(subject: ToolSubject, said: string, scene: ToolScene): Parameter | undefined {
  const asked = lastQuestion(said)
  if (asked === '') return undefined
  const open = subject.parameters.filter((parameter) => parameter.required)
  const question = new Set(contentOf(asked))
  const named = open.find((parameter) => shares(conceptsOfParameter(parameter), question))
  if (named !== undefined) return named
  const others = scene.subjects.filter(
    (other) => other !== subject && other.parameters.some((parameter) => parameter.required),
  )
  return scene.taskSpeech !== '' && scene.taskSpeech.endsWith(asked) && others.length === 0 ? open[0] : undefined
}

function lastQuestion(said: string): string {
  return /([^.!?]*\?)\s*$/.exec(said.trim())?.[1]?.trim() ?? ''
}

function bestByWords(
  utterance: Utterance,
  { subjects }: ToolScene,
): { subject: ToolSubject; score: number } | undefined {
  return subjects
    .map((subject) => ({ subject, score: wordScore(utterance, subject, subjects) }))
    .reduce<{ subject: ToolSubject; score: number } | undefined>(
      (best, one) => (best === undefined || one.score > best.score ? one : best),
      undefined,
    )
}

function slotsOf(
  utterance: Utterance,
  subject: ToolSubject,
  look: { scene: ToolScene; expected: string | undefined },
): Map<string, FilledSlot> {
  const { parameters, tool } = subject
  const isUnclear = /^(?:i don'?t know|no idea|not sure|whatever|what|huh|sorry|i'?m not sure)\b/i.test(
    utterance.text.trim(),
  )
  const expected = isUnclear ? undefined : look.expected
  const found = fillSlots(utterance, { parameters, toolName: tool.name, expected, now: look.scene.now })
  return concerns(utterance, subject, { found, isAsked: expected !== undefined }) ? found : new Map()
}

function merged(known: ReadonlyMap<string, Json>, found: ReadonlyMap<string, FilledSlot>): Map<string, Json> {
  return new Map([...known, ...[...found].map(([name, { value }]): [string, Json] => [name, value])])
}

/**
 * Values that were given before: in earlier calls of other tools, and by the user since the last call of this one. The
 * values of its own last call count when that call is to be changed or made again.
 */
function recalled(subject: ToolSubject, scene: ToolScene, isAgain: boolean): Map<string, Json> {
  const { conversation, now } = scene
  const known = new Map<string, Json>()
  const own = conversation.calls.findLast((call) => call.name === subject.tool.name)
  const sources = conversation.calls.filter((call) => call.name !== subject.tool.name || (isAgain && call === own))
  for (const parameter of subject.parameters) {
    const value = valueFromCalls(parameter, sources, own)
    if (value !== undefined) known.set(parameter.name, value)
  }
  for (const turn of conversation.turns.slice(-remembered)) {
    if (turn.at < (own?.at ?? -1)) continue
    const utterance = readUtterance(turn.user, now)
    if (isCancelling(turn.user) || (isQuestion(utterance) && utterance.words.length < 4)) continue
    const found = slotsOf(utterance, subject, { scene, expected: undefined })
    for (const [name, slot] of found) {
      const parameter = subject.parameters.find((candidate) => candidate.name === name)
      if (slot.weight >= 1 && parameter !== undefined && kindOf(parameter) !== 'text') known.set(name, slot.value)
    }
  }
  return known
}

function valueFromCalls(parameter: Parameter, calls: readonly PastCall[], own: PastCall | undefined): Json | undefined {
  const isVague = kindOf(parameter) === 'text' && !/[_A-Z]/.test(parameter.name)
  for (const call of calls.toReversed()) {
    if (isVague && call !== own) continue
    const value = Object.entries(call.arguments).find(([name]) => isSameArgument(parameter.name, name, call.name))?.[1]
    if (isJson(value) && agrees(value, parameter.schema)) return value
  }
  return undefined
}

/** `size` of `collect_party_size` is the `party_size` of another tool. */
function isSameArgument(wanted: string, name: string, tool: string): boolean {
  if (wanted === name) return true
  const words = wordsOfName(wanted)
  const offered = [...wordsOfName(tool), ...wordsOfName(name)]
  return words.length > 1 && words.at(-1) === offered.at(-1) && words.every((word) => offered.includes(word))
}

function nextMove(subject: ToolSubject, known: ReadonlyMap<string, Json>): ToolMove {
  const missing = subject.parameters.find((parameter) => parameter.required && !known.has(parameter.name))
  if (missing !== undefined) return { kind: 'ask', subject, parameter: missing, filled: false, understood: true }
  const named = subject.parameters.flatMap(({ name }): [string, Json][] => {
    const value = known.get(name)
    return value === undefined ? [] : [[name, value]]
  })
  const given = Object.fromEntries(named)
  if (agrees(given, subject.tool.parameters)) return { kind: 'call', subject, arguments: given, filled: false }
  const [first] = subject.parameters
  return first === undefined
    ? { kind: 'none' }
    : { kind: 'ask', subject, parameter: first, filled: false, understood: false }
}
