/** Coefficients of a windowed-sinc low-pass, one row of `taps` for each fraction of an input sample. */
export interface PolyphaseBank {
  /** Up-sampling factor of the reduced ratio: output sample k lies at input position k * down / up. */
  readonly up: number
  /** Down-sampling factor of the reduced ratio. */
  readonly down: number
  /** Coefficients in a row; a multiple of 4. */
  readonly taps: number
  /** Fractions of an input sample that have a row. Equal to `up`, or less: then rows are interpolated. */
  readonly phases: number
  /** `phases + 1` rows one after another; the last is the first moved on by one tap. */
  readonly coefficients: Float64Array
}

const ATTENUATION_DB = 90
const KAISER_BETA = 0.1102 * (ATTENUATION_DB - 8.7)
// More rows than this per sample of the slower side gain nothing: linear interpolation between them errs by less than -120 dB.
const MAX_PHASES = 1024
const MAX_CACHED_BANKS = 32
// Lowers the cutoff by this part of the transition band: 0.4 of the slower rate still passes, aliases begin lower.
const CUTOFF_MARGIN = 0.14

const cache: Map<string, PolyphaseBank> = new Map()

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b))

const besselI0 = (x: number): number => {
  let sum = 1
  let term = 1
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}

const kaiser = (x: number): number => (Math.abs(x) > 1 ? 0 : besselI0(KAISER_BETA * Math.sqrt(1 - x * x)))

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

const build = (up: number, down: number, baseTaps: number): PolyphaseBank => {
  const slowdown = Math.max(1, down / up)
  const taps = 4 * Math.ceil((baseTaps * slowdown) / 4)
  const mostPhases = Math.ceil(MAX_PHASES / slowdown)
  const phases = Math.min(up, mostPhases)
  // Kaiser's estimate of the transition width, as a fraction of the slower rate.
  const transition = (ATTENUATION_DB - 7.95) / (14.36 * baseTaps)
  const bandwidth = (1 - CUTOFF_MARGIN * transition) / slowdown
  const coefficients = new Float64Array((phases + 1) * taps)
  for (let phase = 0; phase <= phases; phase++) {
    const row = coefficients.subarray(phase * taps, (phase + 1) * taps)
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - (taps / 2 - 1) - phase / phases
      row[tap] = sinc(bandwidth * distance) * kaiser(distance / (taps / 2))
    }
    // Each row passes a constant unchanged, so that an offset does not turn into a tone.
    const gain = row.reduce((sum, value) => sum + value, 0)
    for (let tap = 0; tap < taps; tap++) row[tap] = (row[tap] ?? 0) / gain
  }
  return { up, down, taps, phases, coefficients }
}

/**
 * The bank for a rate pair, shared by all resamplers of that pair; the least recently built of 32 pairs is dropped.
 * A Kaiser-windowed sinc (J. O. Smith, "Digital Audio Resampling") of `baseTaps` periods of the slower rate.
 */
export const polyphaseBank = (fromRate: number, toRate: number, baseTaps: number): PolyphaseBank => {
  const divisor = greatestCommonDivisor(fromRate, toRate)
  const up = toRate / divisor
  const down = fromRate / divisor
  const key = `${up}/${down}/${baseTaps}`
  const cached = cache.get(key)
  if (cached !== undefined) return cached
  const bank = build(up, down, baseTaps)
  const oldest = cache.size >= MAX_CACHED_BANKS ? cache.keys().next().value : undefined
  if (oldest !== undefined) cache.delete(oldest)
  cache.set(key, bank)
  return bank
}
