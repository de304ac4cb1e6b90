import { generateDtmf } from '@pc/audio'
import type { MixerControlFrame } from '../frames/audio-control.ts'
import { OutputAudioRawFrame } from '../frames/audio.ts'
import type { AnyFrame, Frame, FrameDirection, FrameFamily, FrameTag } from '../frames/frame.ts'
import type { CancelFrame, EndFrame, InterruptionFrame, StartFrame, StopFrame } from '../frames/lifecycle.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type FrameProcessorOptions } from '../processor/frame-processor.ts'
import type { Result } from '../processor/result.ts'
import { PcError } from '../runtime/errors.ts'
import type { AudioMixer, PlayoutTap } from './audio-parts.ts'
import { MediaSender, type MediaSenderHost } from './media-sender.ts'
import type { OutputChunk } from './output-chunk.ts'
import type { PlayoutLedger } from './playout-ledger.ts'
import { TransportParams, type TransportParamsFields } from './transport-params.ts'

/** What every output transport takes. */
export interface OutputTransportOptions extends FrameProcessorOptions {
  params?: TransportParams | TransportParamsFields | undefined
}

/**
 * The end of a pipeline that faces the listener. It plays audio and frames in their order and says what was heard: frames
 * leave it when the audio ahead of them was played, words when they were spoken. A concrete transport writes chunks and
 * messages and states its {@link defaultLeadSecs}.
 */
export abstract class BaseOutputTransport extends FrameProcessor {
  /** How other processors know it. */
  readonly isOutputTransport: true = true
  readonly params: TransportParams
  readonly #senders = new Map<string | undefined, MediaSender>()
  readonly #unknown = new Set<string>()
  readonly #taps = new Set<PlayoutTap>()
  #sampleRate = 0

  constructor(options: OutputTransportOptions = {}) {
    super(options)
    this.params = options.params instanceof TransportParams ? options.params : new TransportParams(options.params)
  }

  /** Writes 20 ms to the client. A promise holds the track until it settles, at most 5 s. */
  protected abstract writeAudio(chunk: OutputChunk): void | Promise<void>

  /** Sends a message to the client; an urgent one did not wait for the audio ahead of it. */
  protected abstract writeMessage(message: unknown, urgent: boolean): void | Promise<void>

  /**
   * Tells the client's player to drop what it has not played. True when it will: then only what was played by now
   * counts as heard, otherwise all that was sent does.
   */
  protected clearAudio(): boolean {
    return false
  }

  /** How far ahead of its playing audio is written unless the parameters say otherwise, seconds. */
  protected get defaultLeadSecs(): number {
    return 0
  }

  /** Hz of the audio written; known from StartFrame on. */
  get sampleRate(): number {
    return this.#sampleRate
  }

  /** The record of what one track received, sent and played; `undefined` before the start. */
  playout(destination?: string): PlayoutLedger | undefined {
    return this.#senders.get(destination)?.ledger
  }

  /** Adds a listener to what is played, and returns its remover. */
  addTap(tap: PlayoutTap): () => void {
    this.#taps.add(tap)
    return () => void this.#taps.delete(tap)
  }

  override handles(_type: string): boolean {
    return false
  }

