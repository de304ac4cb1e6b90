import { ManuallySwitchServiceFrame, type ErrorFrame, type ServiceUpdateSettingsFrame } from '../frames/control.ts'
import type { AnyFrame, Frame, FrameDirection } from '../frames/frame.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { TTSStoppedFrame, type TTSStartedFrame } from '../frames/speech.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { type FrameProcessor, NODE, type ProcessorEvents } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import { PcError } from '../runtime/errors.ts'
import { ParallelPipeline } from './parallel-pipeline.ts'
import { isApplicationError, type Request, type RequestLog } from './request-log.ts'
import { requestLogOf } from './request-log-of.ts'
import { type ServiceSwitcherStrategy, ServiceSwitcherStrategyManual } from './service-switcher-strategy.ts'
import { ALWAYS_LEAVE, isEmptyOutput, isMetadata, REACH_ALL } from './switcher-frames.ts'
import { SyncMarkFrame } from './sync-mark.ts'
import { isUsableService, setServiceUsable } from './usable-service.ts'

/** Why another service became active. */
export type SwitchReason = 'manual' | 'strategy' | 'failover'

/** Events of a {@link ServiceSwitcher}. */
export interface ServiceSwitcherEvents extends ProcessorEvents {
  serviceSwitched: [service: FrameProcessor, previous: FrameProcessor, reason: SwitchReason]
}

/** A strategy, or its class. */
export type StrategyLike = ServiceSwitcherStrategy | (new () => ServiceSwitcherStrategy)

/** The options of {@link ServiceSwitcher}. */
export interface ServiceSwitcherOptions<S extends FrameProcessor = FrameProcessor> {
  /** All of one kind, the preferred one first. */
  readonly services: readonly S[]
  /** Default: by hand, the first service to begin with. */
  readonly strategy?: StrategyLike | undefined
  readonly name?: string | undefined
}

/** An ordered frame in the hands of the active service. */
interface Round extends Request {
  readonly ctx: FrameContext
  readonly tried: Set<number>
  mark: Frame
  done: boolean
  resolve: () => void
}

/**
 * Several services of one kind in one place, one of them active. Only the active one gets frames, and only what it gives
 * leaves; all of them start and end. Ordered frames go in one after another, so a switch never tears a request apart.
 *
 * A service that fails is replaced as the strategy says: the next one gets what was lost, an answer that had not begun,
 * the rest of a text from the unspoken sentence on, the audio of an utterance without a transcript; the error stays here.
 *
 * ```ts
 * const voice = new ServiceSwitcher({ services: [primary, backup], strategy: ServiceSwitcherStrategyFailover })
 * ```
 *
 * @throws PcError `no-branches` without a service.
 */
export class ServiceSwitcher<
  S extends FrameProcessor = FrameProcessor,
