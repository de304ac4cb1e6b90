import { BaseObject, type Message, type PipelineTask } from '@pc/core'
import type { ActionHandler } from '../definition/action.ts'
import { FlowError, FlowInitializationError, FlowTransitionError, textOf } from '../definition/errors.ts'
import { type FlowConfig, flowFromConfig } from '../definition/flow-config.ts'
import { asNode, isNode, type NodeConfig } from '../definition/node-config.ts'
import type { FlowManagerView, FlowState } from '../definition/flow-context.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import type { ContextStrategy, FlowNode, NodeFactory } from '../definition/flow-node.ts'
import type { Json } from '../definition/json.ts'
import type { SubFlow } from '../definition/outcome.ts'
import { parseSnapshot } from '../snapshot/flow-snapshot.ts'
import type { FlowStore } from '../snapshot/flow-store.ts'
import { type MigrateSnapshot, restoreSnapshot, takeSnapshot, withSubFlows } from '../snapshot/resume.ts'
import { SnapshotWriter } from '../snapshot/snapshot-writer.ts'
import type { FlowMiddleware } from './call-runner.ts'
import { FlowEngine } from './flow-engine.ts'
import type { FlowHost } from './flow-host.ts'
import { inTime } from './in-time.ts'
import type { FlowEvent, FlowInspector } from './inspection.ts'
import type { Move } from './move.ts'
import type { Navigator } from './navigator.ts'
import { NO_FLOW } from './no-flow.ts'
import { type FlowContextAggregator, type FlowModel, partsOf, PipelineHost } from './pipeline-host.ts'

/** A store that does not answer is waited for no longer, seconds. */
const STORE_TIMEOUT_SECS = 10

/** Where a flow acts: on a pipeline, or on a host of its own, as tests have one. */
export type FlowManagerParts =
  | {
      readonly task: PipelineTask
      /** Default: the first language model of the pipeline. */
      readonly llm?: FlowModel | undefined
      /** Default: the aggregators of the pipeline. */
      readonly contextAggregator?: FlowContextAggregator | undefined
      readonly host?: undefined
    }
  | {
      readonly host: FlowHost
      /** For handlers. */
      readonly task?: PipelineTask | undefined
      readonly llm?: undefined
      readonly contextAggregator?: undefined
    }

/** What {@link FlowManager} takes. */
export type FlowManagerOptions = FlowManagerParts & {
  /** A flow whose nodes are known. Default: none, the application gives each node. */
  readonly flow?: FlowDefinition | undefined
  /** The same in Pipecat's shape. */
  readonly flowConfig?: FlowConfig | undefined
  /** For handlers and actions to use. */
  readonly transport?: unknown
  /** May be called in every node, beside those of the flow. */
  readonly globalFunctions?: readonly FlowFunction[] | undefined
  /** Where a node does not say. Default: that of the flow. */
  readonly contextStrategy?: ContextStrategy | undefined
  /** A function without a limit of its own is given up after so long, seconds. Default 60. */
  readonly functionTimeoutSecs?: number | undefined
  /** The handler of an action, or a transition callback, is given up after so long, seconds. Default 15. */
  readonly actionTimeoutSecs?: number | undefined
  /** Keeps the conversation, so that another process can go on with it; needs `conversationId`. */
  readonly store?: FlowStore | undefined
  readonly conversationId?: string | undefined
  /** Changes snapshots of other versions. Default: they are refused. */
  readonly migrate?: MigrateSnapshot | undefined
  /** More flows that a snapshot may be of, beside `flow` and its sub-flows. */
  readonly flows?: readonly FlowDefinition[] | undefined
  readonly middleware?: FlowMiddleware | undefined
  /** Gets all that happens. */
  readonly inspect?: FlowInspector | undefined
}

/** How a conversation begins. */
export interface InitializeOptions {
  /** Goes on where this was taken. Default: what the store has. */
  readonly resume?: string | undefined
  /** What the initial node is entered with. */
  readonly input?: Json | undefined
  /** Has the model speak after a resume. Default false: nobody is greeted twice. */
  readonly greet?: boolean | undefined
}

/** The events of {@link FlowManager}. */
export interface FlowManagerEvents {
  /** The conversation has come to a node. */
  nodeEntered: readonly [node: string]
  /** Something failed; the conversation goes on. */
  error: readonly [error: FlowError]
  /** The conversation as it is now, to be kept. */
  snapshot: readonly [snapshot: string]
  /** It has gone on where it was. */
  resumed: readonly [node: string | null]
  /** The user's turn has begun. */
  userStarted: readonly []
  ended: readonly []
}

/**
 * Leads a conversation along a flow.
 *
 * ```ts
 * const manager = new FlowManager({ task, llm, contextAggregator, flow: pizza })
 * transport.on('clientConnected', () => manager.initialize())
 * ```
 */
