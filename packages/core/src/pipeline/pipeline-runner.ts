import { Emitter } from '../runtime/emitter.ts'
import { PcError } from '../runtime/errors.ts'
import type { Pipeline } from './pipeline.ts'
import { PipelineTask } from './pipeline-task.ts'

/** Something that can be stopped along with its pipeline, such as a transport. */
export interface Stoppable {
  stop?(): void | Promise<void>
}

/** The signals that end a runner; `process` of Node has them. */
export interface SignalSource {
  once(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown
}

/** The options of {@link PipelineRunner}. */
export interface PipelineRunnerOptions {
  /** Pass `process` to have its signals cancel the running tasks. Default: none, for use in servers and browsers. */
  signals?: SignalSource
  handleSigint?: boolean
  handleSigterm?: boolean
}

/**
 * Runs tasks to their ends, one or several at once.
 *
 * ```ts
 * await new PipelineRunner().run(task)
 * ```
 */
export class PipelineRunner {
  readonly #tasks = new Set<PipelineTask>()
  readonly #options: PipelineRunnerOptions
  readonly #events = new Emitter<{ ready: readonly [task: PipelineTask] }>()

  constructor(options: PipelineRunnerOptions = {}) {
    this.#options = options
  }

  /** Adds a listener and returns its remover. */
  on(event: 'ready', listener: (task: PipelineTask) => unknown): () => void {
    return this.#events.on(event, listener)
  }

  /** Runs a task, or a pipeline with the transport it uses. Settles when it is over. */
  async run(work: PipelineTask | { pipeline: Pipeline; transport?: Stoppable }): Promise<void> {
    const task = work instanceof PipelineTask ? work : new PipelineTask(work.pipeline)
    if (this.#tasks.has(task)) {
      throw new PcError('This task runs here already.', { code: 'task-already-run', kind: 'config' })
    }
    this.#tasks.add(task)
    const release = this.#listenForSignals()
    task.started.then(
      () => this.#events.emit('ready', task),
      () => {},
    )
    try {
      await task.run()
    } finally {
      release()
      this.#tasks.delete(task)
      if (!(work instanceof PipelineTask)) await work.transport?.stop?.()
    }
  }

  /** Ends all running tasks gracefully. */
  async end(): Promise<void> {
    await Promise.all([...this.#tasks].map((task) => task.stopWhenDone()))
  }

  /** Cancels all running tasks. */
  async cancel(reason?: string): Promise<void> {
    await Promise.all([...this.#tasks].map((task) => task.cancel(reason)))
  }

  #listenForSignals(): () => void {
    const { signals, handleSigint = true, handleSigterm = false } = this.#options
    if (signals === undefined) return () => {}
    const onSigint = (): void => void this.cancel('SIGINT')
    const onSigterm = (): void => void this.cancel('SIGTERM')
    if (handleSigint) signals.once('SIGINT', onSigint)
    if (handleSigterm) signals.once('SIGTERM', onSigterm)
    return () => {
      signals.off('SIGINT', onSigint)
      signals.off('SIGTERM', onSigterm)
    }
  }
}
