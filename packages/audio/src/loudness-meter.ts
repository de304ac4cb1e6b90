import { assertSampleRate } from './errors.ts'

const WINDOW_SECS = 0.4
const QUIETEST_LUFS = -110
const LOUDEST_LUFS = -10
const SMOOTHING = 0.2

/** @internal Second-order filter, transposed direct form II; a0 is 1. */
export interface Biquad {
  b0: number
  b1: number
  b2: number
  a1: number
  a2: number
}

// ITU-R BS.1770 tabulates both filters for 48 kHz only. These are the analogue prototypes behind its tables, so that
// the bilinear transform gives the tabulated values at 48 kHz and the same curve at any other rate.
const SHELF = { frequencyHz: 1681.974450955533, quality: 0.7071752369554196, gain: 10 ** (3.999843853973347 / 20) }
const SHELF_BAND_EXPONENT = 0.4996667741545416
const HIGH_PASS = { frequencyHz: 38.13547087602444, quality: 0.5003270373238773 }

/** @internal The two filters of the K-weighting: a high shelf for the effect of the head, then a high-pass. */
export const kWeighting = (sampleRate: number): [shelf: Biquad, highPass: Biquad] => {
  const s = Math.tan((Math.PI * SHELF.frequencyHz) / sampleRate)
  const shelfBand = SHELF.gain ** SHELF_BAND_EXPONENT
  const s0 = 1 + s / SHELF.quality + s * s
  const shelf = {
    b0: (SHELF.gain + (shelfBand * s) / SHELF.quality + s * s) / s0,
    b1: (2 * (s * s - SHELF.gain)) / s0,
    b2: (SHELF.gain - (shelfBand * s) / SHELF.quality + s * s) / s0,
    a1: (2 * (s * s - 1)) / s0,
    a2: (1 - s / SHELF.quality + s * s) / s0,
  }
  const h = Math.tan((Math.PI * HIGH_PASS.frequencyHz) / sampleRate)
  const h0 = 1 + h / HIGH_PASS.quality + h * h
  const highPass = {
    b0: 1,
    b1: -2,
    b2: 1,
    a1: (2 * (h * h - 1)) / h0,
    a2: (1 - h / HIGH_PASS.quality + h * h) / h0,
  }
  return [shelf, highPass]
}

const BLOCKED: Biquad = { b0: 0, b1: 0, b2: 0, a1: 0, a2: 0 }

// State this small is silence; without the cut it would decay into denormal numbers, which are slow.
const settle = (state: number): number => (Math.abs(state) < 1e-30 ? 0 : state)

/**
 * Measures how loud a mono stream is to the ear: the momentary loudness of ITU-R BS.1770 (K-weighted power over the
 * last 400 ms, not gated), and a smoothed volume from 0 to 1 made of it, which voice activity detection compares with
 * its minimum volume.
 */
export class LoudnessMeter {
  #sampleRate = 0
  #shelf: Biquad = BLOCKED
  #highPass: Biquad = BLOCKED
  // States of the shelf, then of the high-pass.
  readonly #state = new Float64Array(4)
  // Powers of the last 400 ms, oldest at `position`; `power` is their sum. Single precision: there is one per session.
  #window = new Float32Array(0)
  #position = 0
  #power = 0
  #filled = false
  #volume = 0

  /** Loudness of the last 400 ms in LUFS; -Infinity for digital silence and until 400 ms were heard. */
  get loudness(): number {
    if (!this.#filled) return -Infinity
    return -0.691 + 10 * Math.log10(Math.max(0, this.#power) / this.#window.length)
  }

  /** Smoothed volume, 0 to 1, as the last {@link process} returned it. */
  get volume(): number {
    return this.#volume
  }

  /**
   * Takes the next samples and returns the volume: loudness mapped linearly from -110..-10 LUFS to 0..1, of which each
   * call moves a fifth of the way (so call it once per analysis window). 0 until 400 ms were heard. Another rate than
   * before starts the meter anew; an empty chunk changes nothing.
   *
   * @throws {@link AudioError} `invalid-argument` for a rate that is not whole Hz from 4000 to 384000.
   */
  process(pcm: Int16Array, sampleRate: number): number {
    if (sampleRate !== this.#sampleRate) this.#start(sampleRate)
    if (pcm.length === 0) return this.#volume
    this.#measure(pcm)
    const share = (this.loudness - QUIETEST_LUFS) / (LOUDEST_LUFS - QUIETEST_LUFS)
    this.#volume += SMOOTHING * (Math.max(0, Math.min(1, share)) - this.#volume)
    return this.#volume
  }

  /** Forgets all audio; the volume is 0 again. */
  reset(): void {
    this.#state.fill(0)
    this.#window.fill(0)
    this.#position = 0
    this.#power = 0
    this.#filled = false
    this.#volume = 0
  }

  #start(sampleRate: number): void {
    assertSampleRate(sampleRate, 'LoudnessMeter')
    this.#sampleRate = sampleRate
    ;[this.#shelf, this.#highPass] = kWeighting(sampleRate)
    this.#window = new Float32Array(Math.round(WINDOW_SECS * sampleRate))
    this.reset()
  }

  // Everything in locals: it runs for every sample of every session.
  #measure(pcm: Int16Array): void {
    const { b0, b1, b2, a1, a2 } = this.#shelf
    const { b0: c0, b1: c1, b2: c2, a1: d1, a2: d2 } = this.#highPass
    const window = this.#window
    const state = this.#state
    let s1 = state[0]!
    let s2 = state[1]!
    let h1 = state[2]!
    let h2 = state[3]!
    let sum = this.#power
    let position = this.#position
    for (let i = 0; i < pcm.length; i++) {
      const input = pcm[i]! / 32768
      const bright = b0 * input + s1
      s1 = b1 * input - a1 * bright + s2
      s2 = b2 * input - a2 * bright
      const weighted = c0 * bright + h1
      h1 = c1 * bright - d1 * weighted + h2
      h2 = c2 * bright - d2 * weighted
      const power = Math.fround(weighted * weighted)
      sum += power - window[position]!
      window[position++] = power
      if (position < window.length) continue
      position = 0
      this.#filled = true
      // Afresh, or rounding errors of the running sum would add up over hours.
      sum = total(window)
    }
    this.#power = sum
    this.#position = position
    state[0] = settle(s1)
    state[1] = settle(s2)
    state[2] = settle(h1)
    state[3] = settle(h2)
  }
}

function total(powers: Float32Array): number {
  let sum = 0
  for (let i = 0; i < powers.length; i++) sum += powers[i]!
  return sum
}
