import type { EmulatorClock } from '../clock.ts'

/** Calls `onIdle` once when `touch` was not called for `limitSecs`. */
export const watchIdle = (
  clock: EmulatorClock,
  limitSecs: number,
  { onIdle, signal }: { onIdle: () => void; signal: AbortSignal },
): { touch(): void } => {
  let lastMs = clock.nowMs()
  const check = (): void => {
    const remainingMs = lastMs + limitSecs * 1000 - clock.nowMs()
    if (remainingMs > 0) timer = clock.setTimeout(check, remainingMs)
    else onIdle()
  }
  let timer = clock.setTimeout(check, limitSecs * 1000)
  signal.addEventListener('abort', () => timer.cancel(), { once: true })
  return {
    touch: () => {
      lastMs = clock.nowMs()
    },
  }
}
