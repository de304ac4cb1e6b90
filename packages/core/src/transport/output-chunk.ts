import type { FrameExtras } from '../frames/frame.ts'

/** What kind of sound a chunk holds: the agent's speech, a stream of speech and silence, or any other sound. */
export type SoundKind = 'speech' | 'stream' | 'sound'

/** A piece of audio for the wire: 20 ms, the last of an utterance padded with silence. */
export interface OutputChunk {
  /** Interleaved when there are several channels. Valid during the call only: copy what is kept. */
  readonly audio: Int16Array
  /** Hz. */
  readonly sampleRate: number
  readonly numChannels: number
  /** The utterance it belongs to. */
  readonly contextId: string | undefined
  /** Where its first sample lies in the audio of its utterance, microseconds; 0 without an utterance. */
  readonly positionUs: number
  /** Presentation time of its first sample, where the frame it came from had one, microseconds. */
  readonly ptsUs: number | undefined
  /** The companions of the frame it came from. */
  readonly extras: FrameExtras | undefined
  /** The output track; `undefined` is the default one. */
  readonly destination: string | undefined
}
