import { readConversation } from './conversation.ts'
import type { Conversation, RuleMessage } from './conversation.ts'
import { askedParameter, laterTask, moveAfterUser, moveOnTask } from './dialogue.ts'
import type { ToolScene } from './dialogue.ts'
import type { Json, Parameter } from './json-schema.ts'
import { kindOf } from './parameter-kind.ts'
import { introduction, personaOf } from './persona.ts'
import type { Persona } from './persona.ts'
import { hintFor, questionFor, spokenList } from './questions.ts'
import { tellResult } from './results.ts'
import { agrees } from './schema-check.ts'
import { abilityOf, isCancelling, smallTalk } from './small-talk.ts'
import { summaryOf } from './summary.ts'
import { taskSpeech } from './task-speech.ts'
import { shares, subjectOfTool } from './tool-subject.ts'
import type { RuleTool } from './tool-subject.ts'
import { readUtterance } from './utterance.ts'
import { contentOf } from './words.ts'

/** Options of {@link RuleModel}. */
export interface RuleModelOptions {
  /** What `today` and `now` mean, in local time. Default: the real time. */
  now?: () => Date
  /** Varies which of several answers, jokes and stories comes first. Default 0. */
  seed?: number
}

/** A function call that the model asks for. The arguments agree with the function's schema. */
export interface RuleToolCall {
  name: string
  arguments: Record<string, Json>
}

/** What the model says or asks for: one of the two. */
export interface RuleReply {
  text?: string
  toolCalls?: RuleToolCall[]
}

/** A part of a reply: some of its text, with the spaces in between, or a function call. */
export type RuleReplyPart = { text: string } | { toolCall: RuleToolCall }

interface Scene extends ToolScene {
  persona: Persona
  tools: readonly RuleTool[]
  pick: (answers: readonly string[]) => string
}

const sorry = 'Sorry, I did not get that.'
const notUnderstood = [
  'I am sorry, I did not understand that.',
  'I am not sure what you mean.',
  'I am only a small rule-driven model, and I do not know about that.',
]

/**
 * A language model made of rules: small talk, the task in its instructions, and function calls filled from what was
 * said. The same messages, tools, time and seed always give the same reply. It keeps no state, needs no network, and
 * takes any text.
 */
export class RuleModel {
  private readonly now: () => Date
  private readonly seed: number

  constructor(options: RuleModelOptions = {}) {
    this.now = options.now ?? (() => new Date())
    this.seed = Math.abs(Math.trunc(options.seed ?? 0)) || 0
  }

  /**
   * Answers a conversation: by a text, or by a function call when everything that the function requires was said and
   * the user or the newest instructions ask for it. Messages are in the form of chat completions, tools are JSON Schema.
   */
  reply(messages: readonly RuleMessage[], tools: readonly RuleTool[] = []): RuleReply {
    const scene = this.scene(readConversation(messages), tools)
    const { conversation } = scene
    if (conversation.last === 'tool' && conversation.newResults.length > 0)
      return { text: joined(conversation.newResults.map(tellResult).join(' '), questionAfter(scene)) }
    if (conversation.last === 'user') {
      const summary = summaryOf(conversation)
      return summary === undefined ? answerUser(scene) : { text: summary }
    }
    if (conversation.last === 'assistant')
      return { text: scene.pick(['Are you still there?', 'Can I help you with anything else?']) }
    return enterTask(scene)
  }

  /** The same reply in parts of a word each, to be spoken while it goes on. */
  *stream(
    messages: readonly RuleMessage[],
    tools: readonly RuleTool[] = [],
  ): Generator<RuleReplyPart, void, undefined> {
    const { text, toolCalls } = this.reply(messages, tools)
    for (const part of text?.match(/\s*\S+/g) ?? []) yield { text: part }
    for (const toolCall of toolCalls ?? []) yield { toolCall }
  }

  private scene(conversation: Conversation, tools: readonly RuleTool[]): Scene {
    const persona = personaOf(conversation.instructions)
    const turn = this.seed + conversation.spoken.length
    return {
      conversation,
      tools,
      persona,
      subjects: tools.map(subjectOfTool),
      taskSpeech: taskSpeech(conversation.task, {
        persona,
        spoken: conversation.spoken,
        calls: conversation.calls,
      }),
      now: this.now(),
      pick: (answers) => answers[turn % answers.length] ?? '',
    }
  }
}

function enterTask(scene: Scene): RuleReply {
  const move = moveOnTask(scene)
  if (move.kind === 'call') return called(move)
  if (scene.taskSpeech !== '') return { text: scene.taskSpeech }
  const opening = scene.conversation.spoken.length === 0
  const question = openQuestion(scene)
  if (!opening) return { text: question ?? 'How can I help you?' }
  const greeting = scene.persona.name === undefined ? 'Hello!' : `Hello! ${introduction(scene.persona)}`
  return { text: `${greeting} ${question ?? 'How can I help you?'}` }
}

