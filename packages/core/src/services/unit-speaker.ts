import { TTSAudioRawFrame } from '../frames/audio.ts'
import { AggregatedTextFrame, TTSTextFrame, type AggregatedBy } from '../frames/text.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { PcError } from '../runtime/errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { pumpEvents } from './event-pump.ts'
import type { ServiceMetrics } from './service-metrics.ts'
import { SpeechAudio } from './speech-audio.ts'
import type { TTSEvent } from './tts-types.ts'
import type { Utterance } from './utterance.ts'

/** A unit of text on its way to the provider. */
export interface SpeechUnit {
  /** As it is shown. */
  readonly text: string
  /** In the model's own words. */
  readonly rawText: string
  /** The way from the shown text to `rawText`, where it is known and they differ. */
  readonly rawEnds: readonly number[] | undefined
  /** As it is sent. */
  readonly spokenText: string
  /** The way from what is sent to the shown text, where it is known and they differ. */
  readonly spokenEnds: readonly number[] | undefined
  readonly type: AggregatedBy
}

/** What a {@link UnitSpeaker} needs of its service. */
export interface UnitSpeakerHost {
  readonly runtime: Runtime
  readonly metrics: ServiceMetrics
  /** Hz. */
  readonly outputRate: number
  /** Hz. */
  readonly requestRate: number
  readonly firstTimeoutMs: number
  readonly idleTimeoutMs: number
  synthesize(text: string, utterance: Utterance, signal: AbortSignal): AsyncIterable<TTSEvent>
  nextSegmentId(): number
  progress(): void
}

/** Samples this quiet are leading silence. */
const SILENT_SAMPLE = 20

/** Speaks one unit of text: asks the provider, and pushes its announcement, audio, words and end in order. */
export class UnitSpeaker {
  readonly #host: UnitSpeakerHost
  readonly #unit: SpeechUnit
  readonly #utterance: Utterance
  readonly #ctx: FrameContext
  readonly #audio: SpeechAudio
  readonly #segmentId: number
  readonly #startSamples: number
  #requestedMs = 0
  #announced = false
  #leadingSilence = 0
  #ttfbMs: number | undefined
  #audible = false

  constructor(host: UnitSpeakerHost, unit: SpeechUnit, utterance: Utterance, ctx: FrameContext) {
    this.#host = host
    this.#unit = unit
    this.#utterance = utterance
    this.#ctx = ctx
    this.#audio = new SpeechAudio(host.outputRate)
    this.#segmentId = host.nextSegmentId()
    this.#startSamples = utterance.samples
  }

  /** Returns what went wrong, if anything did; the text was then shown as unspoken as far as nothing of it was heard. */
  async speak(): Promise<PcError | undefined> {
    const { metrics, runtime } = this.#host
    this.#utterance.units++
    const beganMs = runtime.clock.nowMs()
    const error = await this.#request()
    if (this.#over) return undefined
    this.#push(this.#audio.flush())
    if (this.#samples === 0) this.#showUnspoken()
    else if (error === undefined) this.#end()
    metrics.processing((runtime.clock.nowMs() - beganMs) / 1000)
    return error
  }

  get #over(): boolean {
    return this.#ctx.stale || this.#utterance.stale
  }

  get #samples(): number {
    return this.#utterance.samples - this.#startSamples
  }

