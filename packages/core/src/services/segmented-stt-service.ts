import type { InputAudioRawFrame, UserAudioRawFrame } from '../frames/audio.ts'
import { STTMetadataFrame } from '../frames/control.ts'
import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { EndFrame, InterruptionFrame, StartFrame } from '../frames/lifecycle.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import { PcError } from '../runtime/errors.ts'
import { within } from '../runtime/scope.ts'
import { ServiceHealth } from './service-health.ts'
import { ServiceMetrics } from './service-metrics.ts'
import { ServiceSettings, STT_SETTINGS, type STTSettings } from './settings.ts'
import type { SegmentedSTTServiceOptions, STTServiceEvents, Transcript } from './stt-types.ts'
import { TranscriptReporter } from './transcript-reporter.ts'
import { VoiceInput } from './voice-input.ts'

/** What {@link SegmentedSTTService.transcribeSegment} gets beside the audio. */
export interface SegmentOptions {
  /** Aborts when the result is not wanted any more or takes too long. */
  readonly signal: AbortSignal
  /** Hz, mono. */
  readonly sampleRate: number
  readonly settings: Readonly<STTSettings>
}

/**
 * Speech recognition of whole utterances, cut by voice activity: the audio from 1 s before speech to its end. A provider
 * implements {@link transcribeSegment}. It needs a VADProcessor in the pipeline. Every transcript is finalized, and they
 * come in the order they were spoken.
 */
export abstract class SegmentedSTTService extends FrameProcessor<STTServiceEvents> {
  readonly metrics: ServiceMetrics = new ServiceMetrics(this, () => this.settings.model)
  readonly #options: SegmentedSTTServiceOptions
  readonly #health = new ServiceHealth((usable) => this.emit('usableChanged', usable))
  readonly #transcripts: TranscriptReporter
  readonly #settings: ServiceSettings<STTSettings>
  #input: VoiceInput | undefined
  #chunks: Int16Array[] = []
  #samples = 0
  #speaking = false
  #muted = false
  /** Settles when the transcripts of all segments so far are out. */
  #work: Promise<void> = Promise.resolve()

