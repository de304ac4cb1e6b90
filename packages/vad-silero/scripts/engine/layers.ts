import { BLOCK_ROWS, VECTOR_BYTES } from '../../src/memory-layout.ts'
import type { MemoryLayout } from '../../src/memory-layout.ts'
import { ENCODER_CHANNELS, HIDDEN_UNITS, SPECTRUM_FRAMES } from '../../src/network-shape.ts'
import type { NetworkShape } from '../../src/network-shape.ts'
import {
  add,
  call,
  constant,
  define,
  FLOAT_BYTES,
  get,
  integer,
  LANES,
  load,
  loop,
  max,
  multiply,
  offset,
  set,
  splat,
  store,
  times,
} from './wat.ts'
import type { Expression } from './wat.ts'

const KERNEL_TAPS = 3

/** The first convolution: from the spectrum, frames side by side, to four frames end to end. */
export function encoder0({ bins }: NetworkShape, layout: MemoryLayout): string {
  return convolution(layout, 'encoder0', {
    channels: bins,
    channelBytes: VECTOR_BYTES,
    frameBytes: FLOAT_BYTES,
    input: layout.spectrum,
    output: layout.encoded0,
    outputRows: ENCODER_CHANNELS[0],
    outputFrames: 4,
    stride: 1,
  })
}

/** The second convolution: four frames end to end to two. */
export function encoder1(layout: MemoryLayout): string {
  return convolution(layout, 'encoder1', {
    channels: ENCODER_CHANNELS[0],
    channelBytes: FLOAT_BYTES,
    frameBytes: ENCODER_CHANNELS[0] * FLOAT_BYTES,
    input: layout.encoded0,
    output: layout.encoded1,
    outputRows: ENCODER_CHANNELS[1],
    outputFrames: 2,
    stride: 2,
  })
}

interface Convolution {
  readonly channels: number
  /** from a channel of a frame to the next channel */
  readonly channelBytes: number
  /** from a channel of a frame to the same channel of the next frame */
  readonly frameBytes: number
  readonly input: number
  readonly output: number
  readonly outputRows: number
  readonly outputFrames: number
  readonly stride: number
}

/**
 * Convolution over four frames with a kernel of three, then ReLU. One block of rows of all output frames is summed
 * in registers, so that each weight is read once; taps that meet the zero padding are left out when unrolling.
 */
function convolution(layout: MemoryLayout, name: 'encoder0' | 'encoder1', layer: Convolution): string {
  const { channelBytes, frameBytes, outputFrames, outputRows } = layer
  const rowVectors = BLOCK_ROWS[name] / LANES
  const sum = (frame: number, vector: number): string => `sum_${frame}_${vector}`
  const frameSums = (each: (frame: number, vector: number) => string): string[] =>
    times(outputFrames, (frame) => times(rowVectors, (vector) => each(frame, vector))).flat()

  const multiplyAdd = (tap: number, vector: number): string[] => [
    set('weights', load(get('weight'), (tap * rowVectors + vector) * VECTOR_BYTES)),
    ...times(outputFrames, (frame) => {
      const source = frame * layer.stride + tap - 1
      if (source < 0 || source >= SPECTRUM_FRAMES) return ''
      return accumulate(sum(frame, vector), multiply(get('weights'), get(`input_${source}`)))
    }),
  ]

  const head = {
    pointers: ['row', 'channel', 'weight'],
    vectors: ['weights', ...times(SPECTRUM_FRAMES, (frame) => `input_${frame}`), ...frameSums(sum)],
  }
  return define(name, head, [
    set('weight', integer(layout.weights[name])),
    loop('row', { to: integer(outputRows * FLOAT_BYTES), step: BLOCK_ROWS[name] * FLOAT_BYTES }, [
      ...frameSums((frame, vector) =>
        set(sum(frame, vector), load(get('row'), layout.bias[name] + vector * VECTOR_BYTES)),
      ),
      loop('channel', { to: integer(layer.channels * channelBytes), step: channelBytes }, [
        ...times(SPECTRUM_FRAMES, (frame) =>
          set(`input_${frame}`, splat(get('channel'), layer.input + frame * frameBytes)),
        ),
        ...times(KERNEL_TAPS, (tap) => times(rowVectors, (vector) => multiplyAdd(tap, vector))).flat(2),
        set('weight', offset(get('weight'), integer(KERNEL_TAPS * rowVectors * VECTOR_BYTES))),
      ]),
      ...frameSums((frame, vector) => {
        const address = layer.output + frame * outputRows * FLOAT_BYTES + vector * VECTOR_BYTES
        return store(get('row'), address, max(get(sum(frame, vector)), constant(0)))
      }),
    ]),
  ])
}

