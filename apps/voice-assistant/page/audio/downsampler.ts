const zeroCrossings = 12

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b)
}

/**
 * Lowers the rate of a mono stream with a windowed-sinc low-pass (Blackman window, 12 zero crossings a side), block by
 * block, without seams. Rates are whole Hz; equal rates pass through.
 */
export class Downsampler {
  readonly #up: number
  readonly #down: number
  readonly #half: number
  readonly #phases: Float32Array[]
  #held: Float32Array
  /** Position of the next output sample in the held input, in units of 1/up input samples. */
  #next: number

  constructor(fromHz: number, toHz: number) {
    if (!(toHz > 0) || fromHz < toHz) throw new RangeError(`Cannot lower ${fromHz} Hz to ${toHz} Hz.`)
    const divisor = commonDivisor(fromHz, toHz)
    this.#up = toHz / divisor
    this.#down = fromHz / divisor
    const ratio = fromHz / toHz
    this.#half = fromHz === toHz ? 0 : Math.ceil(zeroCrossings * ratio)
    this.#phases = Array.from({ length: this.#up }, (_, phase) => kernel(this.#half, phase / this.#up, ratio))
    this.#held = new Float32Array(this.#half)
    this.#next = this.#half * this.#up
  }

  /** Takes a block and returns the output that is complete; about 12 output samples stay behind as delay. */
  push(block: Float32Array): Float32Array {
    const input = new Float32Array(this.#held.length + block.length)
    input.set(this.#held)
    input.set(block, this.#held.length)
    const output: number[] = []
    for (; ; this.#next += this.#down) {
      const at = Math.floor(this.#next / this.#up)
      if (at + this.#half + 1 > input.length) break
      const taps = this.#phases[this.#next % this.#up] ?? new Float32Array()
      let sum = 0
      for (let tap = 0; tap < taps.length; tap++) sum += (taps[tap] ?? 0) * (input[at - this.#half + tap] ?? 0)
      output.push(sum)
    }
    const keepFrom = Math.max(0, Math.min(input.length, Math.floor(this.#next / this.#up) - this.#half))
    this.#held = input.slice(keepFrom)
    this.#next -= keepFrom * this.#up
    return Float32Array.from(output)
  }
}

function kernel(half: number, shift: number, ratio: number): Float32Array {
  const taps = new Float32Array(2 * half + 1)
  let total = 0
  for (let tap = 0; tap < taps.length; tap++) {
    const x = tap - half - shift
    const window =
      half === 0
        ? 1
        : 0.42 + 0.5 * Math.cos((Math.PI * x) / (half + 1)) + 0.08 * Math.cos((2 * Math.PI * x) / (half + 1))
    const phase = (Math.PI * x * 0.94) / ratio
    const value = (Math.abs(phase) < 1e-9 ? 1 : Math.sin(phase) / phase) * window
    taps[tap] = value
    total += value
  }
  return taps.map((value) => value / total)
}