  constructor(options: SegmentedSTTServiceOptions = {}) {
    super({ name: options.name })
    this.#options = options
    this.#settings = new ServiceSettings<STTSettings>(
      this,
      'STTUpdateSettingsFrame',
      STT_SETTINGS,
      options.settings ?? {},
    )
    this.#transcripts = new TranscriptReporter(this, this.metrics, options.sttTtfbTimeoutSecs ?? 2)
  }

  /**
   * Recognises one utterance; no words are `''` or an empty list. Throw a `PcError` when it fails: one that is
   * `retryable` is tried once more.
   */
  abstract transcribeSegment(audio: Int16Array, options: SegmentOptions): Promise<string | readonly Transcript[]>

  /** The settings in force. */
  get settings(): Readonly<STTSettings> {
    return this.#settings.current
  }

  /** False after a permanent error: audio is dropped then. */
  get isUsable(): boolean {
    return this.#health.usable
  }

  setUsable(usable: boolean): void {
    this.#health.set(usable)
  }

  override get canGenerateMetrics(): boolean {
    return true
  }

  override handles(_type: string): boolean {
    return false
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    this.#input = new VoiceInput(this.#options.sampleRate ?? setup.params.audioInSampleRate)
  }

  override onStart(_frame: StartFrame, _ctx: FrameContext): void | Promise<void> {
    this.broadcastFrame(new STTMetadataFrame(this.name, this.#options.ttfsP99LatencySecs ?? 1))
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    switch (frame.type) {
      case 'InputAudioRawFrame':
      case 'UserAudioRawFrame':
        this.#takeAudio(frame)
        if (this.#options.audioPassthrough ?? true) ctx.push(frame)
        return
      case 'VADUserStartedSpeakingFrame':
        this.#speaking = true
        this.#transcripts.speechStarted()
        break
      case 'VADUserStoppedSpeakingFrame':
        this.#transcripts.speechStopped(frame)
        if (this.#speaking) this.#cut()
        this.#speaking = false
        break
      case 'STTMuteFrame':
        this.#muted = frame.mute
        return
      case 'ServiceUpdateSettingsFrame':
      case 'STTUpdateSettingsFrame':
        if (direction === 'downstream' && this.#settings.concerns(frame)) {
          if (this.#settings.apply(frame)) this.#health.set(true)
          return
        }
        break
      default:
    }
    ctx.push(frame)
  }

  override onInterruption(_frame: InterruptionFrame, _ctx: FrameContext): void {
    this.#transcripts.speechStarted()
  }

  override async onEnd(_frame: EndFrame, _ctx: FrameContext): Promise<void> {
    if (this.#speaking) this.#cut()
    await within(this.runtime.clock, this.#timeoutMs, this.#work)
  }

  override onCleanup(): void | Promise<void> {
    this.#transcripts.speechStarted()
  }

  get #timeoutMs(): number {
    return (this.#options.timeoutSecs ?? 10) * 1000
  }

  #takeAudio(frame: InputAudioRawFrame | UserAudioRawFrame): void {
    if (this.#muted || !this.isUsable || this.#input === undefined) return
    if (frame.type === 'UserAudioRawFrame') this.#transcripts.userId = frame.userId
    const audio = this.#input.take(frame)
    this.#chunks.push(audio)
    this.#samples += audio.length
    const { preRollSecs = 1, maxSegmentSecs = 60 } = this.#options
    const rate = this.#input.sampleRate
    if (!this.#speaking) this.#keepNewest(preRollSecs * rate)
    else if (this.#samples >= maxSegmentSecs * rate) this.#cut()
  }

  #keepNewest(samples: number): void {
    let first = this.#chunks[0]
    while (first !== undefined && this.#samples - first.length >= samples) {
      this.#chunks.shift()
      this.#samples -= first.length
      first = this.#chunks[0]
    }
  }

  /** The segment ends here: it is transcribed behind those before it. */
  #cut(): void {
    const audio = new Int16Array(this.#samples)
    let at = 0
    for (const chunk of this.#chunks) {
      audio.set(chunk, at)
      at += chunk.length
    }
    this.#chunks = []
    this.#samples = 0
    if (audio.length === 0 || this.#input === undefined) return
    this.metrics.sttUsage(audio.length / this.#input.sampleRate)
    const before = this.#work
    this.spawn('transcribe', (signal) => (this.#work = before.then(() => this.#transcribe(audio, signal))))
  }

  /** Never rejects. */
  async #transcribe(audio: Int16Array, signal: AbortSignal): Promise<void> {
    let failure: PcError | undefined
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        const found = await this.#request(audio, signal)
        if (signal.aborted) return
        const transcripts = typeof found === 'string' ? [{ text: found }] : found
        for (const transcript of transcripts) this.#transcripts.final(transcript, true)
        return
      } catch (error) {
        if (signal.aborted) return
        failure = PcError.from(error, { code: 'transcription-failed', service: this.name })
        if (!failure.retryable) break
      }
    }
    if (failure === undefined) return
    this.#health.judge(failure)
    this.pushError(failure)
  }

  #request(audio: Int16Array, signal: AbortSignal): Promise<string | readonly Transcript[]> {
    const controller = new AbortController()
    const sampleRate = this.#input?.sampleRate ?? 0
    return new Promise((resolve, reject) => {
      const timer = this.runtime.clock.setTimeout(() => {
        const message = `No transcript came within ${this.#timeoutMs / 1000} s.`
        const error = new PcError(message, { code: 'transcription-timeout', kind: 'timeout', service: this.name })
        controller.abort(error)
        reject(error)
      }, this.#timeoutMs)
      const onAbort = (): void => {
        controller.abort(signal.reason)
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.transcribeSegment(audio, { signal: controller.signal, sampleRate, settings: this.settings })
        .then(resolve, reject)
        .finally(() => {
          timer.cancel()
          signal.removeEventListener('abort', onAbort)
        })
    })
  }
}
