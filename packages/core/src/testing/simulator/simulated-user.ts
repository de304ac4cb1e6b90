import type { Frame } from '../../frames/frame.ts'
import { InterruptionTaskFrame } from '../../frames/lifecycle.ts'
import { LLMMessagesAppendFrame, LLMRunFrame } from '../../frames/llm.ts'
import { TTSSpeakFrame } from '../../frames/speech.ts'
import { InterimTranscriptionFrame, TranscriptionFrame } from '../../frames/text.ts'
import {
  EagerEndOfTurnFrame,
  UserSpeakingFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../../frames/turn.ts'
import type { AnnouncementFact, Facts } from './facts.ts'
import type { Source, Word } from './lexicon.ts'
import type { Act, EchoAct, PolicyPlan, SpeakAct, TimedAct } from './scenario.ts'
import { LOUD } from './simulated-ears.ts'
import type { World } from './world.ts'

/** A cue is waited for no longer, milliseconds. */
const CUE_LIMIT_MS = 4000
/** How long a voice, or silence, lasts before the detector says so, milliseconds. */
const DETECTION_MS = 200
const ACTIVITY_MS = 200
const PIECE_MS = 40
/** Silence behind speech, so that its end is heard, milliseconds. */
const TAIL_MS = 500
/** A word counts as played this long after its end, as a cut may come ahead of the record, milliseconds. */
const PLAYED_MS = 100
/** A sample that is loud and no word. */
const NOISE = 32_000

/** What a {@link SimulatedUser} needs. */
export interface SimulatedUserOptions {
  readonly world: World
  readonly facts: Facts
  readonly send: (frame: Frame) => void
  /** Where audio goes; `undefined`: the user is heard as frames. */
  readonly microphone: { hear(audio: Int16Array): void; readonly sampleRate: number } | undefined
  /** What keeps the agent's own words from being taken for the user's; `undefined`: nothing, so that none come back. */
  readonly echoGate: PolicyPlan['echoGate']
}

/** The users and the application: everybody outside who acts. */
export class SimulatedUser {
  readonly #options: SimulatedUserOptions
  readonly #wordSamples = new Map<Word, number>()
  #voices = 0
  #turnToSpeak: Promise<void> = Promise.resolve()
  /** Acts and transcripts that are still to come. */
  #pending = 0

  constructor(options: SimulatedUserOptions) {
    this.#options = options
  }

  /** Whether somebody speaks, or words are still to come. */
  get busy(): boolean {
    return this.#pending > 0 || this.#voices > 0
  }

  /** How much audio a word has, samples. */
  wordSamples(word: Word): number {
    return this.#wordSamples.get(word) ?? 0
  }

  async play(acts: readonly TimedAct[]): Promise<void> {
    const { world } = this.#options
    for (const { cue, delayMs, act } of acts) {
      if (cue !== 'previous') await world.cue(cue, CUE_LIMIT_MS)
      await world.sleep(delayMs)
      await this.#do(act)
    }
  }

  async #do(act: Act): Promise<void> {
    const { world, facts, send, microphone } = this.#options
    switch (act.type) {
      case 'silence':
        return world.sleep(act.durationMs)
      case 'noise':
        world.note('user', `makes noise for ${act.durationMs} ms`)
        return microphone === undefined ? this.#voice(act.durationMs, true) : this.#sound([], NOISE, act.durationMs)
      case 'speak':
        return this.#speak(act)
      case 'type': {
        const words = this.#words(act.words)
        world.note('user', `types "${textOf(words)}"${act.interrupts ? ' and cuts in' : ''}`)
        facts.typed.push(...words)
        if (act.interrupts) this.#interrupt()
        facts.questioned = facts.next()
        send(new LLMMessagesAppendFrame([{ role: 'user', content: textOf(words) }], { runLlm: true }))
        return undefined
      }
      case 'announce': {
        const announcement: AnnouncementFact = {
          kind: 'announcement',
          cutMs: undefined,
          appendToContext: act.appendToContext,
        }
        facts.announcements.push(announcement)
        const text = world.lexicon.sentences([act.words], announcement)
        world.note('app', `announces "${text}"`)
        send(new TTSSpeakFrame(text, { appendToContext: act.appendToContext }))
        return undefined
      }
      case 'echo':
        this.#echo(act)
        return undefined
      case 'interrupt':
        world.note('app', 'interrupts')
        this.#interrupt()
        return undefined
      case 'run':
        world.note('app', 'has the model run')
        facts.runsAskedFor++
        send(new LLMRunFrame())
        return undefined
    }
  }

  #interrupt(): void {
    const { world, facts, send } = this.#options
    facts.interrupt(world.nowMs)
    send(new InterruptionTaskFrame())
  }

  #words(count: number): readonly Word[] {
    const source: Source = { kind: 'user', cutMs: undefined }
    return Array.from({ length: count }, () => this.#options.world.lexicon.make(source))
  }

  /** Such words as are left. */
  #backchannel(count: number): readonly Word[] {
    const known = this.#options.facts.backchannels.splice(0, count)
    return known.length === count ? known : this.#words(count)
  }

  /** Nothing comes back that the gate may take for the user's. */
  #echo(act: EchoAct): void {
    const { world, facts, send, echoGate, microphone } = this.#options
    // Where there is audio, what the user says is heard in it.
    const users = microphone === undefined ? this.#words(act.userWords) : []
    const echo = echoGate === undefined ? [] : this.#playedLast(act.words)
    const { is: speaks, sinceMs } = facts.botSpeaking
    const { minWords, tailSecs } = echoGate ?? { minWords: 0, tailSecs: 0 }
    const drops = speaks
      ? users.length === 0 || echo.length >= minWords
      : users.length === 0 && echo.length >= minWords && world.nowMs < sinceMs + tailSecs * 1000
    const text = textOf([...(drops ? echo : []), ...users])
    if (text === '') return
    world.note('user', `is heard to say "${text}"`)
    if (act.interim) send(new InterimTranscriptionFrame(text))
    facts.recognised.push(...users)
    send(new TranscriptionFrame(text, '', '', { finalized: true }))
  }

  /**
   * The agent's words that were heard last, one behind the other: across a break of speech that passes for whole, the
   * gate would look for words that were never spoken.
   */
  #playedLast(count: number): readonly Word[] {
    const { world, facts } = this.#options
    const utterance = [...facts.utterances.values()].findLast((each) => facts.position(each) > 0)
    const { is: speaks, sinceMs } = facts.botSpeaking
    const untilMs = (speaks ? world.nowMs : sinceMs) - PLAYED_MS
    const words = [...(utterance?.words ?? [])]
    const isPlayed = ([word, samples]: readonly [Word, number]): boolean =>
      (facts.heard.get(word) ?? 0) >= samples && (facts.audibleMs.get(word) ?? Infinity) <= untilMs
    const end = words.findLastIndex(isPlayed) + 1
    const begin = words.findLastIndex((word, at) => at < end && !isPlayed(word)) + 1
    return words.slice(Math.max(begin, end - count), end).map(([word]) => word)
  }

  async #speak(act: SpeakAct): Promise<void> {
    const { world, facts, microphone } = this.#options
    const words = act.backchannel ? this.#backchannel(act.words) : this.#words(act.words)
    world.note('user', `${act.user} says "${textOf(words)}"`)
    if (microphone !== undefined) {
      for (const word of words) this.#wordSamples.set(word, (act.msPerWord * microphone.sampleRate) / 1000)
      facts.spoken.push(...words)
      // One voice at a time: mixed samples are no words.
      const turn = this.#turnToSpeak.then(() => this.#sound(words, 0, act.msPerWord * words.length))
      this.#turnToSpeak = turn
      return act.overlap ? undefined : turn
    }
    this.#transcribe(act, words)
    const durationMs = act.words * act.msPerWord
    const voice = act.voice === 'missed' ? world.sleep(durationMs) : this.#voice(durationMs, act.voice === 'heard')
    return act.overlap ? undefined : voice
  }

  /** What recognition would give. */
  #transcribe(act: SpeakAct, words: readonly Word[]): void {
    const user = `user-${act.user}`
    const perFinal = Math.ceil(words.length / Math.max(1, act.finals))
    for (let from = 0; from < words.length; from += perFinal) {
      const part = words.slice(from, from + perFinal)
      const end = Math.min(words.length, from + perFinal)
      if (act.interims) {
        for (let known = 1; known <= part.length; known++) {
          const wrong = act.misheard && known === part.length
          const text = textOf(wrong ? [...part.slice(0, -1), ...this.#words(1)] : part.slice(0, known))
          this.#later((from + known) * act.msPerWord, () => new InterimTranscriptionFrame(text, user))
        }
      }
      if (act.eager && end === words.length) this.#later(end * act.msPerWord, () => new EagerEndOfTurnFrame())
      if (act.finals === 0) continue
      this.#later(end * act.msPerWord + act.finalAfterMs, () => {
        this.#options.facts.recognised.push(...part)
        const finalized = act.finalized && end === words.length
        const text = act.written ? writtenOf(part) : textOf(part)
        return new TranscriptionFrame(text, user, '', { finalized })
      })
    }
  }

  #later(delayMs: number, make: () => Frame): void {
    this.#pending++
    this.#options.world.after(delayMs, () => {
      this.#pending--
      this.#options.send(make())
    })
  }

  /** What the detector of voice would give; several voices are one. */
  async #voice(durationMs: number, endHeard: boolean): Promise<void> {
    const { world, send } = this.#options
    await world.sleep(DETECTION_MS)
    if (this.#voices++ === 0) send(new VADUserStartedSpeakingFrame(DETECTION_MS / 1000, world.nowMs))
    for (let leftMs = durationMs; leftMs > 0; leftMs -= ACTIVITY_MS) {
      send(new UserSpeakingFrame())
      await world.sleep(Math.min(ACTIVITY_MS, leftMs))
    }
    if (--this.#voices === 0 && endHeard) send(new VADUserStoppedSpeakingFrame(DETECTION_MS / 1000, world.nowMs))
  }

  /** Real audio: words, or `otherwise`, and the silence behind them. */
  async #sound(words: readonly Word[], otherwise: number, durationMs: number): Promise<void> {
    const { world, microphone } = this.#options
    if (microphone === undefined) return
    this.#pending++
    const { sampleRate } = microphone
    const pieceSamples = (PIECE_MS * sampleRate) / 1000
    const speechSamples = Math.round((durationMs * sampleRate) / 1000)
    const end = speechSamples + (TAIL_MS * sampleRate) / 1000
    for (let at = 0; at < end; at += pieceSamples) {
      const piece = Int16Array.from({ length: pieceSamples }, (_, offset) => {
        const sample = at + offset
        if (sample >= speechSamples) return 0
        const word = words[Math.floor((sample / speechSamples) * words.length)]
        return word === undefined ? otherwise : LOUD + word.id
      })
      microphone.hear(piece)
      await world.sleep(PIECE_MS)
    }
    this.#pending--
  }
}

function textOf(words: readonly Word[]): string {
  return words.map(({ text }) => text).join(' ')
}

function writtenOf(words: readonly Word[]): string {
  const text = textOf(words)
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}
