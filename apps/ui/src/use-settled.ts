import { useEffect, useRef, useState } from 'react'
import type { PageClock } from './clock.ts'

/** `value`, but changing at most once every `minMs`; the newest value wins when the time is up. */
export function useSettled<T>(value: T, minMs: number, clock: PageClock): T {
  const [shown, setShown] = useState(value)
  const changedAtMs = useRef(-Infinity)
  useEffect(() => {
    if (Object.is(shown, value)) return
    const change = (): void => {
      changedAtMs.current = clock.nowMs()
      setShown(() => value)
    }
    const waitMs = changedAtMs.current + minMs - clock.nowMs()
    if (waitMs <= 0) {
      change()
      return
    }
    return clock.after(waitMs, change)
  }, [value, shown, minMs, clock])
  return shown
}
