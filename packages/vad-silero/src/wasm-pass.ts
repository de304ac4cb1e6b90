import { PcError } from '@pc/core'

import { bytesFromBase64 } from './base64.ts'
import { engines } from './engine.generated.ts'
import { INT16_STEP } from './forward-pass.ts'
import type { ForwardPass } from './forward-pass.ts'
import { fourierTables } from './fourier-tables.ts'
import { BLOCK_ROWS, memoryLayout, VECTOR_BYTES } from './memory-layout.ts'
import { stateFloats } from './network-shape.ts'
import type { NetworkShape } from './network-shape.ts'
import type { Affine, SileroWeights } from './weights.ts'

interface Memory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

// The part of the global that is needed, so that programs without the DOM library can check these sources.
declare const WebAssembly: {
  instantiate(bytes: Uint8Array<ArrayBuffer>): Promise<{ instance: { exports: Record<string, unknown> } }>
}

/**
 * The network in WebAssembly with SIMD.
 *
 * @throws PcError `wasm-unavailable` where the host has no WebAssembly or no SIMD, or forbids it.
 */
export async function createWasmPass(shape: NetworkShape, weights: SileroWeights): Promise<ForwardPass> {
  const { memory, run } = await instantiateEngine(shape)

  const layout = memoryLayout(shape)
  writeConstants(memory, shape, weights)
  const samplesAt = layout.samples + shape.contextSamples * 4
  let samples = new Float32Array(memory.buffer, samplesAt, shape.windowSamples)
  const stateOf = (slot: number): Float32Array => new Float32Array(memory.buffer, slot, stateFloats(shape))

  const free: number[] = []
  let nextSlot = layout.slots

  return {
    open() {
      const reused = free.pop()
      if (reused !== undefined) return reused
      if (nextSlot + layout.slotBytes > memory.buffer.byteLength) {
        memory.grow(1)
        samples = new Float32Array(memory.buffer, samplesAt, shape.windowSamples)
      }
      const slot = nextSlot
      nextSlot += layout.slotBytes
      return slot
    },

    run(slot, window) {
      if (window instanceof Int16Array) {
        for (let i = 0; i < samples.length; i++) samples[i] = window[i]! * INT16_STEP
      } else {
        samples.set(window)
      }
      return run(slot)
    },

    state: stateOf,

    close(slot) {
      stateOf(slot).fill(0)
      free.push(slot)
    },
  }
}

async function instantiateEngine(shape: NetworkShape): Promise<{ memory: Memory; run: (slot: number) => number }> {
  try {
    const { instance } = await WebAssembly.instantiate(bytesFromBase64(engines[shape.sampleRate]))
    const { memory, run } = instance.exports
    if (isMemory(memory) && isRun(run)) return { memory, run }
    throw new TypeError('the module does not export memory and run')
  } catch (cause) {
    throw new PcError(
      'The WASM engine of Silero VAD cannot start here: it needs WebAssembly with SIMD, and in a page a content ' +
        "security policy with 'wasm-unsafe-eval'. Leave the engine option out to fall back to JavaScript.",
      { code: 'wasm-unavailable', kind: 'config', cause },
    )
  }
}

function writeConstants(memory: Memory, shape: NetworkShape, weights: SileroWeights): void {
  const layout = memoryLayout(shape)
  const floats = new Float32Array(memory.buffer)
  const { window, cosine, negativeSine, reversed } = fourierTables(shape.fftSamples)
  floats.set(window, layout.hann / 4)
  floats.set(cosine, layout.cosine / 4)
  floats.set(negativeSine, layout.negativeSine / 4)
  new Int32Array(memory.buffer).set(
    reversed.map((point) => point * VECTOR_BYTES),
    layout.reversed / 4,
  )

  const write = (name: keyof typeof BLOCK_ROWS, taps: number): void => {
    writeBlocks(floats.subarray(layout.weights[name] / 4), weights[name], { blockRows: BLOCK_ROWS[name], taps })
    floats.set(weights[name].bias, layout.bias[name] / 4)
  }
  write('encoder0', 3)
  write('encoder1', 3)
  write('encoder2', 1)
  write('encoder3', 1)
  write('lstm', 1)
  floats.set(weights.output.weights, layout.weights.output / 4)
  floats.set(weights.output.bias, layout.bias.output / 4)
}

/**
 * Writes a layer in the order in which the engine reads it: block of rows, channel, tap, row in the block. A layer
 * whose taps the engine does not tell apart counts as one of one tap.
 */
function writeBlocks(target: Float32Array, layer: Affine, order: { blockRows: number; taps: number }): void {
  const { blockRows, taps } = order
  const channels = layer.columns / taps
  let next = 0
  for (let block = 0; block < layer.rows; block += blockRows) {
    for (let channel = 0; channel < channels; channel++) {
      for (let tap = 0; tap < taps; tap++) {
        for (let row = block; row < block + blockRows; row++) {
          target[next++] = layer.weights[row * layer.columns + tap * channels + channel]!
        }
      }
    }
  }
}

function isMemory(value: unknown): value is Memory {
  return typeof value === 'object' && value !== null && 'buffer' in value && 'grow' in value
}

function isRun(value: unknown): value is (slot: number) => number {
  return typeof value === 'function'
}
