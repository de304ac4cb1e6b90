/** A sine of `length` samples, rounded to 16 bits. */
export const sine = (hz: number, sampleRate: number, length: number, amplitude = 16_000): Int16Array =>
  Int16Array.from({ length }, (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * hz * i) / sampleRate)))

/** Repeatable pseudo-random numbers from 0 to 1 (mulberry32). */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** White noise, uniform from -amplitude to amplitude. */
export const noise = (seed: number, length: number, amplitude = 10_000): Int16Array => {
  const random = seededRandom(seed)
  return Int16Array.from({ length }, () => Math.round(amplitude * (2 * random() - 1)))
}

/** Cuts samples or bytes into pieces of the given lengths, used in turn until all is cut. */
export const cut = <T extends Int16Array | Uint8Array>(
  whole: { length: number; subarray: (start: number, end: number) => T },
  lengths: readonly number[],
): T[] => {
  const pieces: T[] = []
  for (let at = 0, k = 0; at < whole.length; k++) {
    const length = Math.max(lengths.every((each) => each === 0) ? 1 : 0, lengths[k % lengths.length] ?? 1)
    pieces.push(whole.subarray(at, Math.min(whole.length, at + length)))
    at += length
  }
  return pieces
}

/** Puts pieces together again. */
export const join = (pieces: readonly Int16Array[]): Int16Array =>
  Int16Array.from(pieces.flatMap((piece) => [...piece]))

/** Least-squares fit of a sine in the middle eight tenths: its amplitude, and the RMS of all that is not it. */
export const fitSine = (pcm: Int16Array, hz: number, sampleRate: number): { amplitude: number; restRms: number } => {
  const start = Math.floor(pcm.length * 0.1)
  const middle = [...pcm.subarray(start, Math.floor(pcm.length * 0.9))]
  const sines = middle.map((_, i) => Math.sin((2 * Math.PI * hz * (start + i)) / sampleRate))
  const cosines = middle.map((_, i) => Math.cos((2 * Math.PI * hz * (start + i)) / sampleRate))
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)
  const [ss, cc, sc] = [dot(sines, sines), dot(cosines, cosines), dot(sines, cosines)]
  const [sy, cy] = [dot(sines, middle), dot(cosines, middle)]
  const determinant = ss * cc - sc * sc
  const inPhase = (sy * cc - cy * sc) / determinant
  const quadrature = (cy * ss - sy * sc) / determinant
  const rest = middle.map((value, i) => value - inPhase * (sines[i] ?? 0) - quadrature * (cosines[i] ?? 0))
  return { amplitude: Math.hypot(inPhase, quadrature), restRms: Math.sqrt(dot(rest, rest) / rest.length) }
}

/** A ratio of amplitudes in decibels. */
export const decibels = (ratio: number): number => 20 * Math.log10(ratio)
