/** Transforms `re` and `im` in place. */
export type FourierTransform = (re: Float64Array, im: Float64Array) => void

interface Pass {
  /** Distance of neighbours in the input of a butterfly. */
  readonly reach: number
  /** Interleaved transforms, and the step through the twiddles. */
  readonly stride: number
  readonly run: Butterflies
}

interface Buffers {
  readonly re: Float64Array
  readonly im: Float64Array
}

type Butterflies = (pass: Pass, twiddles: Buffers, from: Buffers, to: Buffers) => void

const BUTTERFLIES: ReadonlyMap<number, Butterflies> = new Map([
  [4, fours],
  [5, fives],
])

/**
 * Prepares the discrete Fourier transform of one length (Stockham's self-sorting form, so that no pass puts its result
 * into order): `X[k] = sum of x[n] * exp(-2 pi i n k / length)`.
 *
 * @param radices - 4 or 5 each, an even number of them; their product is the length
 */
export function createFourierTransform(radices: readonly number[]): FourierTransform {
  const length = radices.reduce((product, radix) => product * radix, 1)
  const twiddles = circle(length)
  const passes: Pass[] = []
  let stride = 1
  for (const radix of radices) {
    const run = BUTTERFLIES.get(radix)
    if (!run) throw new RangeError(`radix ${radix} is neither 4 nor 5`)
    passes.push({ reach: length / radix, stride, run })
    stride *= radix
  }
  if (passes.length % 2 !== 0) throw new RangeError('an odd number of passes would leave the result in the work space')
  const work = { re: new Float64Array(length), im: new Float64Array(length) }
  return (re, im) => {
    let from: Buffers = { re, im }
    let to: Buffers = work
    for (const pass of passes) {
      pass.run(pass, twiddles, from, to)
      const swap = from
      from = to
      to = swap
    }
  }
}

function circle(length: number): Buffers {
  const re = new Float64Array(length)
  const im = new Float64Array(length)
  for (let i = 0; i < length; i++) {
    re[i] = Math.cos((2 * Math.PI * i) / length)
    im[i] = -Math.sin((2 * Math.PI * i) / length)
  }
  return { re, im }
}

// Typed arrays of a fixed length: every index below lies inside, and `!` compiles to nothing.
function fours({ reach, stride }: Pass, twiddles: Buffers, from: Buffers, to: Buffers): void {
  const { re: cos, im: sin } = twiddles
  const { re: xr, im: xi } = from
  const { re: yr, im: yi } = to
  for (let start = 0, out = 0; start < reach; start += stride, out += 4 * stride) {
    const c1 = cos[start]!
    const s1 = sin[start]!
    const c2 = cos[2 * start]!
    const s2 = sin[2 * start]!
    const c3 = cos[3 * start]!
    const s3 = sin[3 * start]!
    for (let lane = 0; lane < stride; lane++) {
      const a = start + lane
      const b = a + reach
      const c = b + reach
      const d = c + reach
      const evenSumR = xr[a]! + xr[c]!
      const evenSumI = xi[a]! + xi[c]!
      const evenDifferenceR = xr[a]! - xr[c]!
      const evenDifferenceI = xi[a]! - xi[c]!
      const oddSumR = xr[b]! + xr[d]!
      const oddSumI = xi[b]! + xi[d]!
      const oddDifferenceR = xr[b]! - xr[d]!
      const oddDifferenceI = xi[b]! - xi[d]!
      const y = out + lane
      yr[y] = evenSumR + oddSumR
      yi[y] = evenSumI + oddSumI
      const r1 = evenDifferenceR + oddDifferenceI
      const i1 = evenDifferenceI - oddDifferenceR
      yr[y + stride] = r1 * c1 - i1 * s1
      yi[y + stride] = r1 * s1 + i1 * c1
      const r2 = evenSumR - oddSumR
      const i2 = evenSumI - oddSumI
      yr[y + 2 * stride] = r2 * c2 - i2 * s2
      yi[y + 2 * stride] = r2 * s2 + i2 * c2
      const r3 = evenDifferenceR - oddDifferenceI
      const i3 = evenDifferenceI + oddDifferenceR
      yr[y + 3 * stride] = r3 * c3 - i3 * s3
      yi[y + 3 * stride] = r3 * s3 + i3 * c3
    }
  }
}

const COS_1 = Math.cos((2 * Math.PI) / 5)
const COS_2 = Math.cos((4 * Math.PI) / 5)
const SIN_1 = Math.sin((2 * Math.PI) / 5)
const SIN_2 = Math.sin((4 * Math.PI) / 5)

function fives({ reach, stride }: Pass, twiddles: Buffers, from: Buffers, to: Buffers): void {
  const { re: cos, im: sin } = twiddles
  const { re: xr, im: xi } = from
  const { re: yr, im: yi } = to
  for (let start = 0, out = 0; start < reach; start += stride, out += 5 * stride) {
    for (let lane = 0; lane < stride; lane++) {
      const a = start + lane
      const b = a + reach
      const c = b + reach
      const d = c + reach
      const e = d + reach
      const ar = xr[a]!
      const ai = xi[a]!
      const outerSumR = xr[b]! + xr[e]!
      const outerSumI = xi[b]! + xi[e]!
      const outerDifferenceR = xr[b]! - xr[e]!
      const outerDifferenceI = xi[b]! - xi[e]!
      const innerSumR = xr[c]! + xr[d]!
      const innerSumI = xi[c]! + xi[d]!
      const innerDifferenceR = xr[c]! - xr[d]!
      const innerDifferenceI = xi[c]! - xi[d]!
      const cosR1 = ar + COS_1 * outerSumR + COS_2 * innerSumR
      const cosI1 = ai + COS_1 * outerSumI + COS_2 * innerSumI
      const cosR2 = ar + COS_2 * outerSumR + COS_1 * innerSumR
      const cosI2 = ai + COS_2 * outerSumI + COS_1 * innerSumI
      const sinR1 = SIN_1 * outerDifferenceI + SIN_2 * innerDifferenceI
      const sinI1 = SIN_1 * outerDifferenceR + SIN_2 * innerDifferenceR
      const sinR2 = SIN_2 * outerDifferenceI - SIN_1 * innerDifferenceI
      const sinI2 = SIN_2 * outerDifferenceR - SIN_1 * innerDifferenceR
      const y = out + lane
      yr[y] = ar + outerSumR + innerSumR
      yi[y] = ai + outerSumI + innerSumI
      turn(yr, yi, y + stride, cosR1 + sinR1, cosI1 - sinI1, cos[start]!, sin[start]!)
      turn(yr, yi, y + 2 * stride, cosR2 + sinR2, cosI2 - sinI2, cos[2 * start]!, sin[2 * start]!)
      turn(yr, yi, y + 3 * stride, cosR2 - sinR2, cosI2 + sinI2, cos[3 * start]!, sin[3 * start]!)
      turn(yr, yi, y + 4 * stride, cosR1 - sinR1, cosI1 + sinI1, cos[4 * start]!, sin[4 * start]!)
    }
  }
}

// oxlint-disable-next-line max-params -- inlined into the innermost loop
function turn(yr: Float64Array, yi: Float64Array, at: number, r: number, i: number, cos: number, sin: number): void {
  yr[at] = r * cos - i * sin
  yi[at] = r * sin + i * cos
}
