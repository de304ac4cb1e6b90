import { LARGEST_PACKED, LAYER_NAMES } from '../src/weights.ts'
import type { SileroWeights } from '../src/weights.ts'

/** Writes the form that `unpackWeights` reads. */
export function packWeights(weights: SileroWeights): Uint8Array {
  const floats: number[] = []
  const integers: number[] = []
  for (const name of LAYER_NAMES) {
    const { rows, columns, weights: values, bias } = weights[name]
    for (let row = 0; row < rows; row++) {
      const ofRow = values.subarray(row * columns, (row + 1) * columns)
      const largest = ofRow.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
      const scale = Math.fround(largest / LARGEST_PACKED) || 1
      floats.push(scale)
      for (const value of ofRow) {
        integers.push(Math.min(LARGEST_PACKED, Math.max(-LARGEST_PACKED, Math.round(value / scale))))
      }
    }
    floats.push(...bias)
  }
  const floatBytes = new Uint8Array(Float32Array.from(floats).buffer)
  const integerBytes = integers.flatMap((integer) => [integer & 255, (integer >> 8) & 255, (integer >> 16) & 255])
  return Uint8Array.from([...floatBytes, ...integerBytes])
}
