/** A running timer. */
export interface Timer {
  cancel(): void
}

/** The only source of time. Every part takes it from its runtime, so that tests can replace it. */
export interface Clock {
  /** Time stands still until a test advances it. */
  readonly virtual: boolean
  /** Monotonic milliseconds, for measuring and for deadlines. */
  nowMs(): number
  /** Milliseconds since 1970, for display only. */
  epochMs(): number
  /** Calls `fn` once after `delayMs`. A background timer does not keep the process alive. */
  setTimeout(fn: () => void, delayMs: number, options?: { background?: boolean }): Timer
  /** Calls `fn` after pending input and output had their turn. */
  yield(fn: () => void): void
  /**
   * Marks real work (a worker, WASM, a child process): a virtual clock does not move while it runs and then moves by
   * `costMs`; a real clock passes the promise through.
   */
  hold<T>(work: Promise<T>, costMs?: number): Promise<T>
}

type Deferred = (fn: () => void) => void

const immediate: unknown = Reflect.get(globalThis, 'setImmediate')

/** @internal Calls a function after pending input and output: `setImmediate` where the platform has it. */
export const later: Deferred = isDeferred(immediate) ? immediate : (fn) => void setTimeout(fn, 0)

function isDeferred(value: unknown): value is Deferred {
  return typeof value === 'function'
}

/** The real clock. */
export class SystemClock implements Clock {
  readonly virtual = false

  nowMs(): number {
    return performance.now()
  }

  epochMs(): number {
    return Date.now()
  }

  setTimeout(fn: () => void, delayMs: number, options?: { background?: boolean }): Timer {
    // A deadline that has just passed: Node warns of negative delays.
    const handle: unknown = setTimeout(fn, Math.max(0, delayMs))
    if (options?.background && isRefCounted(handle)) handle.unref()
    return { cancel: () => clearTimeout(handle as number) }
  }

  yield(fn: () => void): void {
    later(fn)
  }

  hold<T>(work: Promise<T>): Promise<T> {
    return work
  }
}

function isRefCounted(handle: unknown): handle is { unref(): void } {
  return typeof handle === 'object' && handle !== null && 'unref' in handle
}

/** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = (): void => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, delayMs)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
