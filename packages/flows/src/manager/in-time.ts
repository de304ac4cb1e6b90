import type { Clock } from '@pc/core'
import { FlowError } from '../definition/errors.ts'

/**
 * What `work` gives, if it does in time; its signal aborts when it does not.
 *
 * @throws FlowError `flow-timeout` when it does not; it goes on unheard then.
 */
export async function inTime<T>(
  clock: Clock,
  limitSecs: number,
  work: (signal: AbortSignal) => T,
): Promise<Awaited<T>> {
  const late = Promise.withResolvers<never>()
  const controller = new AbortController()
  const message = `It was given up: it has not ended within ${limitSecs} s.`
  const giveUp = (): void => {
    late.reject(new FlowError(message, { code: 'flow-timeout', kind: 'timeout' }))
    controller.abort()
  }
  const timer = clock.setTimeout(giveUp, limitSecs * 1000, { background: true })
  try {
    return await Promise.race([work(controller.signal), late.promise])
  } finally {
    timer.cancel()
  }
}
