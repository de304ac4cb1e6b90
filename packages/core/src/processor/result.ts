import type { Frame } from '../frames/frame.ts'
import type { FrameContext } from './frame-context.ts'

/** What a handler may return: nothing, a frame to send on, a promise of either, or a stream of frames. */
export type Result = void | Frame | Promise<void | Frame> | AsyncIterable<Frame>

/** By its shape, so that a frame of another copy of this package counts too. */
export function isFrame(value: unknown): value is Frame {
  return typeof value === 'object' && value !== null && 'flags' in value && 'family' in value
}

/**
 * Sends on what a stream yields. At an abort delivery stops at once; the stream is told to return and not waited for,
 * since one that waits inside an `await` returns only after it.
 */
export function pump(frames: AsyncIterable<Frame>, ctx: FrameContext): Promise<void> {
  return new Promise((resolve, reject) => {
    const iterator = frames[Symbol.asyncIterator]()
    const removeAbort = ctx.onAbort(() => {
      iterator.return?.().then(undefined, () => {})
      resolve()
    })
    const deliver = async (): Promise<void> => {
      for (;;) {
        const { done, value } = await iterator.next()
        if (done === true || ctx.stale) return
        ctx.push(value)
        await ctx.ready()
      }
    }
    deliver().then(
      () => {
        removeAbort()
        resolve()
      },
      (error: unknown) => {
        removeAbort()
        reject(error)
      },
    )
  })
}
