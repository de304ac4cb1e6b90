/** Changes audio on its way in, before anything hears it: noise suppression, for instance. */
export interface AudioFilter {
  /** Gets ready for audio of this rate, Hz; awaited before the first. */
  start(sampleRate: number): void | Promise<void>
  /** The changed audio; empty while the filter is filling up. */
  filter(audio: Int16Array): Int16Array
  stop(): void | Promise<void>
}

/** Adds background sound to everything that goes out, silence included. */
export interface AudioMixer {
  /** Gets ready for chunks of this rate, Hz; awaited before the first. */
  start(sampleRate: number): void | Promise<void>
  /** The chunk with the background in it, of the same length. Called once per 20 ms, without a gap. */
  mix(audio: Int16Array): Int16Array
  stop(): void | Promise<void>
}