  /** Asks the provider; a failure before any output is tried once more. */
  async #request(): Promise<PcError | undefined> {
    const { metrics } = this.#host
    let failure: PcError | undefined
    for (let attempt = 0; attempt < 2; attempt++) {
      metrics.ttsUsage(this.#unit.spokenText.length)
      failure = await this.#attempt()
      if (failure === undefined || !failure.retryable || this.#announced || this.#over) return failure
    }
    return failure
  }

  async #attempt(): Promise<PcError | undefined> {
    const { runtime, firstTimeoutMs, idleTimeoutMs } = this.#host
    this.#requestedMs = runtime.clock.nowMs()
    try {
      await pumpEvents(
        (signal) => this.#host.synthesize(this.#unit.spokenText, this.#utterance, signal),
        (event) => this.#take(event),
        { clock: runtime.clock, work: this.#utterance, firstTimeoutMs, idleTimeoutMs },
      )
      return undefined
    } catch (error) {
      return PcError.from(error, { code: 'synthesis-failed' })
    }
  }

  #take(event: TTSEvent): void | Promise<void> {
    if (event instanceof Int16Array || event instanceof Uint8Array)
      return this.#takeAudio(event, this.#host.requestRate)
    if (event.type === 'audio') return this.#takeAudio(event.audio, event.sampleRate ?? this.#host.requestRate)
    this.#takeWord(event.text, event.startUs)
    return undefined
  }

  /** Word times come from outside and are used to cut the context: one that makes no sense is left out. */
  #takeWord(text: unknown, startUs: number): void {
    if (typeof text !== 'string' || text === '' || !Number.isFinite(startUs)) return
    this.#announce()
    const unitUs = Math.round((this.#startSamples / this.#host.outputRate) * 1e6)
    const offsetUs = unitUs + Math.max(0, startUs)
    this.#ctx.push(new TTSTextFrame(text, 'word', { ...this.#labels, offsetUs }))
  }

  #takeAudio(audio: Int16Array | Uint8Array, rate: number): void | Promise<void> {
    if (audio.length === 0) return undefined
    this.#measure()
    this.#push(this.#audio.take(audio, rate))
    this.#host.progress()
    return this.#ctx.ready('downstream')
  }

  #push(samples: Int16Array): void {
    if (samples.length === 0) return
    this.#announce()
    this.#findSpeech(samples)
    this.#utterance.samples += samples.length
    this.#ctx.push(new TTSAudioRawFrame(samples, this.#host.outputRate, 1, this.#utterance.contextId))
  }

  /** The unit is announced with its first output, so that a failed request announces nothing. */
  #announce(): void {
    if (this.#announced) return
    this.#announced = true
    const { text, type, rawEnds, spokenText, spokenEnds } = this.#unit
    const spoken = spokenEnds === undefined ? undefined : { text: spokenText, ends: spokenEnds }
    const options = { ...this.#labels, rawEnds, spoken, willBeSpoken: true, appendToContext: false }
    this.#ctx.push(new AggregatedTextFrame(text, type, options))
  }

  #end(): void {
    const { text, type } = this.#unit
    this.#ctx.push(new TTSTextFrame(text, type, this.#labels))
  }

  /** Nobody heard it: it is shown, and stays out of the context. */
  #showUnspoken(): void {
    const { text, type } = this.#unit
    this.#ctx.push(new AggregatedTextFrame(text, type, { ...this.#labels, appendToContext: false }))
  }

  get #labels(): { contextId: string; segmentId: number; rawText: string; appendToContext: boolean } {
    const { contextId, appendToContext } = this.#utterance
    return { contextId, segmentId: this.#segmentId, rawText: this.#unit.rawText, appendToContext }
  }

  /** The first audio of an utterance is its time to first byte. */
  #measure(): void {
    if (this.#ttfbMs !== undefined || this.#utterance.samples > 0) return
    this.#ttfbMs = this.#host.runtime.clock.nowMs() - this.#requestedMs
    this.#host.metrics.ttfb(this.#ttfbMs / 1000)
  }

  #findSpeech(samples: Int16Array): void {
    if (this.#audible || this.#ttfbMs === undefined) return
    const first = samples.findIndex((sample) => sample > SILENT_SAMPLE || sample < -SILENT_SAMPLE)
    this.#leadingSilence += first < 0 ? samples.length : first
    if (first < 0) return
    this.#audible = true
    this.#host.metrics.ttfa(this.#ttfbMs / 1000, this.#leadingSilence / this.#host.outputRate)
  }
}
