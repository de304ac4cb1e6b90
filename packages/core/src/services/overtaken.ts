import type { FrameContext } from '../processor/frame-context.ts'

/** Work that may be overtaken: the context of a handler, or anything that can be cut. */
export type Overtaken = Pick<FrameContext, 'stale' | 'onAbort'>

/** Work that a signal ends. */
export function endedBy(signal: AbortSignal): Overtaken {
  return {
    get stale() {
      return signal.aborted
    },
    onAbort: (fn) => {
      if (signal.aborted) {
        fn()
        return () => {}
      }
      signal.addEventListener('abort', fn, { once: true })
      return () => signal.removeEventListener('abort', fn)
    },
  }
}
