import { type FrameProcessor, LLMService, LLMSwitcher, MetricsFrame, type PipelineTask } from '@pc/core'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import { flowGraph } from '../machine/flow-graph.ts'
import type { FlowMiddleware } from '../manager/call-runner.ts'
import type { FlowHost } from '../manager/flow-host.ts'
import type { FlowManagerOptions, FlowManagerParts } from '../manager/flow-manager.ts'
import type { FlowInspection, FlowInspector } from '../manager/inspection.ts'
import { type FlowModel, partsOf, PipelineHost } from '../manager/pipeline-host.ts'
import { withSubFlows } from '../snapshot/resume.ts'
import { OptimizedHost } from './optimized-host.ts'
import { Optimizer, type OptimizerOptions } from './optimizer.ts'
import { ReplyRecorder } from './reply-recorder.ts'
import { TurnGate } from './turn-gate.ts'
import { TurnLimiter } from './turn-limiter.ts'

/** The options of a manager that may be optimized: of `FlowManager`, and of managers above it. */
type Optimizable = FlowManagerParts & Pick<FlowManagerOptions, 'inspect' | 'middleware' | 'flow' | 'flows'>

/** One conversation that is optimized; {@link optimize} makes it. */
export interface Optimized {
  /** What it shares with others. */
  readonly optimizer: Optimizer
  /** Goes into the pipeline, right before the model: without it only the flow's own requests are limited. */
  readonly limiter: FrameProcessor
  /**
   * The options of a manager, for it to be optimized: `new FlowManager(optimized.options({ task, flow }))`. Once.
   *
   * @throws FlowError when the pipeline lacks a part.
   */
  options<Options extends Optimizable>(options: Options): Options
}

/**
 * Optimizes one conversation: caches for first replies and for functions, a limit for calls of the model, measurements.
 * Conversations that are given one {@link Optimizer} share them.
 *
 * ```ts
 * const optimizer = new Optimizer({ rateLimiter: { maxCalls: 50 } })
 * const optimized = optimize(optimizer)
 * const task = new PipelineTask(new Pipeline([input, stt, pair.user, optimized.limiter, llm, tts, output, pair.assistant]))
 * const manager = new FlowManager(optimized.options({ task, llm, contextAggregator: pair, flow }))
 * ```
 */
export function optimize(options: Optimizer | OptimizerOptions = {}): Optimized {
  const optimizer = options instanceof Optimizer ? options : new Optimizer(options)
  return new OptimizedConversation(optimizer)
}

class OptimizedConversation implements Optimized {
  readonly optimizer: Optimizer
  readonly limiter: FrameProcessor
  readonly #gate: TurnGate
  #host: FlowHost | undefined = undefined
  #node = ''
  /** When a function has led to another node, milliseconds on the clock. */
  #leftMs: number | undefined = undefined
  /** The node that it is in was entered before. */
  #isBack = false
  #flows: readonly FlowDefinition[] = []