export class FlowManager extends BaseObject<FlowManagerEvents> implements FlowManagerView {
  /** `static` where the nodes are known, `dynamic` where the application gives them. */
  readonly mode: 'static' | 'dynamic'
  readonly initialNode: string | undefined
  /** The transport that the application gave, for handlers. */
  readonly transport: unknown
  readonly task: PipelineTask | undefined
  /** @internal For managers above this one. */
  readonly engine: FlowEngine
  readonly #flow: FlowDefinition
  readonly #options: FlowManagerOptions
  readonly #state: FlowState
  readonly #writer: SnapshotWriter
  #initialized = false

  /** @throws FlowError when the pipeline lacks a part; FlowDefinitionError for a `flowConfig` that does not hold. */
  constructor(options: FlowManagerOptions) {
    super('FlowManager')
    const { flow, flowConfig } = options
    const given = flow ?? (flowConfig && flowFromConfig(flowConfig))
    this.#options = options
    this.#flow = given ?? NO_FLOW
    this.mode = given === undefined ? 'dynamic' : 'static'
    this.initialNode = given?.initialNode
    this.transport = options.transport
    this.task = options.task
    this.#state = structuredClone(this.#flow.initialState)
    this.#writer = new SnapshotWriter(
      (snapshot) => this.#stored(() => this.#keep(snapshot)),
      (cause) =>
        this.#failed(new FlowError('The conversation could not be saved.', { code: 'snapshot-not-saved', cause })),
    )
    this.engine = new FlowEngine({
      ...options,
      host: options.host ?? new PipelineHost(partsOf(options)),
      view: this,
      inspect: (event) => this.#inspect(event),
      failed: (error) => this.#failed(error),
      changed: () => this.#changed(),
      userStarted: () => this.emit('userStarted'),
      ended: () => this.emit('ended'),
      done: (output) => this.flowDone(output),
    })
  }

  /** What the conversation knows, shared by its nodes. A sub-flow has a state of its own while it runs. */
  get state(): FlowState {
    return this.engine.navigator.run?.state ?? this.#state
  }

  get currentNode(): string | null {
    return this.engine.navigator.node
  }

  get currentFunctions(): ReadonlySet<string> {
    return new Set(this.engine.functions)
  }

  /** The nodes by name: those of the flow, and those that were set. */
  get nodes(): Readonly<Record<string, FlowNode | NodeFactory>> {
    return { ...this.#flow.nodes, ...Object.fromEntries(this.engine.navigator.added) }
  }

  /**
   * Begins the conversation: at the flow's initial node, at the given one, or where a snapshot was taken. A second call
   * only warns.
   *
   * @throws FlowInitializationError when that fails; it may be called again then.
   */
  async initialize(node?: FlowNode | NodeConfig | InitializeOptions): Promise<void> {
    if (this.#initialized) {
      this.engine.host.runtime.log.log('warn', 'The flow was initialized before; nothing is done.')
      return
    }
    this.#initialized = true
    try {
      await this.#begin(node)
    } catch (cause) {
      this.#initialized = false
      if (cause instanceof FlowInitializationError) throw cause
      throw new FlowInitializationError(`The flow could not be started: ${textOf(cause)}`, { cause })
    }
  }

  /**
   * Moves to a node: one of the flow, or `config`, which bears the name from now on. While another node is being entered
   * the move waits for that, and the promise does not wait for the move.
   *
   * @throws FlowTransitionError before `initialize`, and for a name that is unknown; the conversation stays where it is.
   */
  async setNode(name: string, config?: FlowNode | NodeConfig): Promise<void> {
    const { added } = this.#expectNavigator()
    if (config !== undefined) added.set(name, asNode(config))
    await this.#go({ kind: 'node', node: name, cause: { by: 'setNode' } })
  }

  /** Moves to a node that is known by its own name, or by none. */
  async setNodeFromConfig(config: FlowNode | NodeConfig): Promise<void> {
    await this.#go({ kind: 'jump', node: asNode(config), cause: { by: 'setNode' } })
  }

  /**
   * Moves to another flow, which takes the place of this one.
   *
   * @throws FlowTransitionError before `initialize`; FlowError when its first node cannot be entered.
   */
  async setFlow(flow: FlowDefinition, options: SetFlowOptions = {}): Promise<void> {
    const { state = structuredClone(flow.initialState), ...rest } = options
    await this.#go({ kind: 'flow', flow, state, ...rest, cause: { by: 'setNode' } })
  }

  /**
   * Has another flow converse on top of this one, which goes on when that is done.
   *
   * @returns what it gave by `done`.
   * @throws FlowTransitionError before `initialize`; FlowError when its first node cannot be entered.
   */
  async callFlow<Output extends Json>(
    flow: SubFlow<Output>,
    options: Pick<SetFlowOptions, 'input' | 'context' | 'preface'> = {},
  ): Promise<Output> {
    const { promise, resolve, reject } = Promise.withResolvers<Json>()
    const waiting = { name: '', args: {}, idempotencyKey: '', outputs: [], resume: resolve }
    await this.#go({ kind: 'call', flow, waiting, failed: reject, cause: { by: 'setNode' }, ...options })
    // What a flow gives is of the type that its definition says.
    return (await promise) as Output
  }

  /** The messages of the conversation. */
  getCurrentContext(): readonly Message[] {
    return this.engine.host.messages()
  }

  /**
   * Says what runs for actions of a type.
   *
   * @throws ActionError when the handler is no function.
   */
  registerAction(type: string, handler: ActionHandler): void {
    this.engine.actions.register(type, handler)
  }

  /**
   * The conversation as text, for `initialize({ resume })` in this process or another.
   *
   * @throws FlowError when the conversation is not there yet, or stands in a node that was made on the spot.
   */
  snapshot(): string {
    const { runs } = this.engine.navigator
    if (runs.length === 0) throw notInitialized()
    const adHoc = runs.find(({ actor }) => actor.isDynamic)
    if (adHoc !== undefined) {
      const message = `The node '${adHoc.actor.node}' was made on the spot: a snapshot could not be resumed in it.`
      throw new FlowError(message, { code: 'snapshot-of-ad-hoc-node', kind: 'config' })
    }
    return takeSnapshot(this.engine)
  }

  /** Settles when all that is to be kept was kept. */
  saved(): Promise<void> {
    return this.#writer.flushed()
  }

  /** The conversation's own flow has given its output. True: the conversation goes on all the same. */
  protected flowDone(_output: Json): boolean {
    return false
  }

  async #begin(given: FlowNode | NodeConfig | InitializeOptions | undefined): Promise<void> {
    const node = isNode(given) ? asNode(given) : undefined
    const { resume, input, greet }: InitializeOptions = isNode(given) ? {} : (given ?? {})
    const saved = resume ?? (await this.#load())
    const { navigator, host } = this.engine
    if (saved !== undefined) {
      const { flows = [], migrate } = this.#options
      const known = [this.#flow, ...flows].flatMap(withSubFlows)
      await restoreSnapshot(parseSnapshot(saved), this.engine, known, migrate)
      this.emit('resumed', this.currentNode)
      if (greet === true) host.run()
    } else if (node === undefined && this.mode === 'dynamic') navigator.prepare(this.#flow, this.#state)
    else {
      const cause = { by: 'initialize' } as const
      await navigator.go({ kind: 'flow', flow: this.#flow, state: this.#state, node, input, cause })
    }
  }

  async #go(move: Move): Promise<void> {
    await this.#expectNavigator().go(move)
  }

  #expectNavigator(): Navigator {
    if (!this.#initialized) throw notInitialized()
    return this.engine.navigator
  }

  async #load(): Promise<string | undefined> {
    const { store, conversationId } = this.#options
    if (store === undefined) return undefined
    if (conversationId === undefined || conversationId === '') {
      throw new FlowInitializationError('A store needs a conversationId, to know this conversation by.', {
        kind: 'config',
      })
    }
    return this.#stored(() => store.load(conversationId))
  }

  #stored<T>(work: () => Promise<T>): Promise<T> {
    return inTime(this.engine.host.runtime.clock, STORE_TIMEOUT_SECS, work)
  }

  #changed(): void {
    const { navigator, isOver } = this.engine
    const wanted = this.#options.store !== undefined || this.has('snapshot')
    if (!wanted || navigator.runs.length === 0 || navigator.runs.some(({ actor }) => actor.isDynamic)) return
    this.#writer.save(() => (isOver ? '' : takeSnapshot(this.engine)))
  }

  /** What is over is not kept. */
  async #keep(snapshot: string): Promise<void> {
    const { store, conversationId = '' } = this.#options
    if (snapshot === '') await store?.delete(conversationId)
    else {
      this.emit('snapshot', snapshot)
      await store?.save(conversationId, snapshot)
    }
  }

  #inspect(event: () => FlowEvent): void {
    const { inspect } = this.#options
    if (inspect === undefined && !this.has('nodeEntered')) return
    const happened = event()
    if (happened.type === 'flow.transition' && happened.cause.by !== 'resume') this.emit('nodeEntered', happened.to)
    const flow = this.engine.navigator.run?.flow.id ?? this.#flow.id
    const { clock, log } = this.engine.host.runtime
    try {
      inspect?.({ ...happened, atMs: clock.nowMs(), flow })
    } catch (error) {
      log.log('error', `An inspector failed at ${happened.type}.`, { error })
    }
  }

  #failed(error: FlowError): void {
    const { log } = this.engine.host.runtime
    log.log('error', error.message, { error })
    this.emit('error', error)
    this.#inspect(() => ({ type: 'flow.error', node: this.currentNode, error }))
  }
}

function notInitialized(): FlowTransitionError {
  const message = 'The flow was not initialized: call initialize() first.'
  return new FlowTransitionError(message, { code: 'not-initialized' })
}

/** How another flow begins. */
export interface SetFlowOptions {
  /** Where, if not at its initial node. */
  readonly node?: FlowNode | string | undefined
  readonly input?: Json | undefined
  /** How the history is treated. Default: as the node says. */
  readonly context?: ContextStrategy | undefined
  /** Messages for the model, ahead of the task of the first node. */
  readonly preface?: readonly Message[] | undefined
  /** Default: what the flow begins with. */
  readonly state?: FlowState | undefined
}
