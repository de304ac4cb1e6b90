import type { CancelFrame } from '../frames/lifecycle.ts'
import type { Engine } from '../processor/engine.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import type { Node } from '../processor/node.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import { PcError } from '../runtime/errors.ts'
import { within } from '../runtime/scope.ts'
import type { PipelineTaskOptions } from './task-options.ts'

type Limits = Pick<PipelineTaskOptions, 'setupTimeoutSecs' | 'cancelTimeoutSecs' | 'cleanupTimeoutSecs'>

/** Calls a hook of all processors at once, each with a deadline, and names those that miss it. */
export class TaskHooks {
  readonly #engine: Engine
  readonly #limits: Required<{ [K in keyof Limits]: number }>

  constructor(engine: Engine, limits: Limits) {
    this.#engine = engine
    const { setupTimeoutSecs = 20, cancelTimeoutSecs = 20, cleanupTimeoutSecs = 5 } = limits
    this.#limits = { setupTimeoutSecs, cancelTimeoutSecs, cleanupTimeoutSecs }
  }

  /** Failures become error frames; `over` settles when the task has ended meanwhile. */
  setUp(setup: PipelineSetup, over: Promise<unknown>): Promise<string[]> {
    for (const { processor } of this.#engine.nodes) processor.attach(setup)
    return this.#callAll({
      call: (processor) => processor.onSetup(setup),
      limitSecs: this.#limits.setupTimeoutSecs,
      onError: (error, node) =>
        this.#engine.report(node, PcError.from(error, { code: 'setup-failed', kind: 'config' })),
      over,
    })
  }

  cancel(frame: CancelFrame): Promise<string[]> {
    return this.#callAll({
      call: (processor) => processor.onCancel(frame),
      limitSecs: this.#limits.cancelTimeoutSecs,
      onError: (error, node) => this.#log(`onCancel of ${node.processor.name} failed`, error),
    })
  }

  async cleanUp(): Promise<void> {
    const limitSecs = this.#limits.cleanupTimeoutSecs
    const late = await this.#callAll({
      call: (processor) => processor.onCleanup(),
      limitSecs,
      onError: (error, node) => this.#log(`onCleanup of ${node.processor.name} failed`, error),
    })
    const { clock, log } = this.#engine.runtime
    const leftovers = await Promise.all(
      this.#engine.nodes.map(async ({ processor }) => {
        const work = await processor.scope.close(clock, limitSecs * 1000)
        return work.map((name) => `${processor.name}: ${name}`)
      }),
    )
    const names = [...late, ...leftovers.flat()]
    if (names.length > 0) log.log('warn', `Left behind at the end of the task: ${names.join(', ')}`)
  }

  async #callAll(hook: {
    call: (processor: FrameProcessor) => void | Promise<void>
    limitSecs: number
    onError: (error: unknown, node: Node) => void
    over?: Promise<unknown>
  }): Promise<string[]> {
    const { call, limitSecs, onError, over } = hook
    const pending = new Set(this.#engine.nodes)
    const work = Promise.all(
      this.#engine.nodes.map(async (node) => {
        try {
          await call(node.processor)
        } catch (error) {
          onError(error, node)
        }
        pending.delete(node)
      }),
    )
    await within(this.#engine.runtime.clock, limitSecs * 1000, over ? Promise.race([work, over]) : work)
    return [...pending].map((node) => node.processor.name)
  }

  #log(message: string, error: unknown): void {
    this.#engine.runtime.log.log('error', message, { error })
  }
}
