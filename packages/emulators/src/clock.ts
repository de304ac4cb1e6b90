/** A timer that has not fired yet. */
export interface EmulatorTimer {
  cancel(): void
}

/** The time source of the emulators. The clock of `@pc/core` satisfies it, and so does a few lines of test code. */
export interface EmulatorClock {
  /** Monotonic milliseconds. */
  nowMs(): number
  /** Milliseconds since 1970, for the dates inside replies. */
  epochMs(): number
  /** Calls `fn` once after `delayMs` milliseconds. */
  setTimeout(fn: () => void, delayMs: number): EmulatorTimer
}

/** The clock of the machine. */
export const systemClock: EmulatorClock = {
  nowMs: () => performance.now(),
  epochMs: () => Math.floor(performance.timeOrigin + performance.now()),
  setTimeout: (fn, delayMs) => {
    // oxlint-disable-next-line no-restricted-globals -- the one place that may
    const handle = setTimeout(fn, delayMs)
    return { cancel: () => clearTimeout(handle) }
  },
}

/** Resolves after `delayMs`, or at once when the signal aborts: ask the signal afterwards which of the two it was. */
export const sleep = (clock: EmulatorClock, delayMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const finish = (): void => {
      timer.cancel()
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = clock.setTimeout(finish, delayMs)
    signal.addEventListener('abort', finish, { once: true })
  })
