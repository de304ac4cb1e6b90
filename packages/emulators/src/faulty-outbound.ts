import { sleep } from './clock.ts'
import type { EmulatorClock } from './clock.ts'
import type { StreamFault } from './faults.ts'
import type { Outbound, Sink } from './outbound.ts'

type Message = string | Uint8Array
type Step = () => void

const DRIPS_PER_SEC = 20

const bytesOf = (sink: Sink, message: Message): Uint8Array =>
  typeof message === 'string' ? new TextEncoder().encode(sink.frame(message)) : message

const write = (sink: Sink, message: Message): void =>
  sink.write(bytesOf(sink, message), typeof message !== 'string', true)

const concerns = (fault: StreamFault, message: Message): boolean => {
  if (fault.kind === 'malformedJson') return typeof message === 'string'
  if (fault.kind === 'truncatedBinary') return typeof message !== 'string'
  return true
}

const cut = (message: Message): Message =>
  typeof message === 'string'
    ? message.slice(0, Math.ceil(message.length / 2))
    : message.subarray(0, (message.length >> 1) | 1)

/** What an endpoint writes to, with the fault of this connection applied to it. */
export const openOutbound = (
  sink: Sink,
  fault: StreamFault | undefined,
  context: { clock: EmulatorClock; errorMessage: () => unknown },
): Outbound => {
  const close = (code = 1000, reason = ''): void => sink.close(code, reason)
  const send = (message: Message): void => write(sink, message)
  if (!fault) return { signal: sink.signal, text: send, binary: send, close }
  if (fault.kind === 'slowDrip') return drippingOutbound(sink, fault.bytesPerSec, context.clock)
  return strikingOutbound(sink, fault, context)
}

const drippingOutbound = (sink: Sink, bytesPerSec: number, clock: EmulatorClock): Outbound => {
  const pieceBytes = Math.max(1, Math.floor(bytesPerSec / DRIPS_PER_SEC))
  let tail = Promise.resolve()
  const drip = async (message: Message): Promise<void> => {
    const bytes = bytesOf(sink, message)
    for (let start = 0; start < bytes.length && !sink.signal.aborted; start += pieceBytes) {
      const piece = bytes.subarray(start, start + pieceBytes)
      await sleep(clock, (piece.length * 1000) / bytesPerSec, sink.signal)
      if (!sink.signal.aborted) sink.write(piece, typeof message !== 'string', start + pieceBytes >= bytes.length)
    }
  }
  const send = (message: Message): void => {
    tail = tail.then(() => drip(message))
  }
  return {
    signal: sink.signal,
    text: send,
    binary: send,
    close: (code = 1000, reason = '') => {
      tail = tail.then(() => sink.close(code, reason))
    },
  }
}

const strikingOutbound = (
  sink: Sink,
  fault: Exclude<StreamFault, { kind: 'slowDrip' }>,
  context: { clock: EmulatorClock; errorMessage: () => unknown },
): Outbound => {
  const byTimeOnly = fault.kind === 'dropAfter' && fault.secs !== undefined && fault.afterMessages === undefined
  let unharmed = byTimeOnly ? Infinity : (fault.afterMessages ?? 0)
  let struck = false
  let dead = false
  let held: Step[] | undefined
  let swapped: Message | undefined

  const pass = (step: Step): void => {
    if (held) held.push(step)
    else step()
  }
  const release = (): void => {
    const steps = held ?? []
    held = undefined
    for (const step of steps) step()
  }
  const die = (step: Step): void => {
    dead = true
    step()
  }

  const strike = (message: Message): void => {
    switch (fault.kind) {
      case 'dropAfter':
        return die(() => sink.destroy())
      case 'closeWith':
        return die(() => sink.close(fault.code ?? 1011, fault.reason ?? ''))
      case 'halfOpen':
        return die(() => sink.freeze())
      case 'errorMessage':
        return die(() => {
          write(sink, JSON.stringify(fault.message ?? context.errorMessage()))
          sink.close(1011, '')
        })
      case 'stall':
        held = [() => write(sink, message)]
        if (fault.secs !== undefined) void sleep(context.clock, fault.secs * 1000, sink.signal).then(release)
        return
      case 'malformedJson':
      case 'truncatedBinary':
        return write(sink, cut(message))
      case 'duplicateMessage':
        write(sink, message)
        return write(sink, message)
      case 'reorder':
        swapped = message
    }
  }

  const send = (message: Message): void => {
    if (dead) return
    if (!struck && concerns(fault, message)) {
      struck = unharmed === 0
      unharmed -= 1
      if (struck) return strike(message)
    }
    pass(() => write(sink, message))
    releaseSwapped()
  }
  const releaseSwapped = (): void => {
    const message = swapped
    swapped = undefined
    if (message !== undefined) write(sink, message)
  }

  if (fault.kind === 'dropAfter' && fault.secs !== undefined) {
    void sleep(context.clock, fault.secs * 1000, sink.signal).then(() => die(() => sink.destroy()))
  }
  return {
    signal: sink.signal,
    text: send,
    binary: send,
    close: (code = 1000, reason = '') => {
      if (dead) return
      releaseSwapped()
      pass(() => sink.close(code, reason))
    },
  }
}
