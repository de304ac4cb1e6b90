import { interleaveChannels, mixAudio, toMono } from '@pc/audio'
import type { InputAudioRawFrame, UserAudioRawFrame } from '../frames/audio.ts'
import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { CancelFrame, EndFrame, StartFrame, StopFrame } from '../frames/lifecycle.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type FrameProcessorOptions, type ProcessorEvents } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import { PcError } from '../runtime/errors.ts'
import type { PlayoutTap } from '../transport/audio-parts.ts'
import type { OutputChunk } from '../transport/output-chunk.ts'
import { Recording, type TurnAudio } from './recording.ts'

/** Events of {@link AudioBufferProcessor}. Audio is the listener's own. */
export interface AudioBufferEvents extends ProcessorEvents {
  /** A piece of the recording: mixed to mono, or interleaved with the user left and the agent right. */
  audioData: [audio: Int16Array, sampleRate: number, numChannels: number]
  /** The same piece as two mono tracks of equal length. */
  trackAudioData: [user: Int16Array, bot: Int16Array, sampleRate: number, numChannels: 1]
  /** With `enableTurnAudio`: what the user said in a turn, with a second before it. */
  userTurnAudio: [turn: TurnAudio]
  /** With `enableTurnAudio`: what was played of the agent's answer. */
  botTurnAudio: [turn: TurnAudio]
  recordingStarted: []
  recordingStopped: []
}

/** The options of {@link AudioBufferProcessor}. */
export interface AudioBufferOptions extends FrameProcessorOptions {
  /** Hz of the recording. Default: the task's `audioOutSampleRate`. */
  readonly sampleRate?: number | undefined
  /** 1 mixes both voices; 2 has the user left and the agent right. Default 1. */
  readonly numChannels?: 1 | 2 | undefined
  /** A piece is told whenever it has so many bytes; 0 tells it at the end, or after `maxBufferSecs`. Default 0. */
  readonly bufferSize?: number | undefined
  /** Nothing longer is held in memory, seconds: a longer piece is told, a longer turn cut. Default 600. */
  readonly maxBufferSecs?: number | undefined
  /** Whether turns are told one by one. Default false. */
  readonly enableTurnAudio?: boolean | undefined
  /** Whether it records from the start. Default false. */
  readonly autoStartRecording?: boolean | undefined
}

/**
 * Records the conversation: the user as heard, the agent as played. The agent's side is taken from what the output
 * transport writes, at the time of its playing and with the background in it; what a client's player dropped is not in
 * it. Stand it behind the output transport, so that the end of the task is recorded too.
 *
 * ```ts
 * const recorder = new AudioBufferProcessor({ numChannels: 2, bufferSize: 960_000, autoStartRecording: true })
 * recorder.on('audioData', (audio, sampleRate, numChannels) => file.write(encodeWav(audio, sampleRate, numChannels)))
 * ```
 *
 * @throws PcError `audio-buffer` for an option outside its range.
 */
export class AudioBufferProcessor extends FrameProcessor<AudioBufferEvents> {
  readonly #options: AudioBufferOptions
  readonly #numChannels: 1 | 2
  #sampleRate = 0
  #recording: Recording | undefined = undefined
  #removeTap: (() => void) | undefined = undefined
  #userSpeaks = false
  /** Chunks that were written before the recording and are still to be played. */
  #ahead: Ahead[] = []

