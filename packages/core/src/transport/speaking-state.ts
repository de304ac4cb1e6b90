import type { Frame } from '../frames/frame.ts'
import { BotSpeakingFrame, BotStartedSpeakingFrame, BotStoppedSpeakingFrame } from '../frames/turn.ts'
import type { SoundKind } from './output-chunk.ts'

const SPEAKING_EVERY_MS = 200
/** Speech whose end nobody announced is over after so long without audio. */
const SPEECH_QUIET_MS = 3000
/** A stream of speech and silence tells pauses by this. */
const STREAM_QUIET_MS = 350

/** Whether the agent is to be heard on one output track, told to both ends of the pipeline. */
export class SpeakingState {
  readonly #broadcast: (frame: Frame) => void
  #speaking = false
  #lastVoiceMs = 0
  #lastToldMs = 0
  #quietMs = SPEECH_QUIET_MS
  /** Since when playing is held. */
  #heldMs: number | undefined = undefined

  constructor(broadcast: (frame: Frame) => void) {
    this.#broadcast = broadcast
  }

  /** When speech counts as over unless voice is heard before; `Infinity` while nobody speaks. */
  get quietAtMs(): number {
    return this.#speaking && this.#heldMs === undefined ? this.#lastVoiceMs + this.#quietMs : Infinity
  }

  /** A voice is playing. */
  voice(kind: SoundKind, nowMs: number): void {
    this.#lastVoiceMs = nowMs
    this.#quietMs = kind === 'stream' ? STREAM_QUIET_MS : SPEECH_QUIET_MS
    if (!this.#speaking) {
      this.#speaking = true
      this.#lastToldMs = -Infinity
      this.#broadcast(new BotStartedSpeakingFrame())
    }
    if (this.#speaking && nowMs - this.#lastToldMs >= SPEAKING_EVERY_MS) {
      this.#lastToldMs = nowMs
      this.#broadcast(new BotSpeakingFrame())
    }
  }

  /** Playing is held: silence does not end speech. */
  hold(nowMs: number): void {
    this.#heldMs ??= nowMs
  }

  /** Playing goes on. */
  release(nowMs: number): void {
    if (this.#heldMs !== undefined) this.#lastVoiceMs += nowMs - Math.max(this.#heldMs, this.#lastVoiceMs)
    this.#heldMs = undefined
  }

  /** Ends speech that has been quiet for too long. */
  tick(nowMs: number): void {
    if (nowMs >= this.quietAtMs) this.stop()
  }

  stop(): void {
    if (!this.#speaking) return
    this.#speaking = false
    this.#broadcast(new BotStoppedSpeakingFrame())
  }
}
