import type { InputAudioRawFrame, UserAudioRawFrame } from '../frames/audio.ts'
import { STTMetadataFrame } from '../frames/control.ts'
import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { EndFrame, InterruptionFrame, StartFrame } from '../frames/lifecycle.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import { abortReason, PcError } from '../runtime/errors.ts'
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

/** A segment that is heard while it is spoken; see {@link SegmentedSTTService.openSegment}. */
export interface OpenSegment {
  /** Takes the next audio, first that from before the start of speech. It neither waits nor throws. */
  write(audio: Int16Array): void
  /** The segment is over: resolves or rejects as {@link SegmentedSTTService.transcribeSegment} does. */
  finish(): Promise<string | readonly Transcript[]>
}

/** An open segment, and how to end the work on it. */
interface Hearing {
  readonly segment: OpenSegment
  readonly controller: AbortController
}

type Recognised = string | readonly Transcript[]

/**
 * Speech recognition of whole utterances, cut by voice activity: the audio from 1 s before speech to its end. A provider
 * implements {@link transcribeSegment}, and {@link openSegment} where it can listen while the user speaks. It needs a
 * VADProcessor in the pipeline. Every transcript is finalized, and they come in the order they were spoken.
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
  #hearing: Hearing | undefined
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

  /**
   * Override it to hear a segment from the start of speech on, so that less is left to do at its end. Its signal aborts
   * when nobody wants the segment any more. When its `finish` fails, other than by a permanent error,
   * {@link transcribeSegment} gets the whole segment. `undefined`, the default, waits for the whole segment.
   */
  openSegment(_options: SegmentOptions): OpenSegment | undefined {
    return undefined
  }

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
        if (!this.#speaking) this.#open()
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
    this.#hearing?.controller.abort(abortReason('the task is over'))
    this.#hearing = undefined
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
    this.#hearing?.segment.write(audio)
    const { preRollSecs = 1, maxSegmentSecs = 60 } = this.#options
    const rate = this.#input.sampleRate
    if (!this.#speaking) this.#keepNewest(preRollSecs * rate)
    else if (this.#samples >= maxSegmentSecs * rate) {
      this.#cut()
      this.#open()
    }
  }

  #keepNewest(samples: number): void {
    let first = this.#chunks[0]
    while (first !== undefined && this.#samples - first.length >= samples) {
      this.#chunks.shift()
      this.#samples -= first.length
      first = this.#chunks[0]
    }
  }

  /** A segment begins here, with the audio from before it. */
  #open(): void {
    if (!this.isUsable || this.#input === undefined) return
    const controller = new AbortController()
    const { sampleRate } = this.#input
    const segment = this.openSegment({ signal: controller.signal, sampleRate, settings: this.settings })
    this.#hearing = segment && { segment, controller }
    for (const chunk of this.#chunks) segment?.write(chunk)
  }

  /** The segment ends here: it is transcribed behind those before it. */
  #cut(): void {
    const hearing = this.#hearing
    this.#hearing = undefined
    const audio = new Int16Array(this.#samples)
    let at = 0
    for (const chunk of this.#chunks) {
      audio.set(chunk, at)
      at += chunk.length
    }
    this.#chunks = []
    this.#samples = 0
    if (audio.length === 0 || this.#input === undefined) {
      hearing?.controller.abort(abortReason('the segment is empty'))
      return
    }
    this.metrics.sttUsage(audio.length / this.#input.sampleRate)
    const before = this.#work
    // What an open segment gives is asked for at once, even while the segment before it is in work.
    const heard = hearing && this.#heard(hearing)
    this.spawn('transcribe', (signal) => (this.#work = before.then(() => this.#transcribe(audio, heard, signal))))
  }

  /** Never rejects. */
  async #transcribe(audio: Int16Array, heard: Promise<Recognised> | undefined, signal: AbortSignal): Promise<void> {
    let failure: PcError | undefined
    for (let attempt = 0; attempt < 2; attempt++) {
      const isHeard = attempt === 0 && heard !== undefined
      try {
        const found = await (isHeard ? heard : this.#request(audio, signal))
        if (signal.aborted) return
        const transcripts = typeof found === 'string' ? [{ text: found }] : found
        for (const transcript of transcripts) this.#transcripts.final(transcript, true)
        return
      } catch (error) {
        if (signal.aborted) return
        failure = PcError.from(error, { code: 'transcription-failed', service: this.name })
        if (isHeard ? failure.permanent : !failure.retryable) break
      }
    }
    if (failure === undefined) return
    this.#health.judge(failure)
    this.pushError(failure)
  }

  #request(audio: Int16Array, signal: AbortSignal): Promise<Recognised> {
    const controller = new AbortController()
    const sampleRate = this.#input?.sampleRate ?? 0
    const options: SegmentOptions = { signal: controller.signal, sampleRate, settings: this.settings }
    return this.#inTime(() => this.transcribeSegment(audio, options), controller, signal)
  }

  #heard({ segment, controller }: Hearing): Promise<Recognised> {
    const heard = this.#inTime(() => segment.finish(), controller, this.scope.signal)
    // It may fail long before its turn comes to be reported.
    heard.catch(() => {})
    return heard
  }

  /** What `work` gives, unless it takes too long or is not wanted any more: then `controller` aborts. */
  #inTime(work: () => Promise<Recognised>, controller: AbortController, signal: AbortSignal): Promise<Recognised> {
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
      work()
        .then(resolve, reject)
        .finally(() => {
          timer.cancel()
          signal.removeEventListener('abort', onAbort)
        })
    })
  }
}
