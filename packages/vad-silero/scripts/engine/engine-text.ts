import { memoryLayout } from '../../src/memory-layout.ts'
import { ENCODER_CHANNELS, HIDDEN_UNITS } from '../../src/network-shape.ts'
import type { NetworkShape } from '../../src/network-shape.ts'
import { frameInput, magnitudes } from './fourier.ts'
import { exponential, hyperbolicTangent, sigmoid } from './functions.ts'
import { affine, cell, encoder0, encoder1, runAffine } from './layers.ts'
import { call, copy, define, FLOAT_BYTES, get, integer, offset } from './wat.ts'

const PAGE_BYTES = 65536

/**
 * The forward pass of one rate in the WebAssembly text format. The module exports its memory and
 * `run(slot) -> probability`, for the window at `layout.samples` and the session whose state is at the address
 * `slot`. `src/javascript-pass.ts` says the same in JavaScript.
 *
 * The Fourier transform and the first convolution treat the four spectrum frames side by side, one per SIMD lane.
 * Each layer holds as many sums in registers as there are and reads each of its weights once, one after the other.
 */
export function engineText(shape: NetworkShape): string {
  const layout = memoryLayout(shape)
  const pages = Math.ceil((layout.slots + layout.slotBytes) / PAGE_BYTES)
  const [, , channels2, channels3] = ENCODER_CHANNELS

  const run = define('run', { exported: true, parameters: { slot: 'i32' }, result: 'f32' }, [
    call('frame_input', get('slot')),
    call('magnitudes'),
    call('encoder0'),
    call('encoder1'),
    runAffine(layout, 'encoder2', {
      input: layout.encoded1,
      columns: 2 * ENCODER_CHANNELS[1],
      output: layout.encoded2,
      rows: channels2,
      relu: true,
    }),
    runAffine(layout, 'encoder3', {
      input: layout.encoded2,
      columns: channels2,
      output: layout.cellInput,
      rows: channels3,
      relu: true,
    }),
    copy(
      integer(layout.cellInput + channels3 * FLOAT_BYTES),
      offset(get('slot'), integer(shape.contextSamples * FLOAT_BYTES)),
      HIDDEN_UNITS * FLOAT_BYTES,
    ),
    runAffine(layout, 'lstm', {
      input: layout.cellInput,
      columns: channels3 + HIDDEN_UNITS,
      output: layout.gates,
      rows: 4 * HIDDEN_UNITS,
      relu: false,
    }),
    call('cell', get('slot')),
  ])

  return [
    '(module',
    `(memory (export "memory") ${pages})`,
    exponential(),
    sigmoid(),
    hyperbolicTangent(),
    frameInput(shape, layout),
    magnitudes(shape, layout),
    encoder0(shape, layout),
    encoder1(layout),
    affine(),
    cell(shape, layout),
    run,
    ')',
  ].join('\n')
}
