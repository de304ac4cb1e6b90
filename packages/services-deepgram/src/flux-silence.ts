import type { Clock } from '@pc/core'
import type { DeepgramSocket } from './deepgram-socket.ts'

/** Flux decides by what it hears: an open turn without audio for so long would stay open, milliseconds. */
const OPEN_TURN_MS = 500
/** The provider closes a connection on which nothing came for 10 s, milliseconds. */
const KEEP_ALIVE_MS = 4000
const PIECE_SECS = 0.5
const LOOK_EVERY_MS = 250

/** The stream that is to be kept going. */
export interface FluxAudio {
  readonly socket: DeepgramSocket
  readonly clock: Clock
  /** Hz. */
  readonly sampleRate: number
  readonly turnIsOpen: () => boolean
}

/** Fills a stream with silence where its source stops: listen v2 knows no other sign of life. */
export class FluxSilence {
  readonly #audio: FluxAudio
  #timer: { cancel(): void }
  #lastSentMs: number
  #filledSecs = 0

  constructor(audio: FluxAudio) {
    this.#audio = audio
    this.#lastSentMs = audio.clock.nowMs()
    this.#timer = this.#next()
  }

  /** How much silence was sent, seconds. */
  get filledSecs(): number {
    return this.#filledSecs
  }

  /** The source goes on. */
  sent(): void {
    this.#lastSentMs = this.#audio.clock.nowMs()
  }

  stop(): void {
    this.#timer.cancel()
  }

  #next(): { cancel(): void } {
    return this.#audio.clock.setTimeout(() => this.#look(), LOOK_EVERY_MS, { background: true })
  }

  #look(): void {
    this.#timer = this.#next()
    const { socket, clock, sampleRate, turnIsOpen } = this.#audio
    if (clock.nowMs() - this.#lastSentMs < (turnIsOpen() ? OPEN_TURN_MS : KEEP_ALIVE_MS)) return
    this.sent()
    this.#filledSecs += PIECE_SECS
    socket.send(new Uint8Array(2 * Math.round(PIECE_SECS * sampleRate)))
  }
}
