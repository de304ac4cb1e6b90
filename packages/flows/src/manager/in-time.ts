import type { Clock } from '@pc/core'
import { FlowError } from '../definition/errors.ts'

/**
 * What `work` gives, if it does in time.
 *
 * @throws FlowError `flow-timeout` when it does not; it goes on unheard then.
 */
export async function inTime(clock: Clock, limitSecs: number, work: () => unknown): Promise<void> {
  const late = Promise.withResolvers<never>()
  const message = `It was given up: it has not ended within ${limitSecs} s.`
  const giveUp = (): void => late.reject(new FlowError(message, { code: 'flow-timeout', kind: 'timeout' }))
  const timer = clock.setTimeout(giveUp, limitSecs * 1000, { background: true })
  try {
    await Promise.race([work(), late.promise])
  } finally {
    timer.cancel()
  }
}
