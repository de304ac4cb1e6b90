/**
 * One forward pass of the network for many sessions. A session is a slot: the numbers that it keeps between windows.
 * Everything else is scratch that all sessions share, so a pass runs one window at a time.
 */
export interface ForwardPass {
  /** Takes a slot in its initial state. */
  open(): number
  /** Speech probability of one window of the network's size; NaN for audio that is not finite. */
  run(slot: number, window: Int16Array | Float32Array): number
  /** The floats of the slot: context, hidden state, cell state. A view that a later `open` may detach. */
  state(slot: number): Float32Array
  /** Zeroes the slot and gives it to the next `open`. */
  close(slot: number): void
}

/** What one 16-bit step is in the [-1, 1] of the network's input. */
export const INT16_STEP: number = 1 / 32768

/**
 * Largest argument of an exponential. Results beyond it are 0 or 1 to the last bit of interest, while the tiny
 * numbers of a larger range would be denormal, which makes very loud audio several times slower.
 */
export const EXPONENT_LIMIT = 30
