import { type Clock, PcError, type Timer } from '@pc/core'

/** A tool handler that waits for the client's answer. */
export type ClientFunctionHandler = (
  args: unknown,
  call: { toolCallId: string; signal: AbortSignal },
) => Promise<unknown>

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

/** The functions that run in the client, and the calls whose results it owes. */
export class ClientFunctions {
  readonly #names = new Set<string>()
  readonly #waiting = new Map<string, Waiting>()

  has(functionName: string): boolean {
    return this.#names.has(functionName)
  }

  handler(functionName: string, timeoutSecs: number, clock: () => Clock): ClientFunctionHandler {
    this.#names.add(functionName)
    return async (_args, { toolCallId, signal }) => {
      let timer: Timer | undefined
      let onAbort: (() => void) | undefined
      try {
        return await new Promise<unknown>((resolve, reject) => {
          this.#waiting.set(toolCallId, { resolve, reject })
          timer = clock().setTimeout(() => reject(tooLate(functionName, timeoutSecs)), timeoutSecs * 1000)
          onAbort = () => reject(signal.reason)
          if (signal.aborted) onAbort()
          else signal.addEventListener('abort', onAbort)
        })
      } finally {
        timer?.cancel()
        if (onAbort !== undefined) signal.removeEventListener('abort', onAbort)
        this.#waiting.delete(toolCallId)
      }
    }
  }

  /** A result came in. False when no call waits for it. */
  settle(toolCallId: string, result: unknown): boolean {
    const waiting = this.#waiting.get(toolCallId)
    waiting?.resolve(result)
    return waiting !== undefined
  }

  /** The session is over: no answer will come. */
  close(): void {
    for (const { reject } of this.#waiting.values()) {
      reject(
        new PcError('The session ended before the client answered a function call.', {
          code: 'client-gone',
          kind: 'aborted',
        }),
      )
    }
  }
}

function tooLate(functionName: string, timeoutSecs: number): PcError {
  return new PcError(
    `The client did not answer ${functionName} within ${timeoutSecs} s: register a handler for it there, and return a value from it.`,
    { code: 'client-function-timeout', kind: 'timeout', retryable: false },
  )
}
