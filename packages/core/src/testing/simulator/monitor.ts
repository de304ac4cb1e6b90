import type { LLMAssistantAggregator } from '../../context/assistant-aggregator.ts'
import type { ErrorFrame } from '../../frames/control.ts'
import type { Frame } from '../../frames/frame.ts'
import type { TTSStoppedFrame } from '../../frames/speech.ts'
import type { UserTurnProcessor } from '../../turns/turn-processor.ts'
import type { Dawdler } from './dawdler.ts'
import type { Facts } from './facts.ts'
import type { SimulatedOutput } from './simulated-output.ts'
import type { SimulatedUser } from './simulated-user.ts'
import type { World } from './world.ts'

// The deadlines that the bases state, milliseconds.
const MODEL_FIRST_MS = 5000
const MODEL_IDLE_MS = 10_000
const VOICE_FIRST_MS = 5000
const VOICE_IDLE_MS = 3000
const HURRY_MS = 2000
const BOT_QUIET_MS = 3000
/** A rounding of time is no broken promise. */
const SLACK_MS = 1
/** The pipeline is at rest when nothing has been going on for so long. */
const REST_MS = 1500

/** Trouble that simulated faults lead to; any other is a broken promise. */
const EXPECTED_ERRORS: ReadonlySet<string> = new Set([
  'first-output-timeout',
  'stream-stalled',
  'stream-truncated',
  'completion-failed',
  'synthesis-failed',
  'function-failed',
  'transport-write-failed',
  'write-timeout',
  'no-audio',
  'connection-closed',
  'transcription-failed',
  'reconnect-failed',
  'simulated-busy',
  'simulated-auth',
  'simulated-ears',
])

/** What a {@link Monitor} looks at. */
export interface Watched {
  readonly world: World
  readonly facts: Facts
  readonly turns: UserTurnProcessor
  readonly output: SimulatedOutput
  readonly user: SimulatedUser
  readonly assistant: LLMAssistantAggregator
  readonly dawdler: Dawdler | undefined
  /** An answer that was asked for ahead is given up after so long, milliseconds. */
  readonly guessLimitMs: number
  /** A call that takes longer is to be cancelled, milliseconds. */
  readonly callLimitMs: number
}

/** Checks after every event what must hold at any time. */
export class Monitor {
  readonly #watched: Watched
  readonly #reported = new Set<string>()
  readonly #stopped = new Set<string>()
  readonly #speaking = { Bot: false, User: false }
  #busyMs = 0
  #over = false

  constructor(watched: Watched) {
    this.#watched = watched
  }

