import { PcError } from '../runtime/errors.ts'

/**
 * Wakes one who waits. A notification that nobody waits for is kept, once, for the next who does.
 *
 * ```ts
 * const notifier = new Notifier()
 * notifier.notify()
 * await notifier.wait()
 * ```
 */
export class Notifier {
  #notified = false
  #wake: (() => void) | undefined

  notify(): void {
    if (this.#wake === undefined) this.#notified = true
    else this.#wake()
  }

  /**
   * Settles at the next notification, or rejects with the reason of the signal.
   *
   * @throws PcError `notifier-taken` while somebody else waits.
   */
  wait(signal?: AbortSignal): Promise<void> {
    if (this.#wake !== undefined) {
      const message = 'Somebody waits for this notifier already; give each waiter one of its own.'
      return Promise.reject(new PcError(message, { code: 'notifier-taken', kind: 'config' }))
    }
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.#notified) {
      this.#notified = false
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const leave = (settle: () => void): void => {
        this.#wake = undefined
        signal?.removeEventListener('abort', onAbort)
        settle()
      }
      const onAbort = (): void => leave(() => reject(signal?.reason))
      const wake = (): void => leave(resolve)
      this.#wake = wake
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }
}
