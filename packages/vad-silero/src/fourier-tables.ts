/** Constants of the real Fourier transform of `samples` points, done as a complex one of half the size. */
export interface FourierTables {
  /** periodic Hann window, `samples` long */
  readonly window: Float32Array
  /** `cos(2 pi k / samples)` for k up to `samples / 2` */
  readonly cosine: Float32Array
  /** `-sin(2 pi k / samples)` for k up to `samples / 2` */
  readonly negativeSine: Float32Array
  /** bit-reversed order of the `samples / 2` complex points */
  readonly reversed: Int32Array
}

/** Tables for a power of two of at least 4. */
export function fourierTables(samples: number): FourierTables {
  const points = samples / 2
  const angle = (2 * Math.PI) / samples
  const reversed = new Int32Array(points)
  for (let i = 1; i < points; i++) reversed[i] = (reversed[i >> 1]! >> 1) | (i & 1 ? points >> 1 : 0)
  return {
    window: Float32Array.from({ length: samples }, (_, i) => 0.5 - 0.5 * Math.cos(angle * i)),
    cosine: Float32Array.from({ length: points + 1 }, (_, k) => Math.cos(angle * k)),
    negativeSine: Float32Array.from({ length: points + 1 }, (_, k) => -Math.sin(angle * k)),
    reversed,
  }
}
