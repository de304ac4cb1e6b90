import { useEffect, useEffectEvent } from 'react'

const reducedStepMs = 1000

/**
 * Calls `paint` on every display frame while `running`; once a second when the user asks for reduced motion.
 * Always paints once on mount and when `running` changes.
 */
export function useFrames(running: boolean, paint: () => void): void {
  const onFrame = useEffectEvent(paint)
  useEffect(() => {
    onFrame()
    if (!running) return
    const stepMs = matchMedia('(prefers-reduced-motion: reduce)').matches ? reducedStepMs : 0
    let lastMs = 0
    let handle = requestAnimationFrame(function frame(nowMs) {
      if (nowMs - lastMs >= stepMs) {
        lastMs = nowMs
        onFrame()
      }
      handle = requestAnimationFrame(frame)
    })
    return () => cancelAnimationFrame(handle)
  }, [running])
}
