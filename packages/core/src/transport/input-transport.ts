import { PcmByteStream, StreamResampler, toMono } from '@pc/audio'
import type { FilterControlFrame } from '../frames/audio-control.ts'
import { InputAudioRawFrame } from '../frames/audio.ts'
import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { CancelFrame, EndFrame, StartFrame, StopFrame } from '../frames/lifecycle.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type FrameProcessorOptions } from '../processor/frame-processor.ts'
import type { Result } from '../processor/result.ts'
import { PcError } from '../runtime/errors.ts'
import type { AudioFilter } from './audio-parts.ts'
import { TransportParams, type TransportParamsFields } from './transport-params.ts'

/** What every input transport takes. */
export interface InputTransportOptions extends FrameProcessorOptions {
  params?: TransportParams | TransportParamsFields | undefined
}

/** What an input transport counted since its start. */
export interface InputTransportCounters {
  /** Pieces of audio from the client. */
  readonly received: number
  /** Pieces that could not be used: no valid rate. */
  readonly lost: number
}

/**
 * The end of a pipeline that faces the speaker. A concrete transport hands over what comes by {@link receiveAudio};
 * downstream leaves mono audio at the pipeline's input rate. It never waits: what cannot keep up behind it drops the
 * oldest audio and is reported there.
 */
export abstract class BaseInputTransport extends FrameProcessor {
  readonly params: TransportParams
  readonly #bytes = new PcmByteStream()
  #resampler: StreamResampler | undefined = undefined
  #sampleRate = 0
  #taking = false
  #received = 0
  #lost = 0
  #failing = false
  /** The filter, once it is ready. */
  #filter: AudioFilter | undefined = undefined
  #filterFailing = false

  constructor(options: InputTransportOptions = {}) {
    super(options)
    this.params = options.params instanceof TransportParams ? options.params : new TransportParams(options.params)
  }

  /** Hz of the audio pushed downstream; known from StartFrame on. */
  get sampleRate(): number {
    return this.#sampleRate
  }

  /** What it counted so far. */
  get counters(): InputTransportCounters {
    return { received: this.#received, lost: this.#lost }
  }

  override handles(_type: string): boolean {
    return false
  }

  override async onStart(frame: StartFrame, _ctx: FrameContext): Promise<void> {
    this.#sampleRate = this.params.audioInSampleRate ?? frame.audioInSampleRate
    await this.#startFilter()
    this.#taking = this.params.audioInEnabled
  }

  override async onEnd(_frame: EndFrame, _ctx: FrameContext): Promise<void> {
    await this.#stopTaking()
  }

  /** Until the next StartFrame nothing is taken. */
  override async onStop(_frame: StopFrame, _ctx: FrameContext): Promise<void> {
    await this.#stopTaking()
  }

  override async onCancel(_frame: CancelFrame): Promise<void> {
    await this.#stopTaking()
  }

  override async onCleanup(): Promise<void> {
    await this.#stopTaking()
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): Result {
    if (frame.type === 'InputAudioRawFrame') {
      this.#take(frame)
      return undefined
    }
    ctx.push(frame, direction)
    if (frame.type !== 'FilterEnableFrame' && frame.type !== 'FilterUpdateSettingsFrame') return undefined
    return this.#control(frame)
  }

  /**
   * Audio came from the client: samples, or little-endian 16-bit bytes cut anywhere.
   *
   * @param sampleRate - Hz; another rate than the pipeline's is converted.
   * @param numChannels - interleaved; several are mixed to one. Default 1.
   */
  protected receiveAudio(audio: Uint8Array | Int16Array, sampleRate: number, numChannels = 1): void {
    const samples = audio instanceof Int16Array ? audio : this.#bytes.process(audio)
    if (samples.length > 0) this.#take(new InputAudioRawFrame(samples, sampleRate, numChannels))
  }

  async #control(frame: FilterControlFrame): Promise<void> {
    try {
      await this.#filter?.processFrame?.(frame)
    } catch (error) {
      this.pushError(error, { code: 'audio-filter-failed', kind: 'config' })
    }
  }

  #take(frame: InputAudioRawFrame): void {
    if (!this.#taking) return
    this.#received++
    try {
      const taken = this.#convert(frame)
      this.#failing = false
      if (taken.audio.length > 0 && this.params.audioInPassthrough) this.pushFrame(taken)
    } catch (error) {
      this.#lost++
      // The first of a row says it.
      if (!this.#failing) this.pushError(PcError.from(error, { code: 'audio-in-failed', kind: 'protocol' }))
      this.#failing = true
    }
  }

  #convert(frame: InputAudioRawFrame): InputAudioRawFrame {
    const { audioInChannels } = this.params
    const mono = frame.numChannels !== 1 && audioInChannels === 1
    const resampled = frame.sampleRate !== this.#sampleRate
    if (!mono && !resampled && this.#filter === undefined) return frame
    const channels = mono || resampled ? 1 : frame.numChannels
    let audio = mono || resampled ? toMono(frame.audio, frame.numChannels) : frame.audio
    if (resampled) audio = this.#resamplerFor(frame.sampleRate).process(audio)
    if (audio.length > 0) audio = this.#filtered(audio)
    return frame.with({ audio, sampleRate: this.#sampleRate, numChannels: channels })
  }

  /** Without the filter the user is still heard. */
  async #startFilter(): Promise<void> {
    this.#filter = undefined
    try {
      await this.params.audioInFilter?.start(this.#sampleRate)
      this.#filter = this.params.audioInFilter
    } catch (error) {
      this.pushError(error, { code: 'audio-filter-failed', kind: 'config' })
    }
  }

  #filtered(audio: Int16Array): Int16Array {
    try {
      const filtered = this.#filter?.filter(audio) ?? audio
      this.#filterFailing = false
      return filtered
    } catch (error) {
      if (!this.#filterFailing) this.pushError(PcError.from(error, { code: 'audio-filter-failed' }))
      this.#filterFailing = true
      return audio
    }
  }

  #resamplerFor(sampleRate: number): StreamResampler {
    if (this.#resampler?.fromRate !== sampleRate) this.#resampler = new StreamResampler(sampleRate, this.#sampleRate)
    return this.#resampler
  }

  async #stopTaking(): Promise<void> {
    if (!this.#taking) return
    this.#taking = false
    this.#bytes.reset()
    this.#resampler = undefined
    await this.#filter?.stop()
  }
}
