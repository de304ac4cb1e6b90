import type { FilterControlFrame, MixerControlFrame } from '../frames/audio-control.ts'
import type { OutputChunk } from './output-chunk.ts'

/** Changes audio on its way in, before anything hears it: noise suppression, for instance. */
export interface AudioFilter {
  /** Gets ready for audio of this rate, Hz; awaited before the first. */
  start(sampleRate: number): void | Promise<void>
  /** The changed audio; empty while the filter is filling up. */
  filter(audio: Int16Array): Int16Array
  /** Takes new settings, or is switched on or off. */
  processFrame?(frame: FilterControlFrame): void | Promise<void>
  stop(): void | Promise<void>
}

/** Adds background sound to everything that goes out, silence included. */
export interface AudioMixer {
  /** Gets ready for chunks of this rate, Hz, and this many interleaved channels; awaited before the first. */
  start(sampleRate: number, channels?: number): void | Promise<void>
  /** The chunk with the background in it, of the same length. Called once per 20 ms, without a gap. */
  mix(audio: Int16Array): Int16Array
  /** The player dropped the last samples per channel that were mixed: they are asked for again. */
  rewind?(samples: number): void
  /** Takes new settings, or is switched on or off. */
  processFrame?(frame: MixerControlFrame): void | Promise<void>
  stop(): void | Promise<void>
}

/** Watches what an output transport plays, for recordings. It must be quick and must not throw. */
export interface PlayoutTap {
  /** A chunk of any track goes out, background included; its playing begins then, milliseconds of the task's clock. */
  written(chunk: OutputChunk, playsAtMs: number): void
  /** The player of a track dropped what it had not played by then. */
  cleared(destination: string | undefined, nowMs: number): void
}
