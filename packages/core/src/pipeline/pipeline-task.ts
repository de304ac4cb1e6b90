import { type ErrorFrame, MetricsFrame } from '../frames/control.ts'
import { type Frame, type FrameDirection, isObserved } from '../frames/frame.ts'
import {
  CancelFrame,
  EndFrame,
  type EndTaskFrame,
  type HeartbeatFrame,
  PipelineFlushFrame,
  StartFrame,
  StopFrame,
} from '../frames/lifecycle.ts'
import { type Observer, ObserverHub } from '../observers/observer.ts'
import { Engine, type EngineCounters } from '../processor/engine.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import { Emitter, type EventOfPythonName, type PythonEventName } from '../runtime/emitter.ts'
import { PcError } from '../runtime/errors.ts'
import { createRuntime, type Runtime } from '../runtime/runtime.ts'
import { within } from '../runtime/scope.ts'
import { withDefaultParts } from './default-parts.ts'
import { describePipeline } from './describe.ts'
import { link } from './link.ts'
import { Pipeline } from './pipeline.ts'
import { PipelineParams, type PipelineParamsFields } from './pipeline-params.ts'
import type { Branch } from './parallel-pipeline.ts'
import { TaskHooks } from './task-hooks.ts'
import { emptyMetrics, metricsObserver } from './task-metrics.ts'
import { HeartbeatMonitor, IdleMonitor } from './task-monitors.ts'
import type { PipelineTaskArguments, PipelineTaskEvents, PipelineTaskOptions, TerminalFrame } from './task-options.ts'
import { EndWatch } from './end-watch.ts'

type Phase = 'created' | 'starting' | 'running' | 'ending' | 'cancelling' | 'finished'

/**
 * Runs a pipeline: sets its processors up, starts them, feeds frames in, and ends in bounded time whatever they do.
 *
 * ```ts
 * const task = new PipelineTask(pipeline, { enableMetrics: true })
 * await task.run()
 * ```
 *
 * Takes `(pipeline, params?, options?)`, or all of it in one object.
 */
export class PipelineTask {
  readonly id: string
  readonly params: PipelineParams
  readonly runtime: Runtime
  readonly #options: PipelineTaskOptions
  readonly #events: Emitter<PipelineTaskEvents>
  readonly #observers: ObserverHub
  readonly #engine: Engine
  readonly #elements: Pipeline
  readonly #chain: Branch
  readonly #idle: IdleMonitor | undefined
  readonly #heartbeats: HeartbeatMonitor | undefined
  readonly #endWatch: EndWatch
  readonly #hooks: TaskHooks
  readonly #beforeStart: [Frame, FrameDirection][] = []
  readonly #probes = new Map<number, () => void>()
  readonly #finished = Promise.withResolvers<TerminalFrame>()
  readonly #started = Promise.withResolvers<void>()
  #phase: Phase = 'created'
  #terminal: TerminalFrame | undefined = undefined
  #cancelling: Promise<void> | undefined = undefined
  #lastProbe = 0

