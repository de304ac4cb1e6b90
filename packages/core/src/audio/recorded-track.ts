import { StreamResampler } from '@pc/audio'

/** Memory grows in steps of this many samples at least. */
const STEP = 16_384

/**
 * One voice of a recording on a common timeline: samples are appended, gaps filled with silence, the past forgotten.
 * Positions count samples from the beginning of the recording.
 */
export class RecordedTrack {
  readonly #sampleRate: number
  #samples = new Int16Array(STEP)
  #begin = 0
  #end = 0
  /** Where the audio appended so far ends, by its own duration; the resampler may hold back a little of it. */
  #endMs = 0
  /** Where the audio that goes on without a gap began. */
  #runBegin = 0
  #resampler: StreamResampler | undefined = undefined

  /** @param sampleRate - Hz of the recording. */
  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate
  }

  /** The position of the first sample that is still there. */
  get begin(): number {
    return this.#begin
  }

  get end(): number {
    return this.#end
  }

  /** The end on the timeline, milliseconds from the beginning of the recording. */
  get endMs(): number {
    return this.#endMs
  }

  /** Where the uninterrupted audio at the end began. */
  get runBegin(): number {
    return this.#runBegin
  }

  /** Adds audio directly behind the last. */
  append(audio: Int16Array, sampleRate: number): void {
    this.#endMs += (audio.length / sampleRate) * 1000
    if (sampleRate === this.#sampleRate) {
      this.flush()
      this.#write(audio)
      return
    }
    if (this.#resampler?.fromRate !== sampleRate) {
      this.flush()
      this.#resampler = new StreamResampler(sampleRate, this.#sampleRate)
    }
    this.#write(this.#resampler.process(audio))
  }

  /** Fills up with silence to this time; nothing when it is past. */
  padTo(timeMs: number): void {
    if (timeMs <= this.#endMs) return
    this.flush()
    this.#endMs = timeMs
    const missing = this.positionAt(timeMs) - this.#end
    if (missing > 0) this.#write(new Int16Array(missing))
    this.#runBegin = this.#end
  }

  /** Drops everything behind this time, as far as it is still there. */
  cutAt(timeMs: number): void {
    if (timeMs >= this.#endMs) return
    this.#resampler = undefined
    this.#end = Math.min(this.#end, Math.max(this.#begin, this.positionAt(timeMs)))
    this.#endMs = (this.#end / this.#sampleRate) * 1000
    this.#runBegin = Math.min(this.#runBegin, this.#end)
  }

  /** Writes what a resampler holds back: no more follows without a gap. */
  flush(): void {
    const rest = this.#resampler?.flush()
    this.#resampler = undefined
    if (rest !== undefined) this.#write(rest)
  }

  /** A copy of a stretch; what lies outside of what is there is silence. */
  slice(from: number, to: number): Int16Array {
    const copy = new Int16Array(Math.max(0, to - from))
    const first = Math.max(from, this.#begin)
    const last = Math.min(to, this.#end)
    if (last > first) copy.set(this.#samples.subarray(first - this.#begin, last - this.#begin), first - from)
    return copy
  }

  /** Forgets everything before this position. */
  trim(position: number): void {
    const drop = Math.min(position, this.#end) - this.#begin
    // Moving memory for every piece would cost more than it saves.
    if (drop < STEP) return
    this.#samples.copyWithin(0, drop, this.#end - this.#begin)
    this.#begin += drop
    const size = Math.max(STEP, (this.#end - this.#begin) * 2)
    if (this.#samples.length > size * 2) this.#samples = this.#samples.slice(0, size)
  }

  /** The position of a time in milliseconds from the beginning. */
  positionAt(timeMs: number): number {
    return Math.round((timeMs * this.#sampleRate) / 1000)
  }

  #write(audio: Int16Array): void {
    const length = this.#end - this.#begin
    if (length + audio.length > this.#samples.length) {
      const larger = new Int16Array(Math.max((length + audio.length) * 2, STEP))
      larger.set(this.#samples.subarray(0, length))
      this.#samples = larger
    }
    this.#samples.set(audio, length)
    this.#end += audio.length
  }
}
