import { PcError } from '../runtime/errors.ts'
import type { Node } from './node.ts'

/** A system handler pending longer than this delays everything behind it, milliseconds. */
const SLOW_SYSTEM_MS = 100

/** Tells of lanes that cannot keep up, once per stall. */
export class LaneReports {
  readonly #node: Node
  #losing = false
  #systemSinceMs: number | undefined = undefined

  constructor(node: Node) {
    this.#node = node
  }

  /** Counts a loss; the first of a stall is reported. */
  lost(what: string): void {
    const { engine, processor } = this.#node
    engine.counters.dropped++
    if (this.#losing) return
    this.#losing = true
    const message = `${processor.name} cannot keep up: a full queue ${what}. Make its handler faster or raise its laneLimit.`
    engine.report(this.#node, new PcError(message, { code: 'queue-overrun', kind: 'transient' }))
  }

  /** Nothing waits any more. */
  drained(): void {
    this.#losing = false
  }

  systemBegan(): void {
    this.#systemSinceMs = this.#node.engine.runtime.clock.nowMs()
  }

  /** A frame queues behind a busy system lane: looked at here, so that no handler costs a timer. */
  systemWaits(): void {
    if (this.#systemSinceMs === undefined) return
    const { engine, processor } = this.#node
    const pendingMs = engine.runtime.clock.nowMs() - this.#systemSinceMs
    if (pendingMs <= SLOW_SYSTEM_MS) return
    this.#systemSinceMs = undefined
    const message = `${processor.name} has been handling a system frame for ${Math.round(pendingMs)} ms; move long work to spawn().`
    engine.runtime.log.log('warn', message, { processor: processor.name })
  }
}
