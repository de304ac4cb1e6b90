import { SegmentedSTTService } from '@pc/core'
import type { FrameContext, SegmentedSTTServiceOptions, SegmentOptions, StartFrame, STTSettings } from '@pc/core'
import { defaultTransformersModel, TransformersRecognizer } from './transformers-recognizer.ts'
import type { TransformersOptions } from './transformers-recognizer.ts'

/** Options of {@link TransformersSTTService}: those of the recognizer and of every service of whole segments. */
export interface TransformersSTTServiceOptions extends SegmentedSTTServiceOptions, TransformersOptions {}

/** What an utterance costs on a virtual clock, in milliseconds. */
const utteranceCostMs = 300

/**
 * Speech recognition by a Whisper or Moonshine model in this process, through the optional peer package
 * `@huggingface/transformers`. Package and model are loaded, and the model downloaded where it may be, when the
 * pipeline starts; a failure is reported then and again with the next utterance. `timeoutSecs` is 60 by default, as a
 * first utterance may have to wait for the download. Of the settings it reads `model` and `language`.
 */
export class TransformersSTTService extends SegmentedSTTService {
  readonly #options: TransformersOptions
  #recognizer: { model: string; language: string | undefined; instance: TransformersRecognizer } | undefined

  constructor(options: TransformersSTTServiceOptions = {}) {
    const { model = defaultTransformersModel, language, settings } = options
    super({ timeoutSecs: 60, ...options, settings: { model, language, ...settings } })
    this.#options = options
  }

  override onStart(frame: StartFrame, ctx: FrameContext): void | Promise<void> {
    this.spawn('load the model', () => this.#recognizerFor(this.settings).warmUp())
    return super.onStart(frame, ctx)
  }

  override async transcribeSegment(audio: Int16Array, options: SegmentOptions): Promise<string> {
    const { sampleRate, settings, signal } = options
    const work = this.#recognizerFor(settings).recognize(audio, { sampleRate, signal })
    return await this.runtime.clock.hold(work, utteranceCostMs)
  }

  #recognizerFor({ model = defaultTransformersModel, language }: Readonly<STTSettings>): TransformersRecognizer {
    const current = this.#recognizer
    if (current !== undefined && current.model === model && current.language === language) return current.instance
    const { language: _initial, ...options } = this.#options
    const instance = new TransformersRecognizer({ ...options, model, ...(language !== undefined && { language }) })
    this.#recognizer = { model, language, instance }
    return instance
  }
}
