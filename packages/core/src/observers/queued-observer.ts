import type { Frame, FrameDirection } from '../frames/frame.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import type { Observer } from './observer.ts'

/** One hop, as a {@link queuedObserver} keeps it. */
export interface Push {
  readonly frame: Frame
  readonly direction: FrameDirection
  readonly source: FrameProcessor | null
  readonly destination: FrameProcessor | null
}

/** An observer that may take its time. */
export interface QueuedObserver extends Observer {
  /** Hops lost because the queue was full. */
  readonly dropped: number
  /** Settles when everything queued so far was handled. */
  idle(): Promise<void>
}

/**
 * Hands hops to an asynchronous function one at a time, in order, from a bounded queue, so that a slow observer
 * neither blocks the pipeline nor grows without limit.
 *
 * @param limit - how many hops may wait; the newest is dropped and counted. Default 1000.
 */
export function queuedObserver(
  onPush: (push: Push) => Promise<void> | void,
  options: { frames?: readonly string[]; limit?: number; onError?: (error: unknown) => void } = {},
): QueuedObserver {
  const { frames, limit = 1000, onError = () => {} } = options
  const queue: Push[] = []
  let dropped = 0
  let running: Promise<void> | undefined
  const drain = async (): Promise<void> => {
    for (let push = queue.shift(); push !== undefined; push = queue.shift()) {
      try {
        await onPush(push)
      } catch (error) {
        onError(error)
      }
    }
    running = undefined
  }
  return {
    ...(frames && { frames }),
    get dropped() {
      return dropped
    },
    idle: async () => running,
    onPushFrame(frame, direction, source, destination) {
      if (queue.length >= limit) {
        dropped++
        return
      }
      queue.push({ frame, direction, source, destination })
      running ??= Promise.resolve().then(drain)
    },
  }
}