> extends ParallelPipeline<ServiceSwitcherEvents> {
  readonly services: readonly S[]
  readonly strategy: ServiceSwitcherStrategy
  readonly #log: RequestLog
  readonly #metadata: ReadonlyMap<number, Map<string, Frame>>
  #active: number
  #running = false
  #round: Round | undefined
  /** What the active service gave that says nothing yet: it goes on with the next frame that does. */
  #held: [Frame, FrameDirection][] = []
  /** The utterance that the active service has begun and not ended. */
  #utterance: string | undefined

  constructor(services: ServiceSwitcherOptions<S> | readonly S[], strategy?: StrategyLike, name?: string) {
    const options: ServiceSwitcherOptions<S> = isList(services) ? { services, strategy, name } : services
    super(...options.services.map((service) => [service]), ...(options.name === undefined ? [] : [options.name]))
    const wanted = options.strategy ?? ServiceSwitcherStrategyManual
    this.services = options.services
    this.strategy = typeof wanted === 'function' ? new wanted() : wanted
    this.#log = requestLogOf(this.services, () => this.activeService)
    this.#metadata = new Map(this.services.map((_, index) => [index, new Map<string, Frame>()]))
    // Round robin begins with the first request.
    this.#active =
      this.strategy instanceof ServiceSwitcherStrategyManual
        ? (this.#valid(this.strategy.select(this.services)) ?? 0)
        : 0
  }

  /** The service that works now. */
  get activeService(): S {
    return this.services[this.#active]!
  }

  /** The seeds' name of {@link activeService}. */
  getCurrentService(): S {
    return this.activeService
  }

  /** Whether any of the services can work. */
  get isUsable(): boolean {
    return this.services.some(isUsableService)
  }

  /**
   * Chooses a service by index or itself: at once before the start, later as a {@link ManuallySwitchServiceFrame} does.
   *
   * @throws PcError `unknown-service`.
   */
  setService(service: number | S): void {
    const index = this.#valid(typeof service === 'number' ? service : this.services.indexOf(service))
    if (index === undefined) {
      const message = `${this.name} has ${this.services.length} services and not the one to switch to.`
      throw new PcError(message, { code: 'unknown-service', kind: 'config' })
    }
    if (this.#running) this.queueFrame(new ManuallySwitchServiceFrame(index))
    else {
      this.strategy.onSwitch(index)
      this.#active = index
    }
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    this.#running = true
    this.strategy.onSetup({
      services: this.services,
      runtime: setup.runtime,
      spawn: (name, work) => this.spawn(name, work),
    })
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    switch (frame.type) {
      case 'ErrorFrame':
        // Of somebody else: no member is to be blamed for it.
        ctx.push(frame)
        return undefined
      case 'ManuallySwitchServiceFrame':
        if (this.#chooses(frame)) return undefined
        break
      default:
        if (frame.family.includes('ServiceUpdateSettingsFrame') && this.#addressed(frame as ServiceUpdateSettingsFrame))
          return undefined
    }
    if (this.#log.begins(frame)) this.#select()
    if (REACH_ALL.has(frame.type)) this.#enterInactive(frame, direction)
    if (frame.lane !== 'system') return this.#ask(frame, direction, ctx)
    this.#log.entered(frame)
    this.enterBranch(this.#active, frame, direction)
    return undefined
  }

  override onInterruption(_frame: InterruptionFrame, _ctx: FrameContext): void {
    if (this.#round?.ctx.stale) this.#round = undefined
    this.#held = []
    this.#utterance = undefined
    this.#log.interrupted()
  }

  /** @internal Its lane has waited for the active service. */
  protected override cross(frame: Frame, direction: FrameDirection): void {
    this.pushFrame(frame, direction)
  }

  /** @internal */
  override leave(frame: Frame, direction: FrameDirection, branch: number): void {
    if (frame.type === 'SyncMarkFrame') {
      if (frame === this.#round?.mark) this.#settle(this.#round)
      return
    }
    if (this.isBarrier(frame)) {
      super.leave(frame, direction, branch)
      return
    }
    if (isMetadata(frame) && direction === 'downstream') this.#metadata.get(branch)?.set(frame.type, frame)
    if (frame.type === 'ErrorFrame') this.#failed(frame as ErrorFrame, branch)
    else if (branch === this.#active) this.#leaveActive(frame, direction)
    else if (ALWAYS_LEAVE.has(frame.type)) super.leave(frame, direction, branch)
  }

  #leaveActive(frame: Frame, direction: FrameDirection): void {
    const { frame: asked } = this.#round ?? {}
    if (frame.lane === 'system' && frame.type !== 'FunctionCallsStartedFrame') {
      super.leave(frame, direction, this.#active)
      return
    }
    if (asked !== undefined && frame !== asked && isEmptyOutput(frame)) {
      this.#held.push([frame, direction])
      return
    }
    this.#flush()
    if (frame !== asked) this.#log.left(frame)
    this.#let(frame, direction)
  }

  #flush(): void {
    for (const [frame, direction] of this.#held.splice(0)) this.#let(frame, direction)
  }

  /** Empty output of a request that goes to another; the end of a response whose beginning has left is wanted. */
  #discard(): void {
    const held = this.#held.splice(0)
    if (held.some(([frame]) => frame.family.includes('LLMFullResponseStartFrame'))) return
    for (const [frame, direction] of held) {
      if (frame.family.includes('LLMFullResponseEndFrame')) this.#let(frame, direction)
    }
  }

  #let(frame: Frame, direction: FrameDirection): void {
    if (frame.type === 'TTSStartedFrame') this.#utterance = (frame as TTSStartedFrame).contextId
    if (frame.type === 'TTSStoppedFrame') this.#utterance = undefined
    super.leave(frame, direction, this.#active)
  }

  /** Gives an ordered frame to the active service; the lane waits until it is done with it. */
  #ask(frame: Frame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    const round: Round = {
      frame,
      direction,
      ctx,
      tried: new Set([this.#active]),
      mark: new SyncMarkFrame(),
      done: false,
      resolve: () => {},
    }
    this.#round = round
    this.#log.entered(frame)
    this.#give([round], round)
    if (round.done || ctx.stale) return undefined
    return new Promise((resolve) => {
      round.resolve = resolve
      // The service has its own time to stop: what comes next waits in its lane.
      ctx.onAbort(resolve)
    })
  }

  /** Sends requests, and behind them the mark that says that they are done. */
  #give(requests: readonly Request[], round: Round): void {
    const branch = this.#active
    const { mark } = round
    for (const { frame, direction } of requests) this.enterBranch(branch, frame, direction)
    // A service that failed on the spot was replaced, and the mark with it.
    if (round.mark === mark) this.enterBranch(branch, mark, round.direction)
  }

  #settle(round: Round): void {
    round.done = true
    this.#round = undefined
    this.#flush()
    this.#log.settled(round.frame)
    round.resolve()
  }

  #enterInactive(frame: Frame, direction: FrameDirection): void {
    for (const index of this.services.keys()) if (index !== this.#active) this.enterBranch(index, frame, direction)
  }

  /** Settings for a member go to it alone, wherever it stands. True when nothing is left to do. */
  #addressed(frame: ServiceUpdateSettingsFrame): boolean {
    const index = this.services.findIndex((service) => service === frame.service)
    if (index >= 0 && index !== this.#active) {
      this.enterBranch(index, frame, 'downstream')
      return true
    }
    if (frame.reachInactiveServices && frame.service === undefined) this.#enterInactive(frame, 'downstream')
    return false
  }

  /** Whether a choice by hand is this switcher's affair. */
  #chooses({ service, serviceIndex }: ManuallySwitchServiceFrame): boolean {
    const index = this.#valid(
      service === undefined ? (serviceIndex ?? -1) : this.services.findIndex((own) => own === service),
    )
    if (index === undefined) return false
    if (index === this.#active) this.strategy.onSwitch(index)
    else if (isUsableService(this.services[index]!)) {
      this.strategy.onSwitch(index)
      this.#switchTo(index, 'manual')
    } else this.#warn(`does not switch to ${this.services[index]!.name}, which cannot work`)
    return true
  }

  /** Asks the strategy where a request begins. */
  #select(): void {
    const index = this.#valid(this.strategy.select(this.services))
    if (index === undefined || index === this.#active) return
    if (isUsableService(this.services[index]!)) this.#switchTo(index, 'strategy')
  }

  #valid(index: number): number | undefined {
    return this.services[index] === undefined ? undefined : index
  }

  /** A member reports an error. Of one that is not active it ends here. */
  #failed(frame: ErrorFrame, branch: number): void {
    const { error } = frame
    const service = this.services[branch]!
    if (error.code === 'setup-failed') setServiceUsable(service, false)
    if (branch !== this.#active && !isApplicationError(error)) {
      this.#warn(`ignores an error of ${service.name}, which is not active: ${error.message}`)
      return
    }
    const round = this.#round
    const lost = this.#log.isLost(error, round)
    const unusable = !isUsableService(service) || error.code === 'setup-failed'
    const next = branch === this.#active && (lost || unusable) ? this.#successor(error, branch) : undefined
    if (next !== undefined) {
      this.#warn(`goes from ${service.name} to ${this.services[next]!.name}: ${error.message}`)
      this.#switchTo(next, 'failover', lost || unusable ? round : undefined)
    } else if (unusable && branch === this.#active && !this.isUsable) {
      const message = `${this.name} has no service left that works. Last error: ${error.message}`
      this.pushError(new PcError(message, { code: 'no-usable-service', kind: error.kind, cause: error }))
    } else super.leave(frame, 'upstream', branch)
  }

  /** Who takes over. A strategy that has moved on already, on an event of the service, is not told again. */
  #successor(error: PcError, failed: number): number | undefined {
    const tried = this.#round?.tried ?? new Set([failed])
    const ask = (): number | undefined => {
      const index = this.#valid(this.strategy.select(this.services))
      return index !== undefined && !tried.has(index) && isUsableService(this.services[index]!) ? index : undefined
    }
    const moved = ask()
    if (moved !== undefined) return moved
    this.strategy.onError(error, this.services[failed]!, this.services)
    return ask()
  }

  #switchTo(index: number, reason: SwitchReason, lost?: Round): void {
    const previous = this.activeService
    const requests = this.#log.handOver(lost)
    this.#discard()
    this.#active = index
    if (this.#utterance !== undefined) {
      this.pushFrame(new TTSStoppedFrame(this.#utterance))
      this.#utterance = undefined
    }
    if (this.#log.keepsText) forget(previous)
    for (const frame of this.#metadata.get(index)?.values() ?? []) this.broadcastFrame(frame)
    this.emit('serviceSwitched', this.activeService, previous, reason)
    if (lost === undefined) for (const { frame, direction } of requests) this.enterBranch(index, frame, direction)
    else if (!lost.ctx.stale) {
      lost.tried.add(index)
      lost.mark = new SyncMarkFrame()
      this.#give(requests, lost)
    }
  }

  #warn(what: string): void {
    if (this.#running) this.runtime.log.log('warn', `${this.name} ${what}.`)
  }
}

function isList<S extends FrameProcessor>(
  services: ServiceSwitcherOptions<S> | readonly S[],
): services is readonly S[] {
  return Array.isArray(services)
}

/** A synthesis service holds text that another speaks now. */
function forget(service: FrameProcessor): void {
  const ctx = service[NODE]?.contexts.of(0, 'downstream')
  if (ctx !== undefined) service.onInterruption(new InterruptionFrame(), ctx)
}
