import { PcError } from '../runtime/errors.ts'

/** @internal @throws PcError `invalid-turn-options` for anything but a number of seconds above 0. */
export function muteTimeoutMs(strategy: string, timeoutSecs: number): number {
  if (Number.isFinite(timeoutSecs) && timeoutSecs > 0) return timeoutSecs * 1000
  const message = `${strategy}: timeoutSecs is ${timeoutSecs}; use a number of seconds above 0.`
  throw new PcError(message, { code: 'invalid-turn-options', kind: 'config' })
}
