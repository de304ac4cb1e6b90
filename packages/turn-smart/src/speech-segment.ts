import type { SmartTurnParams } from './smart-turn-params.ts'

/**
 * Collects the audio of a turn for the model. All of its times are counts of samples: audio that arrives in bursts or
 * after a stall is cut as if it had come steadily.
 */
export class SpeechSegment {
  readonly #sampleRate: number
  readonly #stopSamples: number
  readonly #preSpeechSamples: number
  /** A ring: sample n of the stream lies at n modulo its length. */
  readonly #recent: Int16Array
  #vadStartSamples = 0
  #received = 0
  /** The first sample that may be used. */
  #forgottenUpTo = 0
  #onset: number | undefined = undefined
  #silentSamples = 0

  constructor(params: SmartTurnParams, sampleRate: number) {
    this.#sampleRate = sampleRate
    this.#stopSamples = Math.round(params.stopSecs * sampleRate)
    this.#preSpeechSamples = Math.round((params.preSpeechMs / 1000) * sampleRate)
    this.#recent = new Int16Array(Math.round(params.maxDurationSecs * sampleRate))
  }

  /** Speech began so long before it is first reported. */
  setVADStartSecs(startSecs: number): void {
    this.#vadStartSamples = Math.round(startSecs * this.#sampleRate)
  }

  /** Takes audio; whether silence has lasted for `stopSecs` since speech. */
  append(audio: Int16Array, isSpeech: boolean): boolean {
    if (isSpeech) {
      this.#silentSamples = 0
      this.#onset ??= this.#received - this.#vadStartSamples - this.#preSpeechSamples
    } else if (this.#onset !== undefined) {
      this.#silentSamples += audio.length
    }
    this.#write(audio)
    return this.#onset !== undefined && this.#silentSamples >= this.#stopSamples
  }

  /** A copy of the audio from shortly before speech began up to now; `undefined` when there was no speech. */
  cut(): Int16Array<ArrayBuffer> | undefined {
    if (this.#onset === undefined) return undefined
    const { length } = this.#recent
    const from = Math.max(this.#onset, this.#forgottenUpTo, this.#received - length)
    const segment = new Int16Array(this.#received - from)
    const start = from % length
    const head = this.#recent.subarray(start, start + segment.length)
    segment.set(head)
    segment.set(this.#recent.subarray(0, segment.length - head.length), head.length)
    return segment
  }

  /** The next segment begins with what comes next. */
  clear(): void {
    this.#onset = undefined
    this.#silentSamples = 0
    this.#forgottenUpTo = this.#received
  }

  #write(audio: Int16Array): void {
    const { length } = this.#recent
    this.#received += audio.length
    const kept = audio.length > length ? audio.subarray(audio.length - length) : audio
    const start = (this.#received - kept.length) % length
    const room = length - start
    this.#recent.set(kept.subarray(0, room), start)
    this.#recent.set(kept.subarray(room), 0)
  }
}