  /** A frame has come through the whole pipeline. */
  sawFrame(frame: Frame): void {
    const { world, facts } = this.#watched
    if (this.#over) this.#once('nothing after the end', `${frame.type} comes out`)
    switch (frame.type) {
      case 'BotStartedSpeakingFrame':
        this.#alternate('Bot', true)
        facts.botSpeaking = { is: true, sinceMs: world.nowMs }
        world.give('botStarted')
        return
      case 'BotStoppedSpeakingFrame':
        this.#alternate('Bot', false)
        facts.botSpeaking = { is: false, sinceMs: world.nowMs }
        world.give('botStopped')
        return
      case 'UserStartedSpeakingFrame':
        this.#alternate('User', true)
        return
      case 'UserStoppedSpeakingFrame':
        this.#alternate('User', false)
        world.give('turnStopped')
        return
      case 'TTSStoppedFrame': {
        const { contextId = '' } = frame as TTSStoppedFrame
        if (this.#stopped.has(contextId)) world.violate('one end an utterance', `${contextId} ends twice`)
        this.#stopped.add(contextId)
        facts.utterance(contextId).over = true
        return
      }
      default:
    }
  }

  sawError({ error, processor }: ErrorFrame): void {
    this.#watched.world.note('error', `${error.code} of ${processor}`)
    if (!EXPECTED_ERRORS.has(error.code))
      this.#watched.world.violate('no fault of its own', `${processor}: ${error.code}: ${error.message}`)
  }

  /** What holds after every single event. */
  check(): void {
    const { world, facts, output, turns } = this.#watched
    const { nowMs } = world
    output.listen()
    // What the types rule out is looked at all the same.
    const { status, deadlineMs }: { status: string; deadlineMs: number | undefined } = turns.turnState
    if (deadlineMs !== undefined && nowMs > deadlineMs + SLACK_MS)
      this.#once('a deadline for every state', `the turn is ${status} past its deadline`)
    if ((status === 'userSpeaking' || status === 'userPausing') && deadlineMs === undefined)
      this.#once('a deadline for every state', `the turn is ${status} and has no deadline`)
    this.#checkProviders(nowMs)
    const heldUntilMs = facts.heldSinceMs === undefined ? facts.heldUntilMs : nowMs
    const quietMs = nowMs - Math.max(output.lastWriteMs, heldUntilMs, Math.min(nowMs, output.playedOutMs))
    if (this.#speaking.Bot && !this.#over && quietMs > BOT_QUIET_MS + 100)
      this.#once('a deadline for every state', 'the agent is said to speak and is silent')
    if (this.holds.length > 0) this.#busyMs = nowMs
  }

  /** Who keeps the pipeline from resting. */
  get holds(): readonly string[] {
    const { facts, turns, output, user, assistant, dawdler, world } = this.#watched
    const holds: string[] = []
    if (user.busy) holds.push('the user')
    if (turns.turnState.status !== 'listening') holds.push(`the turn (${turns.turnState.status})`)
    if (facts.answers.at(-1)?.outcome === 'live') holds.push('the model')
    if (dawdler?.busy === true) holds.push('the dawdler')
    if (facts.speeches.at(-1)?.live === true) holds.push('the voice')
    if (this.#speaking.Bot) holds.push('the agent speaks')
    if (output.hangs) holds.push('a write that hangs')
    if (output.playedOutMs > world.nowMs) holds.push('the player')
    if (assistant.runningToolCalls.length > 0) holds.push(`calls ${assistant.runningToolCalls.join(', ')}`)
    return holds
  }

  /** Nothing goes on, and has not for a while. */
  get atRest(): boolean {
    return this.#watched.world.nowMs - this.#busyMs >= REST_MS
  }

  /** The conversation is over. */
  ended(): void {
    this.#over = true
  }

  #checkProviders(nowMs: number): void {
    const { facts, output, callLimitMs, guessLimitMs } = this.#watched
    const request = facts.answers.at(-1)
    const overdue = (lastMs: number, limitMs: number): boolean => nowMs > lastMs + limitMs + SLACK_MS
    if (request?.outcome === 'live' && overdue(request.lastMs, request.begun ? MODEL_IDLE_MS : MODEL_FIRST_MS))
      this.#once(`a deadline for every state`, `answer ${request.number} is waited for past its deadline`)
    const repeats = request?.outcome === 'failed' && !request.begun
    for (const { standing, outcome, number, askedMs } of facts.requests) {
      if (outcome !== 'live' || standing === 'asked') continue
      if (standing === 'withdrawn') this.#once('one winner a turn', `answer ${number} was withdrawn and goes on`)
      // What is being answered, or is going to be again, goes first.
      else if (request?.outcome !== 'live' && !repeats && overdue(askedMs, guessLimitMs))
        this.#once('a deadline for every state', `answer ${number} is made for nobody past its limit`)
    }
    const speech = facts.speeches.at(-1)
    // An output that has enough to play takes no more.
    const enough = speech?.held === true && (this.#speaking.Bot || output.hangs)
    if (speech?.live === true && !enough && overdue(speech.lastMs, speech.begun ? VOICE_IDLE_MS : VOICE_FIRST_MS))
      this.#once('a deadline for every state', 'the voice is waited for past its deadline')
    for (const { open, name, startedMs, id } of facts.calls) {
      if (open && overdue(startedMs, name === 'hurry' ? HURRY_MS : callLimitMs))
        this.#once('a deadline for every state', `the call ${id} of ${name} runs past its deadline`)
    }
  }

  #alternate(who: 'Bot' | 'User', speaking: boolean): void {
    this.#watched.world.note(who === 'Bot' ? 'agent' : 'turn', speaking ? 'begins' : 'ends')
    if (this.#speaking[who] === speaking)
      this.#once('one floor owner', `${who}${speaking ? 'Started' : 'Stopped'}SpeakingFrame comes twice in a row`)
    this.#speaking[who] = speaking
  }

  /** What lasts is reported once. */
  #once(invariant: string, detail: string): void {
    const key = `${invariant}: ${detail}`
    if (this.#reported.has(key)) return
    this.#reported.add(key)
    this.#watched.world.violate(invariant, detail)
  }
}
