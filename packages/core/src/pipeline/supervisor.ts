import type { TerminalFrame } from './task-options.ts'
import type { PipelineTask } from './pipeline-task.ts'
import { BaseObject } from '../runtime/base-object.ts'
import { type Clock, sleep, SystemClock } from '../runtime/clock.ts'
import { abortReason, PcError } from '../runtime/errors.ts'

/** How one run of a session ended. */
export interface SessionEnd {
  /** Counts up from 0. */
  readonly attempt: number
  /** The frame that ended the task; `undefined` when there was none, the session could not be made. */
  readonly terminal: TerminalFrame | undefined
  /** Why it counts as failed; `undefined` when it did not. */
  readonly error: PcError | undefined
}

/** When a {@link Supervisor} starts a session again. */
export interface RestartPolicy {
  /** At most so many restarts within `withinSecs`. Default 3. */
  readonly maxRestarts?: number
  /** Seconds. Default 60. */
  readonly withinSecs?: number
  /** The waits before the first, second, ... restart in a row, seconds; the last one holds for all later. Default 0.5, 2, 5. */
  readonly delaysSecs?: readonly number[]
  /** Whether an end calls for a restart. Default: every failure that is not the configuration's fault. */
  readonly shouldRestart?: (end: SessionEnd) => boolean
}

/** The options of {@link Supervisor}. */
export interface SupervisorOptions {
  /**
   * Makes a session: a new pipeline and a new task every time, for example on the context of the one before. `previous` is
   * how that one ended.
   */
  readonly start: (attempt: number, previous: SessionEnd | undefined) => PipelineTask | Promise<PipelineTask>
  readonly policy?: RestartPolicy | undefined
  /** Default: real time. */
  readonly clock?: Clock | undefined
  readonly name?: string | undefined
}

/** Events of a {@link Supervisor}. */
export interface SupervisorEvents {
  sessionEnded: [end: SessionEnd]
  restarting: [attempt: number, end: SessionEnd]
}

/**
 * Runs a session and starts it again when it fails: when it cannot be made, when setup, start or end hang, or after a
 * fatal error. A session that ends by itself, is cancelled or falls idle has not failed.
 *
 * ```ts
 * const context = new LLMContext()
 * const supervisor = new Supervisor({ start: () => new PipelineTask(build(context)) })
 * await supervisor.run()
 * ```
 */
export class Supervisor extends BaseObject<SupervisorEvents> {
  readonly #options: SupervisorOptions
  readonly #clock: Clock
  readonly #stopping = new AbortController()
  /** When the latest restarts were, milliseconds. */
  #restarts: number[] = []
  #task: PipelineTask | undefined

  constructor(options: SupervisorOptions) {
    super(options.name)
    this.#options = options
    this.#clock = options.clock ?? new SystemClock()
  }

  /** The session that runs now. */
  get task(): PipelineTask | undefined {
    return this.#task
  }

  /** Settles with the last end, when no restart follows. It does not reject. */
  async run(): Promise<SessionEnd> {
    const { policy = {} } = this.#options
    const { shouldRestart = ({ error }: SessionEnd): boolean => error !== undefined && !error.permanent } = policy
    let previous: SessionEnd | undefined
    for (let attempt = 0; ; attempt++) {
      const end = await this.#runOnce(attempt, previous)
      previous = end
      this.emit('sessionEnded', end)
      if (this.#stopping.signal.aborted || !shouldRestart(end)) return end
      const delaySecs = this.#delay()
      if (delaySecs === undefined) return end
      this.emit('restarting', attempt + 1, end)
      await sleep(this.#clock, delaySecs * 1000, this.#stopping.signal).catch(() => {})
      if (this.#stopping.signal.aborted) return end
    }
  }

  /** Cancels the session; nothing is started any more. Settles when it is over. */
  async stop(reason?: string): Promise<void> {
    this.#stopping.abort(abortReason(reason ?? 'stopped'))
    await this.#task?.cancel(reason)
  }

  async #runOnce(attempt: number, previous: SessionEnd | undefined): Promise<SessionEnd> {
    let task: PipelineTask
    try {
      task = await this.#options.start(attempt, previous)
    } catch (cause) {
      const error = PcError.from(cause, { code: 'session-not-made' })
      return { attempt, terminal: undefined, error }
    }
    this.#task = task
    let terminal: TerminalFrame | undefined
    let error: PcError | undefined
    const hung = (what: string, holders: readonly string[]): void => {
      error ??= new PcError(`${what} took too long: ${holders.join(', ') || 'nobody'} had it.`, {
        code: 'session-hung',
        kind: 'timeout',
      })
    }
    const removers = [
      task.on('pipelineFinished', (frame) => {
        terminal = frame
      }),
      task.on('setupTimeout', (holders) => hung('Setup', holders)),
      task.on('pipelineTimeout', hung),
      task.on('pipelineError', (frame) => {
        if (frame.fatal) error ??= frame.error
      }),
    ]
    if (this.#stopping.signal.aborted) await task.cancel()
    else await task.run()
    for (const remove of removers) remove()
    this.#task = undefined
    return { attempt, terminal, error }
  }

  /** The wait before the next restart; `undefined` when there were too many. */
  #delay(): number | undefined {
    const { maxRestarts = 3, withinSecs = 60, delaysSecs = [0.5, 2, 5] } = this.#options.policy ?? {}
    const nowMs = this.#clock.nowMs()
    this.#restarts = this.#restarts.filter((atMs) => nowMs - atMs < withinSecs * 1000)
    if (this.#restarts.length >= maxRestarts) return undefined
    const delaySecs = delaysSecs[Math.min(this.#restarts.length, delaysSecs.length - 1)] ?? 0
    this.#restarts.push(nowMs)
    return delaySecs
  }
}