  constructor(pipeline: Pipeline, params?: PipelineParams | PipelineParamsFields, options?: PipelineTaskOptions)
  constructor(all: PipelineTaskArguments)
  constructor(
    first: Pipeline | PipelineTaskArguments,
    second?: PipelineParams | PipelineParamsFields,
    third: PipelineTaskOptions = {},
  ) {
    const { pipeline, params, ...options } =
      first instanceof Pipeline ? { pipeline: first, params: second, ...third } : first
    this.#options = options
    this.params = params instanceof PipelineParams ? params : new PipelineParams(params)
    this.runtime = createRuntime({ ...options.runtime, ...(options.clock && { clock: options.clock }) })
    this.id = this.runtime.newId()
    this.#events = new Emitter((error, event) =>
      this.runtime.log.log('error', `A listener of the task for ${event} failed`, { error }),
    )
    this.#observers = new ObserverHub(this.runtime, options.observers)
    this.#engine = new Engine(this.runtime, this.#observers, {
      cancel: (reason) => void this.cancel(reason),
      progress: () => this.#endWatch.progress(),
    })
    this.#elements = options.defaultParts === false ? pipeline : withDefaultParts(pipeline)
    this.#chain = link(this.#engine, this.#elements.processors, {
      leave: (frame, direction) => (direction === 'downstream' ? this.#atSink(frame) : this.#atSource(frame)),
    })
    this.#endWatch = new EndWatch(this.runtime.clock, options.endTimeoutSecs ?? 20, () => this.#endIsStuck())
    // Nobody has to wait for the start.
    this.#started.promise.catch(() => {})
    this.#hooks = new TaskHooks(this.#engine, options)
    this.#idle = this.#makeIdleMonitor()
    this.#heartbeats = this.#makeHeartbeats()
    pipeline.attach(this)
  }

  /** Adds a listener and returns its remover. */
  on<K extends keyof PipelineTaskEvents>(event: K, listener: (...args: PipelineTaskEvents[K]) => unknown): () => void {
    return this.#events.on(event, listener)
  }

  /** The Pipecat spelling: `eventHandler('on_pipeline_started', fn)`. */
  eventHandler<
    Name extends PythonEventName<keyof PipelineTaskEvents>,
    K extends EventOfPythonName<PipelineTaskEvents, Name>,
  >(event: Name, listener: (...args: PipelineTaskEvents[K]) => unknown): () => void {
    return this.#events.eventHandler(event, listener)
  }

  /** Adds an observer, at any time, and returns its remover. */
  addObserver(observer: Observer): () => void {
    return this.#observers.add(observer)
  }

  /** All processors in pipeline order, branches and default parts included. */
  get processors(): readonly FrameProcessor[] {
    return this.#engine.nodes.map((node) => node.processor)
  }

  /** The list as it really runs, one processor a line, branches indented, default parts marked. */
  describe(): string {
    return describePipeline(this.#elements)
  }

  /** What the engine dropped and cut so far. */
  get counters(): Readonly<EngineCounters> {
    return this.#engine.counters
  }

  /** Whether the task is over, by whatever way. */
  hasFinished(): boolean {
    return this.#phase === 'finished'
  }

  /** Settles when StartFrame has reached the sink, or rejects when the task ends before. */
  get started(): Promise<void> {
    return this.#started.promise
  }

  /**
   * Runs until an EndFrame, StopFrame or cancel has gone through and everything is cleaned up. It never rejects for
   * what a processor does.
   *
   * @throws PcError `task-already-run` on a second call.
   */
  async run(options: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.#phase !== 'created' && this.#phase !== 'finished') {
      throw new PcError('This task runs already; make a new one.', { code: 'task-already-run', kind: 'config' })
    }
    if (this.#phase === 'finished') return
    this.#phase = 'starting'
    const onAbort = (): void => void this.cancel('aborted from outside')
    options.signal?.addEventListener('abort', onAbort, { once: true })
    if (options.signal?.aborted) onAbort()
    if (await this.#setUp()) this.#start()
    const terminal = await this.#finished.promise
    options.signal?.removeEventListener('abort', onAbort)
    if (terminal.type !== 'StopFrame') {
      this.#engine.kill('the task is over')
      await this.#hooks.cleanUp()
    }
    this.#phase = 'finished'
    this.#observers.finished()
    this.#events.emit('pipelineFinished', terminal)
  }

  /** Puts a frame in at the source, or with `upstream` at the sink. Ordered ones wait while queues ahead are crowded. */
  async queueFrame(frame: Frame, direction: FrameDirection = 'downstream'): Promise<void> {
    if (frame.type === 'CancelFrame') {
      void this.cancel((frame as CancelFrame).reason)
      return
    }
    if (this.#phase === 'created' || this.#phase === 'starting') {
      this.#beforeStart.push([frame, direction])
      return
    }
    // An end has its deadline from here on, also while it waits to get in.
    if (frame.type === 'EndFrame' || frame.type === 'StopFrame') this.#beginEnd()
    if (frame.lane === 'ordered') await this.#engine.pressure.ready(null, direction)
    this.#enter(frame, direction)
  }

  /** Puts frames in one after another, from an array or a stream. */
  async queueFrames(frames: Iterable<Frame> | AsyncIterable<Frame>): Promise<void> {
    for await (const frame of frames) await this.queueFrame(frame)
  }

  /** Ends gracefully, behind everything queued. */
  async stopWhenDone(): Promise<void> {
    await this.queueFrame(new EndFrame())
  }

  /**
   * Ends now. It goes past every queue and a stuck end, waits for cancel hooks up to `cancelTimeoutSecs` and settles
   * when the task is over.
   */
  cancel(reason?: string): Promise<void> {
    if (this.#phase === 'finished') return Promise.resolve()
    return (this.#cancelling ??= this.#cancel(new CancelFrame(reason)))
  }

  /** Sends a probe through the pipeline and back: true when all that was ahead of it has been handled. */
  async flushPipeline(timeoutSecs = 5): Promise<boolean> {
    const probe = new PipelineFlushFrame(++this.#lastProbe)
    const back = new Promise<void>((resolve) => this.#probes.set(probe.probeId, resolve))
    void this.queueFrame(probe)
    const inTime = await within(this.runtime.clock, timeoutSecs * 1000, back)
    this.#probes.delete(probe.probeId)
    return inTime
  }

  /** Says that work goes on, so that a graceful end keeps waiting. */
  progress(): void {
    this.#endWatch.progress()
  }

  async #setUp(): Promise<boolean> {
    const setup: PipelineSetup = {
      runtime: this.runtime,
      params: this.params.start,
      task: this,
      processors: this.processors,
      appResources: this.#options.appResources,
    }
    const late = await this.#hooks.setUp(setup, this.#finished.promise)
    if (this.#terminal !== undefined) return false
    if (late.length === 0) return true
    this.#events.emit('setupTimeout', late)
    void this.cancel(`setup of ${late.join(', ')} took too long`)
    return false
  }

  #start(): void {
    const timer = this.runtime.clock.setTimeout(
      () => {
        const holders = this.#engine.holders()
        this.#events.emit('pipelineTimeout', 'StartFrame', holders)
        void this.cancel(`${holders.join(', ')} did not start in time`)
      },
      (this.#options.startTimeoutSecs ?? 20) * 1000,
    )
    const settle = (): void => timer.cancel()
    this.#started.promise.then(settle, settle)
    this.#enter(new StartFrame(this.params.start), 'downstream')
  }

  #enter(frame: Frame, direction: FrameDirection): void {
    if (frame.type === 'EndFrame' || frame.type === 'StopFrame') this.#beginEnd()
    const { head, tail } = this.#chain
    const entry = direction === 'downstream' ? head : tail
    if (entry !== null) entry.accept(frame, direction)
    else if (direction === 'downstream') this.#atSink(frame)
    else this.#atSource(frame)
  }

  #atSink(frame: Frame): void {
    if (this.#engine.steer(frame)) return
    this.#observeEnd(frame, 'downstream')
    switch (frame.type) {
      case 'StartFrame':
        this.#reachedStart(frame as StartFrame)
        return
      case 'EndFrame':
      case 'StopFrame':
        this.#finish(frame as EndFrame | StopFrame)
        return
      case 'EndTaskFrame':
      case 'StopTaskFrame':
      case 'PipelineFlushFrame':
        this.#enter(frame.with({}), 'upstream') // A copy: parallel pipelines have let this one out.
        return
      case 'HeartbeatFrame':
        this.#heartbeats?.arrived()
        return
      default:
        if (this.#events.has('frameReachedDownstream')) this.#events.emit('frameReachedDownstream', frame)
    }
  }

  #atSource(frame: Frame): void {
    if (this.#engine.steer(frame)) return
    this.#observeEnd(frame, 'upstream')
    switch (frame.type) {
      case 'EndTaskFrame':
        void this.queueFrame(new EndFrame((frame as EndTaskFrame).reason))
        return
      case 'StopTaskFrame':
        void this.queueFrame(new StopFrame())
        return
      case 'PipelineFlushFrame':
        this.#probes.get((frame as PipelineFlushFrame).probeId)?.()
        return
      case 'ErrorFrame':
        this.#events.emit('pipelineError', frame as ErrorFrame)
        if ((frame as ErrorFrame).fatal) void this.cancel(`fatal error of ${(frame as ErrorFrame).processor}`)
        return
      default:
        if (this.#events.has('frameReachedUpstream')) this.#events.emit('frameReachedUpstream', frame)
    }
  }

  #observeEnd(frame: Frame, direction: FrameDirection): void {
    if (!isObserved(frame)) return
    const from = direction === 'downstream' ? this.#chain.tail : this.#chain.head
    this.#engine.observe(null, from, frame, direction)
  }

  #reachedStart(frame: StartFrame): void {
    if (this.#phase !== 'starting') return
    this.#phase = 'running'
    this.#started.resolve()
    this.#observers.started(frame)
    this.#events.emit('pipelineStarted', frame)
    this.#idle?.start()
    this.#heartbeats?.start()
    this.#observers.add(metricsObserver(this.#events))
    const zeros = this.params.enableMetrics && this.params.sendInitialEmptyMetrics
    const data = zeros ? emptyMetrics(this.processors) : []
    if (data.length > 0) this.#enter(new MetricsFrame(data), 'downstream')
    for (const [queued, direction] of this.#beforeStart.splice(0)) this.#enter(queued, direction)
  }

  #beginEnd(): void {
    if (this.#terminal !== undefined) return
    if (this.#phase === 'running') this.#phase = 'ending'
    this.#endWatch.start()
  }

  #endIsStuck(): void {
    const holders = this.#engine.holders()
    this.#events.emit('pipelineTimeout', 'EndFrame', holders)
    void this.cancel(`${holders.join(', ') || 'nobody'} held the end up`)
  }

  #finish(frame: TerminalFrame): void {
    if (this.#terminal !== undefined) return
    this.#terminal = frame
    this.#endWatch.stop()
    this.#idle?.stop()
    this.#heartbeats?.stop()
    this.#started.reject(new PcError('The task ended before it had started.', { code: 'not-started', kind: 'aborted' }))
    this.#finished.resolve(frame)
  }

  async #cancel(frame: CancelFrame): Promise<void> {
    const ran = this.#phase !== 'created'
    if (this.#terminal === undefined) {
      this.#phase = 'cancelling'
      this.#engine.kill(frame.reason ?? 'cancelled')
      this.#engine.observe(null, null, frame, 'downstream')
      if (ran) await this.#callCancelHooks(frame)
      this.#finish(frame)
    }
    if (!ran) {
      this.#phase = 'finished'
      this.#events.emit('pipelineFinished', frame)
      return
    }
    await new Promise<void>((resolve) => {
      if (this.hasFinished()) resolve()
      else this.#events.once('pipelineFinished', () => resolve())
    })
  }

  async #callCancelHooks(frame: CancelFrame): Promise<void> {
    const late = await this.#hooks.cancel(frame)
    if (late.length > 0) this.#events.emit('pipelineTimeout', 'CancelFrame', late)
  }

  #makeIdleMonitor(): IdleMonitor | undefined {
    const timeoutSecs = this.#options.idleTimeoutSecs === undefined ? 300 : this.#options.idleTimeoutSecs
    if (timeoutSecs === null) return undefined
    const monitor = new IdleMonitor(this.runtime.clock, {
      timeoutSecs,
      frames: this.#options.idleTimeoutFrames ?? ['BotSpeakingFrame', 'UserSpeakingFrame'],
      onIdle: () => {
        if (this.#phase === 'cancelling') return
        this.#events.emit('idleTimeout')
        if (this.#options.cancelOnIdleTimeout !== false) void this.cancel('idle')
      },
    })
    this.#observers.add(monitor.observer)
    return monitor
  }

  #makeHeartbeats(): HeartbeatMonitor | undefined {
    if (!this.params.enableHeartbeats) return undefined
    return new HeartbeatMonitor(this.runtime.clock, {
      periodSecs: this.params.heartbeatsPeriodSecs,
      monitorSecs: this.params.heartbeatsMonitorSecs,
      send: (frame: HeartbeatFrame) => this.#enter(frame, 'downstream'),
      onTimeout: () => this.#events.emit('heartbeatTimeout'),
    })
  }
}
