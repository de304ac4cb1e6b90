import { PcError, VADAnalyzer } from '@pc/core'

import { assertSileroSampleRate, SileroModel } from './model.ts'
import type { SileroSession } from './model.ts'

/**
 * Voice activity detection with Silero VAD v6, for a transport's `vadAnalyzer` or as an element of a pipeline. The
 * parameters and their defaults are those of `VADParams`.
 *
 * The network runs in the caller's thread, about 0.02 ms per 32 ms of audio. Analyzers share the model; each has the
 * state of its own stream, so use one analyzer per conversation.
 */
export class SileroVADAnalyzer extends VADAnalyzer {
  #session: SileroSession | undefined
  #loads = 0
  #windowSamples = 0

  /**
   * @throws PcError `unsupported-sample-rate` for any rate but 8000 and 16000 Hz.
   */
  override async load(sampleRate: number): Promise<void> {
    assertSileroSampleRate(sampleRate)
    const load = ++this.#loads
    const model = await SileroModel.load(sampleRate)
    // A later load or a close wins.
    if (load !== this.#loads) return
    this.#session?.close()
    this.#session = model.session()
    this.#windowSamples = model.windowSamples
  }

  /** 512 at 16 kHz, 256 at 8 kHz; 0 before `load`. */
  override get windowSamples(): number {
    return this.#windowSamples
  }

  /**
   * @throws PcError `not-loaded` before `load` and after `close`.
   */
  override confidence(window: Int16Array): number {
    if (!this.#session) {
      throw new PcError('SileroVADAnalyzer has no model: await load(sampleRate) before the first audio', {
        code: 'not-loaded',
        kind: 'config',
      })
    }
    return this.#session.process(window)
  }

  override resetModel(): void {
    this.#session?.reset()
  }

  override close(): void {
    this.#loads++
    this.#session?.close()
    this.#session = undefined
    super.close()
  }
}