const AFFINE_ROWS = BLOCK_ROWS.lstm

/** `output = max(floor, weights * input + bias)`, one block of rows in registers at a time. */
export function affine(): string {
  const vectors = AFFINE_ROWS / LANES
  const blockBytes = AFFINE_ROWS * FLOAT_BYTES
  const parameters = {
    weight: 'i32',
    bias: 'i32',
    input: 'i32',
    input_end: 'i32',
    output: 'i32',
    output_end: 'i32',
    floor: 'v128',
  } as const
  const sums = times(vectors, (vector) => `sum_${vector}`)
  return define('affine', { parameters, pointers: ['column'], vectors: ['value', ...sums] }, [
    loop('output', { from: get('output'), to: get('output_end'), step: blockBytes }, [
      ...sums.map((sum, vector) => set(sum, load(get('bias'), vector * VECTOR_BYTES))),
      loop('column', { from: get('input'), to: get('input_end'), step: FLOAT_BYTES }, [
        set('value', splat(get('column'), 0)),
        ...sums.map((sum, vector) =>
          accumulate(sum, multiply(load(get('weight'), vector * VECTOR_BYTES), get('value'))),
        ),
        set('weight', offset(get('weight'), integer(blockBytes))),
      ]),
      ...sums.map((sum, vector) => store(get('output'), vector * VECTOR_BYTES, max(get(sum), get('floor')))),
      set('bias', offset(get('bias'), integer(blockBytes))),
    ]),
  ])
}

/** Calls `affine` for one layer. */
export function runAffine(
  layout: MemoryLayout,
  name: 'encoder2' | 'encoder3' | 'lstm',
  layer: { input: number; columns: number; output: number; rows: number; relu: boolean },
): string {
  return call(
    'affine',
    integer(layout.weights[name]),
    integer(layout.bias[name]),
    integer(layer.input),
    integer(layer.input + layer.columns * FLOAT_BYTES),
    integer(layer.output),
    integer(layer.output + layer.rows * FLOAT_BYTES),
    constant(layer.relu ? 0 : -Infinity),
  )
}

/** The gates of the LSTM cell, its new states in the slot, and the probability from the hidden state. */
export function cell({ contextSamples }: NetworkShape, layout: MemoryLayout): string {
  const unitBytes = HIDDEN_UNITS * FLOAT_BYTES
  const hidden = contextSamples * FLOAT_BYTES
  const cellState = hidden + unitBytes
  const gate = (index: number): Expression => load(get('unit'), layout.gates + index * unitBytes)
  const input = call('sigmoid', gate(0))
  const forget = call('sigmoid', gate(1))
  const candidate = call('tanh', gate(2))
  const output = call('sigmoid', gate(3))

  const lanes = times(LANES, (lane) => `(f32x4.extract_lane ${lane} ${get('sum')})`)
  const logit = lanes.reduce((a, b) => `(f32.add ${a} ${b})`, `(f32.load offset=${layout.bias.output} ${integer(0)})`)

  const head = {
    parameters: { slot: 'i32' },
    result: 'f32',
    pointers: ['unit', 'state'],
    vectors: ['cell', 'hidden', 'sum'],
  } as const
  return define('cell', head, [
    loop('unit', { to: integer(unitBytes), step: VECTOR_BYTES }, [
      set('state', offset(get('slot'), get('unit'))),
      set('cell', add(multiply(forget, load(get('state'), cellState)), multiply(input, candidate))),
      store(get('state'), cellState, get('cell')),
      set('hidden', multiply(output, call('tanh', get('cell')))),
      store(get('state'), hidden, get('hidden')),
      accumulate('sum', multiply(max(get('hidden'), constant(0)), load(get('unit'), layout.weights.output))),
    ]),
    `(f32x4.extract_lane 0 ${call('sigmoid', `(f32x4.splat ${logit})`)})`,
  ])
}

function accumulate(sum: string, product: Expression): string {
  return set(sum, add(get(sum), product))
}
