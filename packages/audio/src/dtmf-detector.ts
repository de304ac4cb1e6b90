import { COLUMN_HZ, KEYS, ROW_HZ } from './dtmf.ts'
import { assertSampleRate } from './errors.ts'

// 102 samples at 8 kHz: short enough for two whole windows in the shortest valid tone (40 ms), long enough to tell
// neighbouring rows (73 Hz apart) from each other.
const WINDOW_SECS = 0.01275
// A dropout of 10 ms spoils at most two windows, a gap of 40 ms at least three.
const WINDOWS_TO_RELEASE = 3

const MIN_TONE_POWER = 10 ** (-45 / 10) / 2
const MIN_SHARE_OF_POWER = 0.7
const MIN_LEAD_OVER_NEIGHBOURS = 4
// How much stronger one tone may be than the other: lines damp high tones, so 8 dB for the row, 4 dB for the column.
const MAX_ROW_LEAD = 10 ** (8 / 10)
const MAX_COLUMN_LEAD = 10 ** (4 / 10)

interface Strongest {
  readonly position: number
  readonly power: number
}

/**
 * Recognises DTMF keys in a mono stream by the Goertzel algorithm. The result does not depend on how the stream is cut
 * into chunks. Tones and gaps of 40 ms and more are recognised, and frequencies up to 1.5 % off, as ITU-T Q.24 lists
 * for receivers.
 */
export class DtmfDetector {
  readonly #windowLength: number
  readonly #rowCoefficients: readonly number[]
  readonly #columnCoefficients: readonly number[]
  readonly #window: Float64Array
  #filled = 0
  #pressed: string | undefined
  #candidate: string | undefined
  #missedWindows = 0

  /**
   * @param sampleRate - rate of the stream, whole Hz from 4000 to 384000
   * @throws {@link AudioError} `invalid-argument` for another rate.
   */
  constructor(sampleRate: number) {
    assertSampleRate(sampleRate, 'DtmfDetector')
    this.#windowLength = Math.round(WINDOW_SECS * sampleRate)
    this.#window = new Float64Array(this.#windowLength)
    const coefficientOf = (hz: number): number => 2 * Math.cos((2 * Math.PI * hz) / sampleRate)
    this.#rowCoefficients = ROW_HZ.map(coefficientOf)
    this.#columnCoefficients = COLUMN_HZ.map(coefficientOf)
  }

  /** The key that is held down now, if any. */
  get pressed(): string | undefined {
    return this.#pressed
  }

  /** The keys whose tones were recognised in this chunk, in order, each once however long it is held; mostly ''. */
  process(pcm: Int16Array): string {
    let keys = ''
    for (let i = 0; i < pcm.length; i++) {
      this.#window[this.#filled++] = (pcm[i] ?? 0) / 32768
      if (this.#filled === this.#windowLength) {
        this.#filled = 0
        keys += this.#follow(this.#keyInWindow())
      }
    }
    return keys
  }

  /** Forgets all audio; a key that is still held counts as pressed anew. */
  reset(): void {
    this.#filled = 0
    this.#pressed = undefined
    this.#candidate = undefined
    this.#missedWindows = 0
  }

  #follow(key: string | undefined): string {
    if (key !== undefined && key === this.#pressed) {
      this.#candidate = undefined
      this.#missedWindows = 0
      return ''
    }
    this.#missedWindows++
    if (this.#missedWindows >= WINDOWS_TO_RELEASE) this.#pressed = undefined
    // The second window in a row confirms a key.
    const confirmed = key !== undefined && key === this.#candidate
    this.#candidate = key
    if (!confirmed) return ''
    this.#pressed = key
    this.#missedWindows = 0
    return key
  }

  #keyInWindow(): string | undefined {
    const total = this.#window.reduce((sum, sample) => sum + sample * sample, 0) / this.#windowLength
    if (total < MIN_TONE_POWER) return undefined
    const row = this.#strongest(this.#rowCoefficients)
    const column = this.#strongest(this.#columnCoefficients)
    if (row === undefined || column === undefined) return undefined
    if (row.power + column.power < MIN_SHARE_OF_POWER * total) return undefined
    if (row.power > MAX_ROW_LEAD * column.power || column.power > MAX_COLUMN_LEAD * row.power) return undefined
    return KEYS[row.position]?.[column.position]
  }

  #strongest(coefficients: readonly number[]): Strongest | undefined {
    const powers = coefficients.map((coefficient) => this.#tonePower(coefficient))
    const power = Math.max(...powers)
    const rivals = powers.filter((other) => other * MIN_LEAD_OVER_NEIGHBOURS > power)
    return rivals.length === 1 ? { position: powers.indexOf(power), power } : undefined
  }

  // Power of a sine of this frequency that would explain what the window holds of it.
  #tonePower(coefficient: number): number {
    let last = 0
    let beforeLast = 0
    for (let i = 0; i < this.#windowLength; i++) {
      const next = (this.#window[i] ?? 0) + coefficient * last - beforeLast
      beforeLast = last
      last = next
    }
    const squaredMagnitude = last * last + beforeLast * beforeLast - coefficient * last * beforeLast
    return (2 * squaredMagnitude) / (this.#windowLength * this.#windowLength)
  }
}
