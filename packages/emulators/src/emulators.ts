import { systemClock } from './clock.ts'
import type { EmulatorClock } from './clock.ts'
import { DeepgramEmulator, deepgramMount } from './deepgram/mount.ts'
import { Ids } from './ids.ts'
import type { Shared } from './mount.ts'
import { OpenAIEmulator, openAiMount } from './openai/mount.ts'
import { startTimeline } from './pacing.ts'
import { Recorder } from './recorder.ts'
import type { InboundMessage } from './recorder.ts'
import { listen } from './server.ts'

/** Options of {@link startEmulators}. */
export interface EmulatorsOptions {
  /** Default 0: a free port. */
  readonly port?: number
  /** A loopback address; default `127.0.0.1`. */
  readonly host?: '127.0.0.1' | '::1' | 'localhost'
  /**
   * How many times faster than real time replies are sent; default 1, `Infinity` never waits. Limits on the client (no
   * audio for 10 s) and the times of faults are not scaled, because the client's timers are not.
   */
  readonly speed?: number
  /** Time source; default the clock of the machine. */
  readonly clock?: EmulatorClock
  /** How many messages {@link Emulators.requests} keeps; default 10 000. */
  readonly keepRequests?: number
}

/** Running emulators. */
export interface Emulators {
  readonly port: number
  readonly openai: OpenAIEmulator
  readonly deepgram: DeepgramEmulator
  /** What the clients sent, oldest first. Credentials are replaced by `***`. */
  readonly requests: readonly InboundMessage[]
  /** The first message, recorded or to come, that the function accepts. Rejects when the emulators close first. */
  waitForRequest<Message extends InboundMessage>(
    match: (message: InboundMessage) => message is Message,
  ): Promise<Message>
  waitForRequest(match: (message: InboundMessage) => boolean): Promise<InboundMessage>
  /** Forgets the requests and everything scripted, as between two tests. Open connections stay. */
  reset(): void
  /** Cuts all connections and stops listening. Further calls do nothing. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', '::1', 'localhost']

/**
 * Starts one local server that speaks the protocols of the emulated providers.
 *
 * @throws RangeError for a host that is not loopback, or a speed that is not above 0.
 * @throws The error of `node:net` when the port is taken.
 */
export const startEmulators = async (options: EmulatorsOptions = {}): Promise<Emulators> => {
  const { port = 0, host = '127.0.0.1', speed = 1, clock = systemClock, keepRequests = 10_000 } = options
  if (!LOOPBACK_HOSTS.includes(host)) {
    throw new RangeError(
      `startEmulators: host '${host}' is not a loopback address; use one of ${LOOPBACK_HOSTS.join(', ')}.`,
    )
  }
  if (!(speed > 0)) throw new RangeError(`startEmulators: speed must be above 0, got ${speed}.`)
  if (!(keepRequests >= 1))
    throw new RangeError(`startEmulators: keepRequests must be at least 1, got ${keepRequests}.`)

  const shared: Shared = { clock, ids: new Ids(), startTimeline: () => startTimeline(clock, speed) }
  const recorder = new Recorder(keepRequests)
  const origin = (): string => `http://${host === '::1' ? '[::1]' : host}:${server.port}`
  const openai = new OpenAIEmulator(origin)
  const deepgram = new DeepgramEmulator(origin)
  const mounts = [openAiMount(openai, shared), deepgramMount(deepgram, shared)]
  const server = await listen({ mounts, recorder, shared }, { host, port })

  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    recorder.close()
    closed ??= server.close()
    return closed
  }
  function waitForRequest<Message extends InboundMessage>(
    match: (message: InboundMessage) => message is Message,
  ): Promise<Message>
  function waitForRequest(match: (message: InboundMessage) => boolean): Promise<InboundMessage>
  function waitForRequest(match: (message: InboundMessage) => boolean): Promise<InboundMessage> {
    return recorder.waitFor(match)
  }
  return {
    port: server.port,
    openai,
    deepgram,
    requests: recorder.messages,
    waitForRequest,
    reset: () => {
      recorder.clear()
      openai.reset()
      deepgram.reset()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
