/** The two lanes of a call: the person above, the agent below. */
export type Lane = 'you' | 'agent'

/** Width of one bar of the floor strip in milliseconds: 2048 samples at 24 kHz. */
export const barMs: number = 2048 / 24

const quietDb = -52
const loudDb = -12

/** Maps a root mean square of samples in -1..1 to a bar height in 0..1, linear in decibels from -52 dB to -12 dB. */
export function levelOf(rms: number): number {
  if (rms <= 0) return 0
  const db = 20 * Math.log10(rms)
  return Math.min(1, Math.max(0, (db - quietDb) / (loudDb - quietDb)))
}

/**
 * The newest levels of both lanes, one value for each bar of {@link barMs}, in a ring that never grows. A bar holds the
 * highest level written while it lasted; a bar nobody wrote is silent.
 */
export class LevelTrack {
  readonly #bars: number
  readonly #levels: Record<Lane, Float32Array>
  readonly #stamps: Record<Lane, Float64Array>

  /** @param spanMs How far back the track remembers; 30 000 by default. */
  constructor(spanMs = 30_000) {
    this.#bars = Math.ceil(spanMs / barMs)
    this.#levels = { you: new Float32Array(this.#bars), agent: new Float32Array(this.#bars) }
    this.#stamps = {
      you: new Float64Array(this.#bars).fill(-1),
      agent: new Float64Array(this.#bars).fill(-1),
    }
  }

  /** Notes a level in 0..1 at a time on the page's clock. */
  write(lane: Lane, atMs: number, level: number): void {
    const bar = Math.floor(atMs / barMs)
    if (bar < 0) return
    const slot = bar % this.#bars
    const fresh = this.#stamps[lane][slot] !== bar
    this.#stamps[lane][slot] = bar
    this.#levels[lane][slot] = fresh ? level : Math.max(level, this.#levels[lane][slot] ?? 0)
  }

  /** The level of the bar with this number (time divided by {@link barMs}); 0 when it is unknown or forgotten. */
  read(lane: Lane, bar: number): number {
    if (bar < 0) return 0
    const slot = bar % this.#bars
    return this.#stamps[lane][slot] === bar ? (this.#levels[lane][slot] ?? 0) : 0
  }

  /** Forgets everything. */
  clear(): void {
    this.#stamps.you.fill(-1)
    this.#stamps.agent.fill(-1)
  }
}
