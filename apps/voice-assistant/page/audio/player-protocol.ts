import type { Played, PlayoutEvent } from './playout-queue.ts'

/** Rate of the agent's audio on the wire, and of the context that plays it. */
export const playerRateHz = 24_000

/** Name the player's worklet is registered under. */
export const playerName = 'pc-player'

/** What the page tells the worklet. */
export type PlayerCommand =
  | { type: 'push'; contextId: string; samples: Int16Array; start: number | undefined }
  | { type: 'flush'; id: number }

/** What the worklet tells the page; `atSecs` is on the audio context's clock. */
export type PlayerReport = (PlayoutEvent & { atSecs: number }) | { type: 'flushed'; id: number; played: Played[] }
