import { AudioError, assertSampleRate } from './errors.ts'
import { polyphaseBank } from './polyphase-bank.ts'
import type { PolyphaseBank } from './polyphase-bank.ts'

/** Options of {@link StreamResampler}. */
export interface ResamplerOptions {
  /**
   * Length of the filter in samples of the slower rate, 8 to 256; half of it is the delay. Default 32: 1 ms at 16 kHz.
   * 64 doubles cost and delay and keeps more of the top tenth of the band.
   */
  taps?: number
}

const DEFAULT_TAPS = 32
const SLICE_SAMPLES = 1024

// Four sums, so that no addition waits for the one before it.
const dot = (samples: Float64Array, start: number, bank: PolyphaseBank, row: number): number => {
  const { coefficients, taps } = bank
  const from = row * taps
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  for (let tap = 0; tap < taps; tap += 4) {
    a += (samples[start + tap] ?? 0) * (coefficients[from + tap] ?? 0)
    b += (samples[start + tap + 1] ?? 0) * (coefficients[from + tap + 1] ?? 0)
    c += (samples[start + tap + 2] ?? 0) * (coefficients[from + tap + 2] ?? 0)
    d += (samples[start + tap + 3] ?? 0) * (coefficients[from + tap + 3] ?? 0)
  }
  return a + b + (c + d)
}

const toSample = (value: number): number => {
  if (value >= 32767) return 32767
  if (value <= -32768) return -32768
  return value >= 0 ? value + 0.5 : value - 0.5
}

/**
 * Changes the sample rate of one mono 16-bit stream by a polyphase windowed sinc, with filter history across chunks.
 *
 * The output is the same, bit for bit, however the input is cut into chunks, and sample k of it lies at time
 * k / `toRate` of the input. Because the filter looks ahead half its length, that much of the stream is held back, and a
 * short chunk may yield nothing; {@link flush} gives the rest. Call {@link reset} where the stream is not continuous, so
 * that old audio does not ring into new.
 */
export class StreamResampler {
  /** Rate of the input in Hz. */
  readonly fromRate: number
  /** Rate of the output in Hz. */
  readonly toRate: number
  readonly #bank: PolyphaseBank
  readonly #work: Float64Array
  // Invariant between calls: work[0, held) is input not yet used up, and the next output reads from work[index] on.
  #held = 0
  #index = 0
  #phase = 0

  /**
   * @param fromRate - whole Hz, 4000 to 384000
   * @param toRate - whole Hz, 4000 to 384000
   * @throws {@link AudioError} `invalid-argument` for a rate or number of taps outside its range.
   */
  constructor(fromRate: number, toRate: number, options: ResamplerOptions = {}) {
    assertSampleRate(fromRate, 'StreamResampler fromRate')
    assertSampleRate(toRate, 'StreamResampler toRate')
    const taps = options.taps ?? DEFAULT_TAPS
    if (!Number.isInteger(taps) || taps < 8 || taps > 256) {
      throw new AudioError('invalid-argument', `StreamResampler: taps ${taps} is not supported; pass 8 to 256`)
    }
    this.fromRate = fromRate
    this.toRate = toRate
    this.#bank = polyphaseBank(fromRate, toRate, taps)
    this.#work = new Float64Array(this.#bank.taps + SLICE_SAMPLES)
    this.reset()
  }

  /** Time in seconds by which output lags behind input; 0 when the rates are equal. */
  get delaySecs(): number {
    return this.fromRate === this.toRate ? 0 : this.#bank.taps / 2 / this.fromRate
  }

  /** Takes a chunk of any length and returns what it completes, perhaps nothing. Equal rates return the input itself. */
  process(input: Int16Array): Int16Array {
    if (this.fromRate === this.toRate) return input
    const output = new Int16Array(this.#countReady(input.length))
    let written = 0
    for (let start = 0; start < input.length; start += SLICE_SAMPLES) {
      const end = Math.min(input.length, start + SLICE_SAMPLES)
      for (let i = start; i < end; i++) this.#work[this.#held++] = input[i] ?? 0
      const ready = this.#countReady(0)
      this.#filter(output.subarray(written, written + ready))
      written += ready
      this.#work.copyWithin(0, this.#index, this.#held)
      this.#held -= this.#index
      this.#index = 0
    }
    return output
  }

  /**
   * The end of the stream: returns what was held back, so that n input samples made ceil(n * toRate / fromRate) output
   * samples in all, and starts anew.
   */
  flush(): Int16Array {
    if (this.fromRate === this.toRate) return new Int16Array(0)
    const tail = this.process(new Int16Array(this.#bank.taps / 2))
    this.reset()
    return tail
  }

  /** Forgets the history; what was held back is dropped. */
  reset(): void {
    // Silence before the first sample, so that the first output lies exactly on it.
    this.#held = this.#bank.taps / 2 - 1
    this.#work.fill(0, 0, this.#held)
    this.#index = 0
    this.#phase = 0
  }

  #countReady(added: number): number {
    const { up, down, taps } = this.#bank
    const next = this.#index * up + this.#phase
    const last = (this.#held + added - taps) * up + up - 1
    return last < next ? 0 : Math.floor((last - next) / down) + 1
  }

  #filter(output: Int16Array): void {
    const bank = this.#bank
    const work = this.#work
    const rowsPerPhase = bank.phases / bank.up
    const wholeStep = Math.floor(bank.down / bank.up)
    const phaseStep = bank.down % bank.up
    let index = this.#index
    let phase = this.#phase
    for (let i = 0; i < output.length; i++) {
      if (rowsPerPhase === 1) {
        output[i] = toSample(dot(work, index, bank, phase))
      } else {
        const row = Math.floor(phase * rowsPerPhase)
        const lower = dot(work, index, bank, row)
        const upper = dot(work, index, bank, row + 1)
        output[i] = toSample(lower + (phase * rowsPerPhase - row) * (upper - lower))
      }
      index += wholeStep
      phase += phaseStep
      if (phase >= bank.up) {
        phase -= bank.up
        index++
      }
    }
    this.#index = index
    this.#phase = phase
  }
}

/** Converts a whole mono recording; the result has ceil(length * toRate / fromRate) samples. See {@link StreamResampler}. */
export const resample = (pcm: Int16Array, fromRate: number, toRate: number, options?: ResamplerOptions): Int16Array => {
  const resampler = new StreamResampler(fromRate, toRate, options)
  const start = resampler.process(pcm)
  const end = resampler.flush()
  if (end.length === 0) return start
  const whole = new Int16Array(start.length + end.length)
  whole.set(start)
  whole.set(end, start.length)
  return whole
}