  constructor(options: AudioBufferOptions = {}) {
    super(options)
    this.#options = options
    this.#numChannels = options.numChannels ?? 1
    const { sampleRate = 24_000, bufferSize = 0, maxBufferSecs = 600 } = options
    if (this.#numChannels !== 1 && this.#numChannels !== 2) throw invalid('numChannels', this.#numChannels, '1 or 2')
    if (!(sampleRate >= 4000 && sampleRate <= 192_000)) throw invalid('sampleRate', sampleRate, '4000 to 192000 Hz')
    if (!(bufferSize >= 0)) throw invalid('bufferSize', bufferSize, 'bytes, or 0')
    if (!(maxBufferSecs >= 1 && maxBufferSecs <= 36_000))
      throw invalid('maxBufferSecs', maxBufferSecs, '1 to 36000 seconds')
  }

  /** Hz of the recording; known from StartFrame on. */
  get sampleRate(): number {
    return this.#sampleRate
  }

  /** Channels of `audioData`. */
  get numChannels(): 1 | 2 {
    return this.#numChannels
  }

  /** Whether it records now. */
  get isRecording(): boolean {
    return this.#recording !== undefined
  }

  /** Begins to record; nothing when it does already. */
  startRecording(): void {
    if (this.#recording !== undefined) return
    const { enableTurnAudio = false, bufferSize = 0, maxBufferSecs = 600 } = this.#options
    const most = Math.round(maxBufferSecs * this.#sampleRate)
    const piece = Math.ceil(bufferSize / (2 * this.#numChannels))
    this.#recording = new Recording({
      sampleRate: this.#sampleRate,
      beganMs: this.runtime.clock.nowMs(),
      pieceSamples: piece === 0 ? most : Math.min(piece, most),
      mostTurnSamples: enableTurnAudio ? most : 0,
      piece: (user, bot) => this.#tellPiece(user, bot),
      userTurn: (turn) => this.emit('userTurnAudio', turn),
      botTurn: (turn) => this.emit('botTurnAudio', turn),
    })
    const nowMs = this.runtime.clock.nowMs()
    for (const { audio, sampleRate, playsAtMs } of this.#ahead) this.#recording.bot(audio, sampleRate, playsAtMs, nowMs)
    this.#ahead = []
    if (this.#userSpeaks) this.#recording.userStarted(nowMs)
    this.emit('recordingStarted')
  }

  /** Ends the recording: tells the rest of it, then that it stopped. Nothing when there is none. */
  stopRecording(): void {
    const recording = this.#recording
    if (recording === undefined) return
    recording.finish(this.runtime.clock.nowMs())
    this.#recording = undefined
    this.emit('recordingStopped')
  }

  override handles(_type: string): boolean {
    return false
  }

  override onSetup(setup: PipelineSetup): void {
    const tap: PlayoutTap = {
      written: (chunk, playsAtMs) => this.#takeChunk(chunk, playsAtMs),
      cleared: (destination, nowMs) => {
        if (destination !== undefined) return
        this.#ahead = []
        this.#recording?.cutBot(nowMs)
      },
    }
    this.#removeTap ??= setup.processors.find(isTappable)?.addTap(tap)
  }

  override onStart(frame: StartFrame, _ctx: FrameContext): void {
    this.#sampleRate = this.#options.sampleRate ?? frame.audioOutSampleRate
    if (this.#options.autoStartRecording === true) this.startRecording()
  }

  override onEnd(_frame: EndFrame, _ctx: FrameContext): void {
    this.stopRecording()
  }

  override onStop(_frame: StopFrame, _ctx: FrameContext): void {
    this.stopRecording()
  }

  override onCancel(_frame: CancelFrame): void {
    this.stopRecording()
  }

  override onCleanup(): void {
    this.#removeTap?.()
    this.#removeTap = undefined
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    switch (frame.type) {
      case 'InputAudioRawFrame':
      case 'UserAudioRawFrame':
        this.#takeUser(frame)
        break
      case 'UserStartedSpeakingFrame':
        // Both copies of a broadcast may pass here.
        if (!this.#userSpeaks) this.#recording?.userStarted(this.runtime.clock.nowMs())
        this.#userSpeaks = true
        break
      case 'UserStoppedSpeakingFrame':
        if (this.#userSpeaks) this.#recording?.userStopped(this.runtime.clock.nowMs())
        this.#userSpeaks = false
        break
      case 'BotStartedSpeakingFrame':
        if (frame.transportDestination === undefined) this.#recording?.botStarted(this.runtime.clock.nowMs())
        break
      case 'BotStoppedSpeakingFrame':
        if (frame.transportDestination === undefined) this.#recording?.botStopped(this.runtime.clock.nowMs())
        break
      default:
    }
    ctx.push(frame, direction)
    // Whoever is behind it sees the frame before the recording's last event.
    if (frame.type === 'AudioBufferStartRecordingFrame') this.startRecording()
    if (frame.type === 'AudioBufferStopRecordingFrame') this.stopRecording()
  }

  #takeUser(frame: InputAudioRawFrame | UserAudioRawFrame): void {
    if (this.#recording === undefined) return
    this.#recording.user(toMono(frame.audio, frame.numChannels), frame.sampleRate, this.runtime.clock.nowMs())
  }

  #takeChunk(chunk: OutputChunk, playsAtMs: number): void {
    if (chunk.destination !== undefined) return
    const { numChannels, sampleRate } = chunk
    const nowMs = this.runtime.clock.nowMs()
    const audio = toMono(chunk.audio, numChannels)
    if (this.#recording !== undefined) {
      this.#recording.bot(audio, sampleRate, playsAtMs, nowMs)
      return
    }
    while (this.#ahead[0] !== undefined && this.#ahead[0].endsAtMs <= nowMs) this.#ahead.shift()
    const endsAtMs = playsAtMs + (audio.length / sampleRate) * 1000
    this.#ahead.push({ audio: audio.slice(), sampleRate, playsAtMs, endsAtMs })
  }

  #tellPiece(user: Int16Array, bot: Int16Array): void {
    const merged = this.#numChannels === 2 ? interleaveChannels([user, bot]) : mixAudio([{ pcm: user }, { pcm: bot }])
    this.emit('audioData', merged, this.#sampleRate, this.#numChannels)
    this.emit('trackAudioData', user, bot, this.#sampleRate, 1)
  }
}

type Ahead = {
  readonly audio: Int16Array
  readonly sampleRate: number
  readonly playsAtMs: number
  readonly endsAtMs: number
}

function isTappable<P extends object>(processor: P): processor is P & { addTap(tap: PlayoutTap): () => void } {
  return 'addTap' in processor && typeof processor.addTap === 'function'
}

function invalid(name: string, value: number, range: string): PcError {
  return new PcError(`${name} is ${value}; pass ${range}.`, { code: 'audio-buffer', kind: 'config' })
}
