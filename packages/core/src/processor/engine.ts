import { ErrorFrame } from '../frames/control.ts'
import { type Frame, type FrameDirection, isObserved } from '../frames/frame.ts'
import { type CancelFrame, InterruptionFrame } from '../frames/lifecycle.ts'
import type { ObserverHub } from '../observers/observer.ts'
import type { PcError } from '../runtime/errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { Epoch, type FrameContext } from './frame-context.ts'
import { HOOK, PENDING, STACK, TRACED } from './node-state.ts'
import type { Node } from './node.ts'
import { Pressure } from './pressure.ts'

/** How long an aborted handler may keep its lane, milliseconds. */
const DETACH_MS = 250
/** An interruption whose hooks keep interrupting is a loop. */
export const MAX_ROUNDS = 16

/** What a task lends to its engine. */
export interface EngineHost {
  /** Somebody pushed a CancelFrame or a CancelTaskFrame. */
  cancel(reason: string | undefined): void
  /** Work settled: an end that waits is alive. */
  progress(): void
}

/** What the engine counted since its start. */
export interface EngineCounters {
  /** Pushes dropped because their work was overtaken. */
  stale: number
  /** Queued frames dropped by interruptions, by the end of the task, or by a limit. */
  dropped: number
  /** Aborted handlers that did not settle in time. */
  detached: number
  interruptions: number
}

/** What all nodes of one task share: the fence, the order of nodes, the runtime. */
export class Engine {
  readonly runtime: Runtime
  readonly host: EngineHost
  readonly observers: ObserverHub
  /** In pipeline order; a branch follows the node that opens it. */
  readonly nodes: Node[] = []
  readonly counters: EngineCounters = { stale: 0, dropped: 0, detached: 0, interruptions: 0 }
  readonly pressure: Pressure = new Pressure()
  /** Ordered work. */
  epoch: Epoch = new Epoch()
  /** All work. */
  readonly life: Epoch = new Epoch()
  sliceStartMs = 0
  lastInterruption: InterruptionFrame = new InterruptionFrame()
  #visiting = false

  constructor(runtime: Runtime, observers: ObserverHub, host: EngineHost) {
    this.runtime = runtime
    this.observers = observers
    this.host = host
    observers.onTrace = () => {
      for (const node of this.nodes) node.state |= TRACED
    }
  }

  /**
   * Fences every context handed out so far, drops what is queued, and visits every node once in pipeline order. The
   * same frame again does nothing.
   */
  interrupt(frame: InterruptionFrame = new InterruptionFrame()): void {
    if (this.lastInterruption === frame || this.life.stale) return
    this.lastInterruption = frame
    this.counters.interruptions++
    if (isObserved(frame)) this.observe(null, null, frame, 'downstream')
    this.epoch.stale = true
    this.epoch = new Epoch()
    let watched: [Node, FrameContext][] | undefined
    for (const node of this.nodes) {
      const run = node.fence()
      if (run !== undefined) (watched ??= []).push([node, run])
    }
    this.pressure.release()
    if (watched !== undefined) this.#watch(watched)
    for (const node of this.nodes) node.abort()
    if (this.#visiting) return
    this.#visiting = true
    let visited = true
    for (let round = 0; visited; round++) {
      if (round === MAX_ROUNDS) {
        for (const node of this.nodes) node.dropHook()
        this.reportLoop()
      }
      visited = false
      for (const node of this.nodes) {
        // A node on the stack gets its hook when it unwinds.
        if ((node.state & (HOOK | STACK)) !== HOOK) continue
        visited = true
        node.lifecycle.interrupted()
      }
    }
    this.#visiting = false
    for (const node of this.nodes) if ((node.state & PENDING) !== 0) node.wake()
  }

  /** Frames that steer the whole task act wherever they arrive, at an end of the pipeline too. True when it was one. */
  steer(frame: Frame): boolean {
    switch (frame.type as 'InterruptionFrame' | 'InterruptionTaskFrame' | 'CancelFrame' | 'CancelTaskFrame') {
      case 'InterruptionFrame':
        this.interrupt(frame as InterruptionFrame)
        return true
      case 'InterruptionTaskFrame':
        this.interrupt()
        return true
      case 'CancelFrame':
      case 'CancelTaskFrame':
        this.host.cancel((frame as CancelFrame).reason)
        return true
      default:
        return false
    }
  }

  /** The end of all work, out of band. */
  kill(reason: string): void {
    for (const epoch of [this.epoch, this.life]) {
      epoch.why = reason
      epoch.stale = true
    }
    for (const node of this.nodes) node.kill()
    this.pressure.release()
  }

  /** Reports trouble of a processor: an ErrorFrame upstream from where it stands. */
  report(node: Node, error: PcError): void {
    this.runtime.log.log(error.kind === 'internal' ? 'error' : 'warn', error.message, {
      processor: node.processor.name,
      code: error.code,
    })
    node.emit(new ErrorFrame(error, node.processor.name), 'upstream')
  }

  /** Hooks were dropped because they never come to an end. */
  reportLoop(): void {
    this.runtime.log.log('error', 'onInterruption hooks keep interrupting each other: break the loop.')
  }

  /** The processors whose handlers have not settled, for diagnostics. */
  holders(): string[] {
    return this.nodes
      .filter((node) => node.busy)
      .map(({ processor: { name, waitingFor } }) =>
        waitingFor.length > 0 ? `${name} (waiting for ${waitingFor.join(', ')})` : name,
      )
  }

  /** @internal */
  observe(node: Node | null, from: Node | null, frame: Frame, direction: FrameDirection): void {
    if (node === null) this.observers.trace?.seen(frame)
    this.observers.pushed(from?.processor ?? null, node?.processor ?? null, frame, direction)
  }

  #watch(runs: readonly [Node, FrameContext][]): void {
    this.runtime.clock.setTimeout(
      () => {
        for (const [node, run] of runs) node.detach(run)
      },
      DETACH_MS,
      { background: true },
    )
  }
}