  constructor(optimizer: Optimizer) {
    this.optimizer = optimizer
    const { rateLimiter, metrics } = optimizer
    const clock = () => (this.#host?.runtime ?? this.limiter.runtime).clock
    this.#gate = new TurnGate({ limiter: rateLimiter, metrics, clock })
    this.limiter = new TurnLimiter(this.#gate, optimizer.filler)
  }

  options<Options extends Optimizable>(options: Options): Options {
    const { task, flow, flows = [], inspect, middleware } = options
    const parts = options.host === undefined ? partsOf(options) : undefined
    const inner = options.host ?? new PipelineHost(partsOf(options))
    const { optimizer } = this
    const { clock, log } = inner.runtime
    this.#host = inner
    this.#flows = [...(flow === undefined ? [] : [flow]), ...flows].flatMap(withSubFlows)
    optimizer.responseCache?.use(clock)
    optimizer.functionCache?.use(clock)
    if (task !== undefined && optimizer.rateLimiter !== undefined && !task.processors.includes(this.limiter)) {
      log.log('info', 'The limiter stands in no pipeline: only the requests of the flow itself are limited.')
    }
    let recorder: ReplyRecorder | undefined
    const optimized = new OptimizedHost(inner, {
      optimizer,
      gate: this.#gate,
      settings: () => settingsOf(parts?.llm),
      node: () => this.#node,
      unheard: (work) => {
        if (recorder !== undefined) recorder.isDeaf = true
        try {
          work()
        } finally {
          if (recorder !== undefined) recorder.isDeaf = false
        }
      },
    })
    if (task !== undefined) {
      const { metrics } = optimizer
      const begins = (): ((text: string) => void) | undefined => optimized.replyBegins()
      recorder = new ReplyRecorder({ clock, metrics, node: () => this.#node, begins }, task)
      task.addObserver(recorder)
    }
    return {
      ...options,
      host: optimized.host,
      llm: undefined,
      contextAggregator: undefined,
      inspect: this.#inspector(inspect, task),
      middleware: this.#cached(middleware, inner),
    }
  }

  #inspector(given: FlowInspector | undefined, task: PipelineTask | undefined): FlowInspector {
    const { metrics } = this.optimizer
    const took = (what: 'call' | 'enter', name: string, ms: number): void => {
      const valueSecs = ms / 1000
      metrics.record(what === 'call' ? 'function_time' : 'enter_time', valueSecs, name)
      if (!task?.params.enableMetrics) return
      void task.queueFrame(new MetricsFrame([{ kind: 'processing', processor: `flow.${what} ${name}`, valueSecs }]))
    }
    return (event) => {
      if (event.type === 'flow.call.end') {
        took('call', event.function, event.tookMs)
        if (event.end === 'transition') this.#leftMs = event.atMs
      } else if (event.type === 'flow.transition') {
        this.#isBack = event.cause.by === 'return' || event.cause.by === 'resume'
      } else if (event.type === 'flow.enter') {
        this.#node = event.node
        if (!this.#isBack) took('enter', event.node, event.tookMs)
        if (this.#leftMs !== undefined)
          metrics.record('transition_time', (event.atMs - this.#leftMs) / 1000, event.node)
        this.#leftMs = undefined
        this.#prefetch(event)
      }
      given?.(event)
    }
  }

  #prefetch({ flow: id }: FlowInspection): void {
    const { prefetch } = this.optimizer
    const flow = this.#flows.find((each) => each.id === id)
    if (prefetch === undefined || flow === undefined) return
    const names = new Set(flowGraph(flow).edges.flatMap(({ from, to }) => (from === this.#node ? [to] : [])))
    const nodes = [...names].flatMap((name) => {
      const node = flow.nodes[name]
      return node === undefined || typeof node === 'function' ? [] : [{ ...node, name }]
    })
    const texts = nodes.flatMap(({ say }) => say ?? [])
    if (nodes.length === 0) return
    const failed = (error: unknown): void =>
      this.#host?.runtime.log.log('warn', 'What may come next could not be prepared.', { error })
    void Promise.resolve()
      .then(() => prefetch({ node: this.#node, nodes, texts }))
      .catch(failed)
  }

  #cached(given: FlowMiddleware | undefined, host: FlowHost): FlowMiddleware {
    const { functionCache, metrics } = this.optimizer
    const conversation = host.runtime.newId()
    return {
      call: (fn, args, next) => {
        const run = (): Promise<unknown> => (given === undefined ? next() : given.call(fn, args, next))
        if (functionCache === undefined) return run()
        const record = (hit: boolean): void => metrics.record(hit ? 'cache_hit' : 'cache_miss', 1, fn.name)
        return functionCache.run(fn, args, { next: run, conversation, clock: host.runtime.clock, record })
      },
    }
  }
}

/** What decides a model's answers beside what it reads. */
function settingsOf(llm: FlowModel | undefined): Readonly<Record<string, unknown>> {
  const service = llm instanceof LLMSwitcher ? llm.activeLlm : llm
  // Without the number that tells apart those that were given no name: each conversation has its own.
  const kind = service instanceof LLMService ? service.name.replace(/#\d+$/, '') : undefined
  return { ...service?.settings, service: kind }
}
