import { SegmentedSTTService } from '@pc/core'
import type { FrameContext, OpenSegment, SegmentedSTTServiceOptions, SegmentOptions, StartFrame } from '@pc/core'
import { isEnglish, requireEnglish } from '../english-only.ts'
import { PocketsphinxRecognizer } from './pocketsphinx-recognizer.ts'

/** Options of {@link PocketsphinxSTTService}, beside those of every recognition service of whole segments. */
export interface PocketsphinxSTTServiceOptions extends SegmentedSTTServiceOptions {
  /** The recognizer to use; it is then not closed with the service. Default: one of its own. */
  recognizer?: PocketsphinxRecognizer | undefined
}

/** What an utterance costs on a virtual clock, in milliseconds. */
const utteranceCostMs = 300

/**
 * English speech recognition by the pocketsphinx that is installed on the machine. The model is loaded when the
 * pipeline starts; where there is no pocketsphinx, an error of code `recognizer-missing` comes then and the service
 * is unusable.
 */
export class PocketsphinxSTTService extends SegmentedSTTService {
  readonly #recognizer: PocketsphinxRecognizer
  readonly #isOwn: boolean

  constructor(options: PocketsphinxSTTServiceOptions = {}) {
    const { recognizer, settings, ...rest } = options
    super({ ...rest, settings: { model: 'pocketsphinx-en-us', ...settings } })
    this.#recognizer = recognizer ?? new PocketsphinxRecognizer()
    this.#isOwn = recognizer === undefined
  }

  override onStart(frame: StartFrame, ctx: FrameContext): void | Promise<void> {
    this.spawn('load the recognizer', () => this.#warmUp())
    return super.onStart(frame, ctx)
  }

  override async transcribeSegment(audio: Int16Array, options: SegmentOptions): Promise<string> {
    const { sampleRate, settings, signal } = options
    requireEnglish('pocketsphinx', settings.language)
    return await this.runtime.clock.hold(this.#recognizer.recognize(audio, { sampleRate, signal }), utteranceCostMs)
  }

  /** Decodes while the user speaks. */
  override openSegment(options: SegmentOptions): OpenSegment | undefined {
    const { sampleRate, settings, signal } = options
    if (!isEnglish(settings.language)) return undefined
    const utterance = this.#recognizer.open({ sampleRate, signal })
    return {
      write: (audio) => utterance.write(audio),
      finish: () => this.runtime.clock.hold(utterance.finish(), utteranceCostMs),
    }
  }

  override async onCleanup(): Promise<void> {
    if (this.#isOwn) this.#recognizer.close()
    await super.onCleanup()
  }

  async #warmUp(): Promise<void> {
    try {
      await this.#recognizer.warmUp()
    } catch (error) {
      this.setUsable(false)
      this.pushError(error)
    }
  }
}
