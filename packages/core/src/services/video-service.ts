import { TTSAudioRawFrame } from '../frames/audio.ts'
import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import { type ImageRaw, OutputImageRawFrame } from '../frames/image.ts'
import type { TTSStartedFrame, TTSStoppedFrame } from '../frames/speech.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type ProcessorEvents } from '../processor/frame-processor.ts'
import { abortReason, PcError } from '../runtime/errors.ts'
import { within } from '../runtime/scope.ts'
import { AudioJournal, type JournalReader } from './audio-journal.ts'
import { pumpEvents } from './event-pump.ts'
import { endedBy } from './overtaken.ts'
import { ServiceHealth } from './service-health.ts'
import { SpeechAudio } from './speech-audio.ts'

/** How long a provider may take for the rest of an utterance whose audio is complete, milliseconds. */
const REST_MS = 10_000

/** What a video provider yields, sound and pictures in the order in which they belong together. */
export type VideoEvent =
  | {
      readonly type: 'audio'
      readonly audio: Int16Array | Uint8Array
      /** Hz. Default: the rate of the audio it was given. */
      readonly sampleRate?: number | undefined
    }
  | ({ readonly type: 'image' } & ImageRaw)

/** What {@link VideoService.renderSpeech} gets beside the audio. */
export interface RenderSpeechOptions {
  /** Aborts when nobody wants the rest any more. */
  readonly signal: AbortSignal
  /** Hz, of the audio. */
  readonly sampleRate: number
  /** The utterance. */
  readonly contextId: string | undefined
}

/** Events of a video service. */
export interface VideoServiceEvents extends ProcessorEvents {
  usableChanged: [usable: boolean]
}

/** One utterance on its way through the provider. */
interface Run {
  readonly contextId: string | undefined
  readonly journal: AudioJournal
  readonly reader: JournalReader
  readonly sound: SpeechAudio
  readonly controller: AbortController
  done: Promise<void>
}

/**
 * Gives the agent a face. A provider implements {@link renderSpeech}, once per utterance. It stands behind the speech
 * service: the agent's speech goes to the provider, and what comes back, sound and pictures, goes on in its place with the
 * utterance's id, so that playout, word times and the record of what was heard stay as they are. When it fails the agent
 * goes on as a voice.
 */
export abstract class VideoService extends FrameProcessor<VideoServiceEvents> {
  readonly #health = new ServiceHealth((usable) => this.emit('usableChanged', usable))
  #run: Run | undefined

  /**
   * Shows one utterance. Yield as it comes and return after the audio has ended and all of it was shown. Stop at the
   * signal. Throw a `PcError` when it fails.
   */
  abstract renderSpeech(audio: AsyncIterable<Int16Array>, options: RenderSpeechOptions): AsyncIterable<VideoEvent>

  /** False after a permanent error: speech then only passes. */
  get isUsable(): boolean {
    return this.#health.usable
  }

  setUsable(usable: boolean): void {
    this.#health.set(usable)
  }

  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    if (direction === 'downstream') {
      if (frame.type === 'TTSAudioRawFrame' && this.#run !== undefined) {
        this.#run.journal.append(frame.audio)
        return undefined
      }
      if (frame.type === 'TTSStoppedFrame' && this.#run !== undefined) return this.#end(frame, this.#run, ctx)
    }
    ctx.push(frame, direction)
    if (frame.type === 'TTSStartedFrame' && direction === 'downstream' && this.isUsable) this.#begin(frame)
    return undefined
  }

  override onInterruption(): void {
    this.#cut()
  }

  override onCleanup(): void {
    this.#cut()
  }

  #cut(): void {
    this.#run?.controller.abort(abortReason('the utterance was cut'))
    this.#run = undefined
  }

  #begin({ contextId }: TTSStartedFrame): void {
    this.#cut()
    const journal = new AudioJournal()
    const reader = journal.read(0)
    const sound = new SpeechAudio(this.#sampleRate)
    const run: Run = {
      contextId,
      journal,
      reader,
      sound,
      controller: new AbortController(),
      done: Promise.resolve(),
    }
    this.#run = run
    this.spawn('render speech', () => (run.done = this.#render(run)))
  }

  /** The utterance is complete when all of it was shown. */
  async #end(frame: TTSStoppedFrame, run: Run, ctx: FrameContext): Promise<void> {
    run.reader.end()
    if (!(await within(this.runtime.clock, REST_MS, run.done)) && this.#run === run) {
      const message = `${this.name} did not show the rest of an utterance within ${REST_MS / 1000} s.`
      this.#fail(run, new PcError(message, { code: 'video-stalled', kind: 'timeout', service: this.name }))
    }
    if (this.#run === run) this.#run = undefined
    ctx.push(frame)
  }

  /** Never rejects. */
  async #render(run: Run): Promise<void> {
    const { contextId, reader, controller } = run
    const { signal } = controller
    try {
      await pumpEvents(
        (stop) => this.renderSpeech(reader, { signal: stop, sampleRate: this.#sampleRate, contextId }),
        (event) => this.#show(event, run),
        { clock: this.runtime.clock, work: endedBy(signal), firstTimeoutMs: Infinity, idleTimeoutMs: Infinity },
      )
      if (!signal.aborted) this.#sound(run.sound.flush(), run)
    } catch (error) {
      if (!signal.aborted) this.#fail(run, PcError.from(error, { code: 'video-failed', service: this.name }))
    }
  }

  #show(event: VideoEvent, run: Run): void {
    if (this.#run !== run) return
    if (event.type === 'image') this.pushFrame(new OutputImageRawFrame(event))
    else this.#sound(run.sound.take(event.audio, event.sampleRate ?? this.#sampleRate), run)
    this.setup.task.progress()
  }

  #sound(samples: Int16Array, { contextId }: Run): void {
    if (samples.length > 0) this.pushFrame(new TTSAudioRawFrame(samples, this.#sampleRate, 1, contextId))
  }

  /** What the provider has not taken is heard without it, and so is what follows. */
  #fail(run: Run, error: PcError): void {
    this.#run = undefined
    run.controller.abort(error)
    this.#health.judge(error)
    this.emit('connectionError', error)
    this.pushError(error)
    for (let at = run.reader.position; at < run.journal.end;) {
      const chunk = run.journal.at(at)
      if (chunk === undefined) return
      at += chunk.length
      this.#sound(chunk, run)
    }
  }

  get #sampleRate(): number {
    return this.setup.params.audioOutSampleRate
  }
}
