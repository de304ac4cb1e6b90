import { defineFrame, Frame, type FrameExtras } from './frame.ts'

/** Sixteen-bit PCM, interleaved when there are several channels, owned by its frame. */
export interface AudioRaw {
  readonly audio: Int16Array
  /** Hz. */
  readonly sampleRate: number
  readonly numChannels: number
}

/** Audio from the user's microphone or line. */
export class InputAudioRawFrame<T extends string = 'InputAudioRawFrame'> extends Frame<T> implements AudioRaw {
  declare readonly isA: { readonly InputAudioRawFrame: true }
  declare readonly audio: Int16Array
  declare readonly sampleRate: number
  declare readonly numChannels: number
  constructor(audio: Int16Array, sampleRate: number, numChannels = 1, extras?: FrameExtras) {
    super(extras)
    this.audio = audio
    this.sampleRate = sampleRate
    this.numChannels = numChannels
  }
  /** Samples per channel. */
  get numFrames(): number {
    return this.audio.length / this.numChannels
  }
  static {
    defineFrame(this, 'InputAudioRawFrame', { lane: 'system', lossy: true })
  }
}

/** Input audio of one of several participants. */
export class UserAudioRawFrame extends InputAudioRawFrame<'UserAudioRawFrame'> {
  declare readonly userId: string
  constructor(audio: Int16Array, sampleRate: number, numChannels: number, userId: string) {
    super(audio, sampleRate, numChannels)
    this.userId = userId
  }
  static {
    defineFrame(this, 'UserAudioRawFrame')
  }
}

/** Audio for the output transport that is not the agent's speech: it raises no speaking events. */
export class OutputAudioRawFrame<T extends string = 'OutputAudioRawFrame'> extends Frame<T> implements AudioRaw {
  declare readonly isA: { readonly OutputAudioRawFrame: true }
  declare readonly audio: Int16Array
  declare readonly sampleRate: number
  declare readonly numChannels: number
  constructor(audio: Int16Array, sampleRate: number, numChannels = 1, extras?: FrameExtras) {
    super(extras)
    this.audio = audio
    this.sampleRate = sampleRate
    this.numChannels = numChannels
  }
  /** Samples per channel. */
  get numFrames(): number {
    return this.audio.length / this.numChannels
  }
  static {
    defineFrame(this, 'OutputAudioRawFrame')
  }
}

/** The agent's speech. */
export class TTSAudioRawFrame extends OutputAudioRawFrame<'TTSAudioRawFrame'> {
  /** The utterance it belongs to. */
  declare readonly contextId: string | undefined
  constructor(audio: Int16Array, sampleRate: number, numChannels = 1, contextId?: string) {
    super(audio, sampleRate, numChannels)
    this.contextId = contextId
  }
  static {
    defineFrame(this, 'TTSAudioRawFrame')
  }
}

/** A continuous stream that holds speech and silence, as avatar services give it. */
export class SpeechOutputAudioRawFrame extends OutputAudioRawFrame<'SpeechOutputAudioRawFrame'> {
  static {
    defineFrame(this, 'SpeechOutputAudioRawFrame')
  }
}

declare module './frame.ts' {
  interface FrameTypes {
    InputAudioRawFrame: InputAudioRawFrame
    UserAudioRawFrame: UserAudioRawFrame
    OutputAudioRawFrame: OutputAudioRawFrame
    TTSAudioRawFrame: TTSAudioRawFrame
    SpeechOutputAudioRawFrame: SpeechOutputAudioRawFrame
  }
}
