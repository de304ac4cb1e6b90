import { WINDOW_SECS } from './audio-windows.ts'

// One loud window is a click.
const ONSET_WINDOWS = 2

/** True when a time is not below a limit; differences of window positions are not exact. */
export const reached = (secs: number, limitSecs: number): boolean => secs + 1e-6 >= limitSecs

/** Follows the position in the audio and finds where speech begins. */
export class SpeechOnset {
  #windows = 0
  #loudRun = 0

  /** Seconds of audio so far. */
  get positionSecs(): number {
    return this.#windows * WINDOW_SECS
  }

  /** Takes the next window; returns where speech began, when this window makes that certain. */
  next(loud: boolean): number | undefined {
    this.#windows += 1
    this.#loudRun = loud ? this.#loudRun + 1 : 0
    if (this.#loudRun !== ONSET_WINDOWS) return undefined
    return (this.#windows - ONSET_WINDOWS) * WINDOW_SECS
  }
}
