import type { FrameProcessor } from '../processor/frame-processor.ts'
import { sleep } from '../runtime/clock.ts'
import type { PcError } from '../runtime/errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { probeService } from './probe-service.ts'
import { isUsableService, setServiceUsable } from './usable-service.ts'

/** What a switcher lends to its strategy once it is set up. */
export interface SwitcherHost {
  readonly services: readonly FrameProcessor[]
  readonly runtime: Runtime
  /** Starts work that belongs to the task; its signal aborts at the end. */
  spawn(name: string, work: (signal: AbortSignal) => Promise<void>): void
}

/**
 * Says which service of a switcher works. A subclass needs no more than {@link select}:
 *
 * ```ts
 * class RoundRobin extends ServiceSwitcherStrategy {
 *   #next = 0
 *   override select(services: readonly FrameProcessor[]) {
 *     return this.#next++ % services.length
 *   }
 * }
 * ```
 */
export abstract class ServiceSwitcherStrategy {
  /**
   * The index of the service to use. Asked where a request begins: an answer, an utterance, a user's turn; and when the
   * active service lost a request or cannot work any more. An index that no usable service has changes nothing.
   */
  abstract select(services: readonly FrameProcessor[]): number

  /**
   * The active service lost a request or cannot work any more, and {@link select} still names it. When another is
   * selected afterwards, that one gets the lost request and nobody hears of the error.
   */
  onError(_error: PcError, _failed: FrameProcessor, _services: readonly FrameProcessor[]): void {}

  /** Somebody chose by a ManuallySwitchServiceFrame or `setService`. */
  onSwitch(_index: number): void {}

  /** Before the pipeline starts. */
  onSetup(_host: SwitcherHost): void {}
}

/** Stays with a service until somebody chooses another. */
export class ServiceSwitcherStrategyManual extends ServiceSwitcherStrategy {
  /** The chosen service. */
  protected index: number

  /** Takes the index of the first service, by itself or as `defaultIndex`. Default 0. */
  constructor(options: number | { readonly defaultIndex?: number } = {}) {
    super()
    this.index = typeof options === 'number' ? options : (options.defaultIndex ?? 0)
  }

  override select(_services: readonly FrameProcessor[]): number {
    return this.index
  }

  override onSwitch(index: number): void {
    this.index = index
  }
}

/** Takes the next usable service for every request, in turn. */
export class ServiceSwitcherStrategyRoundRobin extends ServiceSwitcherStrategy {
  #last = -1

  override select(services: readonly FrameProcessor[]): number {
    this.#last = nextUsable(services, this.#last) ?? this.#last
    return this.#last
  }
}

/** The options of {@link ServiceSwitcherStrategyFailover}. */
export interface FailoverOptions {
  /** The service that works as long as it can. Default 0. */
  readonly defaultIndex?: number
  /** The wait before the primary is probed, seconds; doubled after every failure, up to 10 minutes. Default 30. */
  readonly retryPrimarySecs?: number
  /**
   * Whether a service works again; a rejection means no. Default: a model is asked for a few tokens, a voice for one
   * word, a recogniser for a connection; others count as mended.
   */
  readonly probe?: (service: FrameProcessor, signal: AbortSignal) => Promise<boolean>
}

const MAX_RETRY_SECS = 600

/**
 * Goes to the next usable service when the active one fails, gives it the lost request, probes the primary and returns
 * to it where a request begins. Choosing by hand ends the way back until the next failure.
 */
export class ServiceSwitcherStrategyFailover extends ServiceSwitcherStrategyManual {
  readonly #primary: number
  readonly #options: FailoverOptions
  #host: SwitcherHost | undefined
  /** On the way back; each failure of the primary starts a new one. */
  #probing: symbol | undefined

  constructor(options: FailoverOptions = {}) {
    super(options)
    this.#primary = this.index
    this.#options = options
  }

  override onSetup(host: SwitcherHost): void {
    this.#host = host
  }

  override onSwitch(index: number): void {
    super.onSwitch(index)
    this.#probing = undefined
  }

  override onError(_error: PcError, failed: FrameProcessor, services: readonly FrameProcessor[]): void {
    const from = services.indexOf(failed)
    const next = nextUsable(services, from)
    if (next === undefined || next === from) return
    this.index = next
    if (from === this.#primary) this.#watchPrimary()
  }

  #watchPrimary(): void {
    const host = this.#host
    const service = host?.services[this.#primary]
    if (host === undefined || service === undefined) return
    const probing = Symbol('probing')
    this.#probing = probing
    const { retryPrimarySecs = 30, probe = probeService } = this.#options
    host.spawn('probe the primary service', async (signal) => {
      for (let delaySecs = retryPrimarySecs; ; delaySecs = Math.min(2 * delaySecs, MAX_RETRY_SECS)) {
        await sleep(host.runtime.clock, delaySecs * 1000, signal)
        if (this.#probing !== probing) return
        const works = await probe(service, signal).catch(() => false)
        if (this.#probing !== probing) return
        if (!works) continue
        this.#probing = undefined
        setServiceUsable(service, true)
        this.index = this.#primary
        return
      }
    })
  }
}

/** The next usable service after `from`, wrapping; `undefined` when none is. */
function nextUsable(services: readonly FrameProcessor[], from: number): number | undefined {
  for (let step = 1; step <= services.length; step++) {
    const index = (from + step) % services.length
    const service = services[index]
    if (service !== undefined && isUsableService(service)) return index
  }
  return undefined
}
