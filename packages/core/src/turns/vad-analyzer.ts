import type { FrameProcessor } from '../processor/frame-processor.ts'
import { changeVADParams, DEFAULT_VAD_PARAMS, type VADParams } from './vad-params.ts'
import { VADProcessor } from './vad-processor.ts'

export { DEFAULT_VAD_PARAMS, type VADParams } from './vad-params.ts'

/** The parameters of voice activity detection, flat or under `params`. */
export interface VADAnalyzerOptions extends Partial<VADParams> {
  params?: Partial<VADParams>
}

/**
 * A model that tells speech from other sound. It may stand in a pipeline's list, or in a transport's `vadAnalyzer`.
 * Providers implement the model; the decision about start and stop is made here, for all of them.
 *
 * @throws PcError `invalid-vad-params` for a parameter outside its range.
 */
export abstract class VADAnalyzer {
  readonly params: VADParams

  constructor(options: VADAnalyzerOptions = {}) {
    const { params = {}, ...flat } = options
    this.params = changeVADParams(changeVADParams(DEFAULT_VAD_PARAMS, flat), params)
  }

  /** The rate to load for input of `inputRate` Hz; other rates are resampled to it. Default 16000. */
  rateFor(inputRate: number): number {
    return inputRate === 8000 ? 8000 : 16_000
  }

  /** Gets ready for audio of this rate; awaited before the first. */
  abstract load(sampleRate: number): Promise<void>
  /** Samples per decision at the loaded rate. */
  abstract readonly windowSamples: number
  /** The probability of speech in one window, 0 to 1. The window's memory is used again after the call. */
  abstract confidence(window: Int16Array): number
  /** Forgets what was heard. */
  abstract resetModel(): void
  /** Gives back what the model holds. */
  close(): void {}

  /** The processor that runs this analyzer where it stands in a list. */
  toProcessor(): FrameProcessor {
    return new VADProcessor({ vadAnalyzer: this })
  }
}