  override async onStart(frame: StartFrame, _ctx: FrameContext): Promise<void> {
    this.#sampleRate = this.params.audioOutSampleRate ?? frame.audioOutSampleRate
    for (const destination of [undefined, ...this.params.audioOutDestinations]) {
      this.#senders.set(destination, this.#makeSender(destination))
    }
    await Promise.all([...this.#senders.values()].map((sender) => sender.start()))
  }

  override async onEnd(_frame: EndFrame, _ctx: FrameContext): Promise<void> {
    await Promise.all([...this.#senders.values()].map((sender) => sender.end({ silence: true })))
  }

  override async onStop(_frame: StopFrame, _ctx: FrameContext): Promise<void> {
    await Promise.all([...this.#senders.values()].map((sender) => sender.end({ silence: false })))
    await this.#stopSenders()
  }

  override async onCancel(_frame: CancelFrame): Promise<void> {
    await this.#stopSenders()
  }

  override onInterruption(_frame: InterruptionFrame, _ctx: FrameContext): void {
    for (const sender of this.#senders.values()) sender.interrupt()
  }

  override async onCleanup(): Promise<void> {
    await this.#stopSenders()
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): Result {
    if (frame.type === 'PlayoutReportFrame') for (const sender of this.#senders.values()) sender.report(frame)
    if (direction === 'upstream') {
      ctx.push(frame)
      return
    }
    if (frame.type === 'OutputTransportMessageUrgentFrame') {
      this.#message(frame.message, true)
      return
    }
    if (frame.lane === 'system') {
      if (frame.type === 'OutputPauseFrame') {
        for (const sender of this.#senders.values()) sender.pause(frame.limitSecs * 1000)
      } else if (frame.type === 'OutputResumeFrame') {
        for (const sender of this.#senders.values()) sender.resume()
      }
      ctx.push(frame)
      return
    }
    if (frame.type === 'MixerEnableFrame' || frame.type === 'MixerUpdateSettingsFrame') {
      ctx.push(frame)
      return this.#control(frame)
    }
    return this.#play(frame)
  }

  async #control(frame: MixerControlFrame): Promise<void> {
    try {
      await mixerOf(this.params.audioOutMixer, frame.transportDestination)?.processFrame?.(frame)
    } catch (error) {
      this.pushError(error, { code: 'audio-mixer-failed', kind: 'config' })
    }
  }

  #play(frame: AnyFrame): void | Promise<void> {
    const sender = this.#senders.get(frame.transportDestination)
    if (sender === undefined) {
      this.#nowhere(frame)
      return
    }
    if (belongs(frame, 'TTSAudioRawFrame')) return sender.audio(frame, 'speech', frame.contextId)
    if (belongs(frame, 'SpeechOutputAudioRawFrame')) return sender.audio(frame, 'stream', undefined)
    if (belongs(frame, 'OutputAudioRawFrame')) return sender.audio(frame, 'sound', undefined)
    if (frame.type === 'OutputDTMFFrame') {
      const tones = generateDtmf(frame.buttons.join(''), this.#sampleRate)
      return sender.audio(new OutputAudioRawFrame(tones, this.#sampleRate), 'sound', undefined)
    }
    sender.frame(frame)
  }

  /** An ordered frame's turn has come. */
  #reach(frame: AnyFrame): void {
    if (frame.type === 'OutputTransportMessageFrame') this.#message(frame.message, false)
    this.pushFrame(frame)
  }

  #message(message: unknown, urgent: boolean): void {
    try {
      this.writeMessage(message, urgent)?.catch((error: unknown) => this.#report(error))
    } catch (error) {
      this.#report(error)
    }
  }

  #report(error: unknown): void {
    this.pushError(error, { code: 'transport-write-failed', kind: 'transient' })
  }

  #nowhere(frame: Frame): void {
    const { transportDestination = '' } = frame
    if (this.#unknown.has(transportDestination)) return
    this.#unknown.add(transportDestination)
    const message = `${this.name} has no track ${JSON.stringify(transportDestination)}: name it in audioOutDestinations.`
    this.pushError(new PcError(message, { code: 'unknown-destination', kind: 'config' }))
  }

  #makeSender(destination: string | undefined): MediaSender {
    const { params } = this
    return new MediaSender(this.#hostOf(destination), {
      destination,
      sampleRate: this.#sampleRate,
      channels: params.audioOutChannels,
      leadMs: (params.audioOutLeadSecs ?? this.defaultLeadSecs) * 1000,
      endSilenceMs: params.audioOutEndSilenceSecs * 1000,
      mixer: mixerOf(params.audioOutMixer, destination),
      enabled: params.audioOutEnabled,
    })
  }

  #hostOf(destination: string | undefined): MediaSenderHost {
    const marked = (frame: Frame): Frame =>
      destination === undefined ? frame : frame.with({ transportDestination: destination })
    return {
      clock: this.runtime.clock,
      write: (chunk, playsAtMs) => {
        for (const tap of this.#taps) tap.written(chunk, playsAtMs)
        return this.writeAudio(chunk)
      },
      clear: () => this.clearAudio(),
      cleared: (nowMs) => {
        for (const tap of this.#taps) tap.cleared(destination, nowMs)
      },
      push: (frame) => this.pushFrame(marked(frame)),
      broadcast: (frame) => this.broadcastFrame(marked(frame)),
      reach: (frame) => this.#reach(frame),
      report: (error) => this.#report(error),
      progress: () => this.setup.task.progress(),
    }
  }

  async #stopSenders(): Promise<void> {
    const senders = [...this.#senders.values()]
    this.#senders.clear()
    await Promise.all(senders.map((sender) => sender.stop()))
  }
}

function belongs<K extends FrameTag>(frame: AnyFrame, tag: K): frame is FrameFamily<K> & AnyFrame {
  return frame.family.includes(tag)
}

function mixerOf(
  mixers: AudioMixer | ReadonlyMap<string | undefined, AudioMixer> | undefined,
  destination: string | undefined,
): AudioMixer | undefined {
  if (mixers === undefined) return undefined
  if ('mix' in mixers) return destination === undefined ? mixers : undefined
  return mixers.get(destination)
}
