import { ENCODER_CHANNELS, HIDDEN_UNITS, SPECTRUM_FRAMES, stateFloats } from './network-shape.ts'
import type { NetworkShape } from './network-shape.ts'
import { layerSizes } from './weights.ts'

/** Outputs that the engine computes together, and so the width of the blocks in which it wants a layer's weights. */
export const BLOCK_ROWS = { encoder0: 8, encoder1: 16, encoder2: 32, encoder3: 32, lstm: 32 } as const

/** Byte addresses in the memory of the WASM engine. */
export interface MemoryLayout {
  /** context, window, mirrored end: where the window is written before a run */
  readonly samples: number
  /** complex points of the Fourier transform, four frames side by side */
  readonly real: number
  readonly imaginary: number
  /** magnitudes by bin, four frames side by side */
  readonly spectrum: number
  /** outputs of the encoder, frame after frame */
  readonly encoded0: number
  readonly encoded1: number
  readonly encoded2: number
  /** output of the encoder, then hidden state */
  readonly cellInput: number
  readonly gates: number
  /** tables, as in FourierTables; `reversed` holds byte offsets of points */
  readonly hann: number
  readonly cosine: number
  readonly negativeSine: number
  readonly reversed: number
  readonly weights: Readonly<Record<keyof typeof BLOCK_ROWS | 'output', number>>
  readonly bias: Readonly<Record<keyof typeof BLOCK_ROWS | 'output', number>>
  /** the first session's state; the others follow at `slotBytes` */
  readonly slots: number
  readonly slotBytes: number
}

/** Bytes of one SIMD vector of four floats. */
export const VECTOR_BYTES = 16

/** Where everything lies for one rate; the generator of the engine and its loader share it. */
export function memoryLayout(shape: NetworkShape): MemoryLayout {
  const sizes = layerSizes(shape)
  const points = shape.fftSamples / 2
  let next = 64
  const floats = (count: number): number => {
    const address = next
    // Each region starts a cache line.
    next = Math.ceil((next + count * 4) / 64) * 64
    return address
  }
  const vectors = (count: number): number => floats(count * 4)
  const weights = (name: keyof typeof sizes): number => floats(sizes[name].rows * sizes[name].columns)
  const bias = (name: keyof typeof sizes): number => floats(sizes[name].rows)

  return {
    samples: floats(shape.windowSamples + 2 * shape.contextSamples),
    real: vectors(points),
    imaginary: vectors(points),
    spectrum: vectors(shape.bins),
    encoded0: floats(SPECTRUM_FRAMES * ENCODER_CHANNELS[0]),
    encoded1: floats(2 * ENCODER_CHANNELS[1]),
    encoded2: floats(ENCODER_CHANNELS[2]),
    cellInput: floats(ENCODER_CHANNELS[3] + HIDDEN_UNITS),
    gates: floats(4 * HIDDEN_UNITS),
    hann: floats(shape.fftSamples),
    cosine: floats(points + 1),
    negativeSine: floats(points + 1),
    reversed: floats(points),
    weights: {
      encoder0: weights('encoder0'),
      encoder1: weights('encoder1'),
      encoder2: weights('encoder2'),
      encoder3: weights('encoder3'),
      lstm: weights('lstm'),
      output: weights('output'),
    },
    bias: {
      encoder0: bias('encoder0'),
      encoder1: bias('encoder1'),
      encoder2: bias('encoder2'),
      encoder3: bias('encoder3'),
      lstm: bias('lstm'),
      output: bias('output'),
    },
    slots: next,
    slotBytes: stateFloats(shape) * 4,
  }
}
