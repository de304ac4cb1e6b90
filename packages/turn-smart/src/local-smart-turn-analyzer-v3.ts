import { SystemClock, TurnAnalyzer } from '@pc/core'
import type { Clock, Runtime, TurnVerdict } from '@pc/core'
import { MODEL_RATE } from './log-mel.ts'
import { downloadSmartTurnModel } from './model-file.ts'
import type { ModelFileOptions } from './model-file.ts'
import { sharedSmartTurnEngine } from './smart-turn-engine.ts'
import type { SmartTurnEngine } from './smart-turn-engine.ts'
import { smartTurnError } from './smart-turn-error.ts'
import { smartTurnParams } from './smart-turn-params.ts'
import type { SmartTurnParams } from './smart-turn-params.ts'
import { SpeechSegment } from './speech-segment.ts'

/** More likely complete than not. */
const COMPLETE_ABOVE = 0.5

/** Options of {@link LocalSmartTurnAnalyzerV3}; those of {@link SmartTurnParams} flat or under `params`. */
export interface LocalSmartTurnAnalyzerV3Options extends Partial<SmartTurnParams>, ModelFileOptions {
  readonly params?: Partial<SmartTurnParams>
  /** Path of an ONNX file of Smart Turn v3. With it nothing is fetched, and the file is not checked. */
  readonly modelPath?: string
}

/**
 * Tells from the sound of the user's speech whether the user has finished, by the Smart Turn v3 model on this machine.
 * It may stand in a pipeline's list; the turn processor asks it whenever voice detection reports the end of speech, and
 * where it gives no verdict in time, silence decides.
 *
 * Features and model are computed in one worker thread that all sessions of the process share; a session itself holds
 * 256 kB of audio. The model runs in the optional peer package `onnxruntime-node`, which is loaded with the first
 * session. Use one analyzer per conversation.
 *
 * @throws PcError `invalid-turn-options` for a parameter outside its range.
 */
export class LocalSmartTurnAnalyzerV3 extends TurnAnalyzer {
  readonly params: SmartTurnParams
  readonly #options: LocalSmartTurnAnalyzerV3Options
  readonly #engine: SmartTurnEngine = sharedSmartTurnEngine()
  readonly #segment: SpeechSegment
  #clock: Clock = new SystemClock()
  #modelPath: string | undefined = undefined

  constructor(options: LocalSmartTurnAnalyzerV3Options = {}) {
    super()
    this.#options = options
    this.params = smartTurnParams({ ...options, ...options.params })
    this.#segment = new SpeechSegment(this.params, MODEL_RATE)
  }

  override get sampleRate(): number {
    return MODEL_RATE
  }

  /**
   * Fetches the model where it is not there yet, and makes it ready.
   *
   * @throws PcError as `downloadSmartTurnModel` does, `onnxruntime-missing` without the package, `model-missing` and
   * `model-invalid` for the file.
   */
  override async load(runtime: Runtime): Promise<void> {
    this.#clock = runtime.clock
    this.#modelPath = undefined
    this.#modelPath = await this.#clock.hold(this.#loaded(runtime))
  }

  override setVADStartSecs(startSecs: number): void {
    this.#segment.setVADStartSecs(startSecs)
  }

  /** True when silence has lasted for `stopSecs` of audio since speech. */
  override appendAudio(audio: Int16Array, isSpeech: boolean): boolean {
    return this.#segment.append(audio, isSpeech)
  }

  /**
   * Judges the last 8 s at most, from shortly before speech on. Without speech the turn is not complete and has no
   * probability. Rejects with the signal's reason when it aborts.
   *
   * @throws PcError `not-loaded` before `load` has succeeded, `analysis-failed` when the model fails.
   */
  override async analyze(signal: AbortSignal): Promise<TurnVerdict> {
    signal.throwIfAborted()
    const modelPath = this.#modelPath
    if (modelPath === undefined) {
      throw smartTurnError(
        'not-loaded',
        'LocalSmartTurnAnalyzerV3 has no model: load(runtime) has to succeed before the first verdict.',
      )
    }
    const samples = this.#segment.cut()
    if (samples === undefined) return { complete: false }
    const probability = await this.#clock.hold(this.#engine.predict(modelPath, samples, signal))
    return { complete: probability > COMPLETE_ABOVE, probability }
  }

  override clear(): void {
    this.#segment.clear()
  }

  override close(): void {
    this.#modelPath = undefined
    this.#segment.clear()
  }

  async #loaded({ fetch, clock }: Runtime): Promise<string> {
    const path = this.#options.modelPath ?? (await downloadSmartTurnModel({ ...this.#options, fetch, clock }))
    await this.#engine.load(path)
    return path
  }
}
