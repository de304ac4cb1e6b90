import type { Clock } from '../runtime/clock.ts'

/** Signs closer together than this are one, milliseconds. */
const PERIOD_MS = 1000

/** The signs that somebody goes on speaking: five a second from each side, of which one tells as much. */
export class SpeechSigns {
  readonly #seenMs = { BotSpeakingFrame: -Infinity, UserSpeakingFrame: -Infinity }

  /** Whether a frame of this type says what was known. */
  isRepeated(type: string, clock: Pick<Clock, 'nowMs'>): boolean {
    if (type !== 'BotSpeakingFrame' && type !== 'UserSpeakingFrame') return false
    const nowMs = clock.nowMs()
    if (nowMs - this.#seenMs[type] < PERIOD_MS) return true
    this.#seenMs[type] = nowMs
    return false
  }
}