/** What to ask when the instructions do not say: for the one tool's first value, or which of a few tools. */
function openQuestion({ subjects, conversation }: Scene): string | undefined {
  const isStep = laterTask(conversation) >= 0
  const [only] = subjects
  if (only === undefined || subjects.length > 3 || !isStep) return undefined
  const missing = only.parameters.find((parameter) => parameter.required)
  if (subjects.length === 1)
    return missing === undefined ? `Would you like to ${abilityOf(only.tool)}?` : questionFor(missing)
  return `Would you like to ${spokenList(
    subjects.map((subject) => abilityOf(subject.tool)),
    'or',
  )}?`
}

function answerUser(scene: Scene): RuleReply {
  const { conversation } = scene
  const text = conversation.turns.at(-1)?.user ?? ''
  const move = moveAfterUser(scene)
  const talk = smallTalk({ ...scene, text })
  const isUnderstood = move.kind === 'call' || (move.kind === 'ask' && move.understood)
  // Small talk such as `what is your name` shares words with many tools; only values that were given outweigh it.
  if (isUnderstood && (talk?.exact !== true || move.filled)) {
    return move.kind === 'call' ? called(move) : { text: nextQuestion(move.parameter, text, scene) }
  }
  const pending = isCancelling(text)
    ? undefined
    : move.kind === 'ask'
      ? questionFor(move.parameter)
      : pendingQuestion(scene)
  if (talk !== undefined)
    return { text: isRepeat(talk.text, pending, scene) ? talk.text : answered(talk.text, pending) }
  if (move.kind === 'ask') return { text: joined(hintFor(move.parameter) || sorry, pending) }
  if (pending !== undefined) return { text: joined(sorry, pending) }
  return { text: joined(scene.pick(notUnderstood), openQuestion(scene) ?? offer(scene)) }
}

/** Asks for a value; where a number was said that cannot be one, with what it has to be like. */
function nextQuestion(parameter: Parameter, text: string, { now }: Scene): string {
  const hint = kindOf(parameter) === 'number' ? hintFor(parameter) : ''
  const isRefused = readUtterance(text, now).numbers.some(
    (number) => hint !== '' && !agrees(number.value, parameter.schema),
  )
  return joined(isRefused ? hint : '', questionFor(parameter))
}

function pendingQuestion(scene: Scene): string | undefined {
  const { conversation, taskSpeech: speech } = scene
  const asked = askedParameter(conversation.turns.at(-1)?.assistant ?? '', scene.subjects)
  if (asked !== undefined) return questionFor(asked.parameter)
  const question = /([^.!?]*\?)\s*$/.exec(speech)?.[1]?.trim()
  const wasAsked = question !== undefined && conversation.spoken.some((said) => said.includes(question))
  return wasAsked && scene.subjects.length > 0 ? question : undefined
}

/** After a question of the user was answered by a tool, the one that waits for its answer is put again. */
function questionAfter(scene: Scene): string | undefined {
  const { conversation, subjects } = scene
  const said = conversation.spoken.at(-1) ?? ''
  const isAnswer = conversation.turns.at(-1)?.assistant === said
  const asked = askedParameter(said, subjects)
  const names = new Set(conversation.newResults.map((call) => call.name))
  if (!isAnswer || (asked !== undefined && names.has(asked.subject.tool.name))) return undefined
  if (asked !== undefined) return questionFor(asked.parameter)
  const question = pendingQuestion(scene)
  const others = subjects.filter((subject) => !names.has(subject.tool.name))
  const isOther = question !== undefined && said.endsWith(question) && others.length > 0
  const isAboutIt = subjects.some(
    (subject) =>
      names.has(subject.tool.name) &&
      (subject.parameters.length > 0 || shares(subject.name, new Set(contentOf(question ?? '')))),
  )
  return isOther && !isAboutIt ? question : undefined
}

/** Small talk, with the question that waits for its answer in place of its own. */
function answered(talk: string, pending: string | undefined): string {
  if (pending === undefined) return talk
  return joined(talk.replace(/\s*[^.!?]*\?$/, ''), pending)
}

function isRepeat(text: string, pending: string | undefined, { conversation }: Scene): boolean {
  return pending === undefined || text.includes(pending) || /Goodbye/.test(text) || text === conversation.spoken.at(-1)
}

function offer({ tools }: Scene): string {
  if (tools.length === 0) return 'I can chat a little, tell the time, a joke or a story, and do simple sums.'
  return `I can ${spokenList(tools.slice(0, 4).map(abilityOf), 'or')}.`
}

function called(move: { subject: { tool: RuleTool }; arguments: Record<string, Json> }): RuleReply {
  return { toolCalls: [{ name: move.subject.tool.name, arguments: move.arguments }] }
}

function joined(first: string, second: string | undefined): string {
  return [first, second ?? ''].filter((part) => part !== '').join(' ')
}
