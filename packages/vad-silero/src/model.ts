import { PcError } from '@pc/core'

import { bytesFromBase64 } from './base64.ts'
import type { ForwardPass } from './forward-pass.ts'
import { createJavaScriptPass } from './javascript-pass.ts'
import { networkShape } from './network-shape.ts'
import type { NetworkShape, SileroSampleRate } from './network-shape.ts'
import { createWasmPass } from './wasm-pass.ts'
import { unpackWeights } from './weights.ts'

/** How the network is computed: WebAssembly with SIMD, or plain JavaScript, about ten times slower. */
export type SileroEngine = 'wasm' | 'javascript'

/** Options of {@link SileroModel.load}. */
export interface SileroModelOptions {
  /** Default: `wasm`, or `javascript` where the host has no WebAssembly with SIMD or forbids it. */
  engine?: SileroEngine
}

/** Models that are loaded or loading, by rate and engine. */
const models = new Map<string, Promise<SileroModel>>()

/**
 * The Silero VAD v6 network at one sample rate, shared by all sessions of the process.
 *
 * A model takes 1.0 MB of memory for its weights, and 1,280 bytes (1,152 at 8 kHz) per session.
 */
export class SileroModel {
  readonly sampleRate: SileroSampleRate
  /** Samples per decision: 512 at 16 kHz, 256 at 8 kHz, both 32 ms. */
  readonly windowSamples: number
  readonly engine: SileroEngine
  readonly #pass: ForwardPass

  private constructor(shape: NetworkShape, engine: SileroEngine, pass: ForwardPass) {
    this.sampleRate = shape.sampleRate
    this.windowSamples = shape.windowSamples
    this.engine = engine
    this.#pass = pass
  }

  /**
   * Loads the network once per process, rate and engine; further calls share it. Nothing is fetched: the weights are
   * a module of this package.
   *
   * @throws PcError `unsupported-sample-rate` for any rate but 8000 and 16000 Hz; `wasm-unavailable` where the engine
   * `wasm` was asked for and the host cannot run it.
   */
  static async load(sampleRate: SileroSampleRate, options: SileroModelOptions = {}): Promise<SileroModel> {
    assertSileroSampleRate(sampleRate)
    if (options.engine) return SileroModel.#shared(sampleRate, options.engine)
    try {
      return await SileroModel.#shared(sampleRate, 'wasm')
    } catch (error) {
      if (!PcError.is(error) || error.code !== 'wasm-unavailable') throw error
      return SileroModel.#shared(sampleRate, 'javascript')
    }
  }

  static #shared(sampleRate: SileroSampleRate, engine: SileroEngine): Promise<SileroModel> {
    const key = `${engine} ${sampleRate}`
    let model = models.get(key)
    if (!model) {
      model = SileroModel.#create(sampleRate, engine)
      models.set(key, model)
      model.catch(() => models.delete(key))
    }
    return model
  }

  static async #create(sampleRate: SileroSampleRate, engine: SileroEngine): Promise<SileroModel> {
    const shape = networkShape(sampleRate)
    const { packedWeights } =
      sampleRate === 16000 ? await import('./weights-16k.generated.ts') : await import('./weights-8k.generated.ts')
    const weights = unpackWeights(shape, bytesFromBase64(packedWeights))
    const pass = engine === 'wasm' ? await createWasmPass(shape, weights) : createJavaScriptPass(shape, weights)
    return new SileroModel(shape, engine, pass)
  }

  /** A new stream of audio, as if after silence. Close it when the stream ends: its memory is then used again. */
  session(): SileroSession {
    return new SileroSession(this.#pass, this.windowSamples)
  }
}

/** One stream of audio through a {@link SileroModel}. Made by {@link SileroModel.session}. */
export class SileroSession {
  readonly #pass: ForwardPass
  readonly #windowSamples: number
  #slot: number | undefined

  /** @internal */
  constructor(pass: ForwardPass, windowSamples: number) {
    this.#pass = pass
    this.#windowSamples = windowSamples
    this.#slot = pass.open()
  }

  /**
   * The probability that the next window of the stream is speech, 0 to 1. Synchronous: about 0.02 ms in WASM.
   *
   * Audio that is not finite (NaN, infinity) counts as no speech: the session starts afresh and 0 is returned.
   *
   * @param window - `windowSamples` mono samples, 16-bit or floats from -1 to 1; not kept
   * @throws PcError `wrong-window-size` for any other number of samples; `session-closed` after {@link close}.
   */
  process(window: Int16Array | Float32Array): number {
    if (window.length !== this.#windowSamples) {
      throw new PcError(
        `Silero VAD got a window of ${window.length} samples and decides on ${this.#windowSamples} at a time: ` +
          'collect the audio in windows of windowSamples',
        { code: 'wrong-window-size', kind: 'invalid-request' },
      )
    }
    const probability = this.#pass.run(this.#openSlot(), window)
    if (Number.isFinite(probability)) return probability
    this.reset()
    return 0
  }

  /**
   * Forgets the audio so far.
   *
   * @throws PcError `session-closed` after {@link close}.
   */
  reset(): void {
    this.#pass.state(this.#openSlot()).fill(0)
  }

  /** Gives the memory of the session back. Closing twice does nothing. */
  close(): void {
    if (this.#slot === undefined) return
    this.#pass.close(this.#slot)
    this.#slot = undefined
  }

  #openSlot(): number {
    if (this.#slot !== undefined) return this.#slot
    throw new PcError('This session of Silero VAD is closed: take a new one from model.session()', {
      code: 'session-closed',
      kind: 'invalid-request',
    })
  }
}

/** @internal Throws PcError `unsupported-sample-rate` for any rate but 8000 and 16000 Hz. */
export function assertSileroSampleRate(sampleRate: number): asserts sampleRate is SileroSampleRate {
  if (sampleRate === 8000 || sampleRate === 16000) return
  throw new PcError(
    `Silero VAD works at 8000 and 16000 Hz, not at ${sampleRate} Hz: resample the audio to 16000 Hz first, for ` +
      'example with resample() of @pc/audio',
    { code: 'unsupported-sample-rate', kind: 'config' },
  )
}
