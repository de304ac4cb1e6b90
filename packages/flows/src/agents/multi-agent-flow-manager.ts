import { Emitter, type EventArguments, type EventOfPythonName, type PythonEventName } from '@pc/core'
import { FlowDefinitionError, FlowError, FlowInitializationError } from '../definition/errors.ts'
import type { FlowNode } from '../definition/flow-node.ts'
import type { Json } from '../definition/json.ts'
import { isNode, type NodeConfig } from '../definition/node-config.ts'
import { type Callback, isOutcome, silent, type Stay } from '../definition/outcome.ts'
import type { FlowMiddleware } from '../manager/call-runner.ts'
import type { FlowHost } from '../manager/flow-host.ts'
import {
  FlowManager,
  type FlowManagerEvents,
  type FlowManagerOptions,
  type FlowManagerParts,
  type InitializeOptions,
} from '../manager/flow-manager.ts'
import { partsOf, PipelineHost } from '../manager/pipeline-host.ts'
import { wrapHost } from '../manager/wrap-host.ts'
import { parseSnapshot } from '../snapshot/flow-snapshot.ts'
import type { AgentMap, AgentOutput, AgentTeam } from './agent.ts'
import { AgentDesk } from './agent-desk.ts'
import { AgentDress } from './agent-dress.ts'
import { SUMMARY_PROMPT } from './briefing.ts'
import { defineAgents } from './define-agents.ts'
import type { Handoff, HandoffContext, HandoffOptions } from './handoff.ts'
import { transferFunctions } from './transfer-functions.ts'

/** The agents of a {@link MultiAgentFlowManager}: a team, or the agents themselves, of whom the first begins. */
export type AgentsOption<Agents extends AgentMap> =
  | { readonly team: AgentTeam<Agents>; readonly agents?: undefined; readonly initialAgent?: undefined }
  | {
      readonly agents: Agents
      /** Default: the first. */
      readonly initialAgent?: (keyof Agents & string) | undefined
      readonly team?: undefined
    }

/** What {@link MultiAgentFlowManager} takes. */
export type MultiAgentOptions<Agents extends AgentMap = AgentMap> = FlowManagerParts &
  Omit<FlowManagerOptions, keyof FlowManagerParts | 'flow' | 'flowConfig'> &
  AgentsOption<Agents> & {
    /** Offers the model `transfer_to_<agent>` for each other agent. Default true. */
    readonly transferFunctions?: boolean | undefined
    /** So often the agents may hand over without a word of the user. Default 5. */
    readonly maxHandoffs?: number | undefined
    /** What the model is asked for on handing over. */
    readonly summaryPrompt?: string | undefined
    /** A summary that takes longer is done without, seconds. Default 3. */
    readonly summaryTimeoutSecs?: number | undefined
    /** So many of the last turns are handed on word for word where there is no summary. Default 6. */
    readonly verbatimTurns?: number | undefined
  }

/** The events of {@link MultiAgentFlowManager}. */
export interface MultiAgentEvents extends FlowManagerEvents {
  /** Another agent leads the conversation: one that took over, or one that goes on. */
  agentChanged: readonly [agent: string, previous: string]
  /** An agent was handed the conversation, or was handed it back. */
  handoff: readonly [handoff: Handoff]
}

/** A hand-off that waits for what the other agent comes back with. */
export type ReturningHandoff = HandoffOptions & { readonly return: true }

type TeamEvents = Pick<MultiAgentEvents, 'agentChanged' | 'handoff'>

/**
 * Leads a conversation in which several agents take turns, each with a flow of its own. They share one state.
 *
 * ```ts
 * const manager = new MultiAgentFlowManager({ task, llm, contextAggregator, team })
 * await manager.initialize()
 * await manager.routeToAgent('billing', { reason: 'double charge' })
 * ```
 */
export class MultiAgentFlowManager<Agents extends AgentMap = AgentMap> extends FlowManager {
  readonly agents: Agents
  readonly #desk: AgentDesk
  readonly #team = new Emitter<TeamEvents>()
  readonly #calls: { running: number }
  #begun = false

  /**
   * @throws FlowDefinitionError for agents that do not hold; FlowError when the pipeline lacks a part, such as the model of
   * an agent.
   */
  constructor(options: MultiAgentOptions<Agents>) {
    const team = teamOf<Agents>(options)
    const desk = new AgentDesk(team, {
      maxHandoffs: options.maxHandoffs ?? 5,
      summaryPrompt: options.summaryPrompt ?? SUMMARY_PROMPT,
      summaryTimeoutSecs: options.summaryTimeoutSecs ?? 3,
      verbatimTurns: options.verbatimTurns ?? 6,
    })
    const host = teamHost(options, team, desk)
    const calls = { running: 0 }
    const { store, globalFunctions = [], transferFunctions: offers = true } = options
    super({
      ...options,
      ...parts(options, host),
      flow: team.agents[team.initial]?.flow,
      flowConfig: undefined,
      flows: desk.flows,
      globalFunctions: offers ? [...globalFunctions, ...transferFunctions(team, desk)] : globalFunctions,
      middleware: teamMiddleware(options.middleware, desk, calls),
      store: store && {
        save: (id, snapshot) => store.save(id, snapshot),
        delete: (id) => store.delete(id),
        load: async (id) => {
          const snapshot = await store.load(id)
          if (snapshot !== undefined) await desk.restore(parseSnapshot(snapshot))
          return snapshot
        },
      },
    })
    this.agents = team.agents
    this.#desk = desk
    this.#calls = calls
    desk.attach({
      engine: this.engine,
      host,
      setFlow: (flow, how) => this.setFlow(flow, how),
      agentChanged: (agent, previous) => this.#team.emit('agentChanged', agent, previous),
      handedOff: (handoff) => this.#team.emit('handoff', handoff),
    })
    this.on('userStarted', () => desk.userStarted())
    this.on('ended', () => desk.ended())
  }

  /** The name of the agent who leads the conversation. */
  get currentAgent(): keyof Agents & string {
    return this.#desk.current
  }

  /** The latest hand-off; `undefined` before the first. */
  get handoff(): Handoff | undefined {
    return this.#desk.handoff
  }

  /**
   * Hands the conversation over. Settles when the agent's first node is entered. With `return` it settles when the agent
   * has come back, with what its flow gave by `done`; a handler of a function must not wait for that, it returns
   * {@link transferTo}.
   *
   * @param context - is told the agent; what it has under `reason` is the reason.
   * @throws UnknownAgentError; FlowError `handoff-loop` when agents hand over to each other without end,
   * `handoff-in-function` for a function that would wait for itself, `agent-did-not-return` when the conversation took
   * another way; FlowTransitionError before `initialize`. The agent of before goes on then.
   */
  routeToAgent<Name extends keyof Agents & string>(
    agent: Name,
    context: HandoffContext | undefined,
    options: ReturningHandoff,
  ): Promise<AgentOutput<Agents[Name]>>
  routeToAgent(
    agent: keyof Agents & string,
    context?: HandoffContext,
    options?: HandoffOptions & { readonly return?: false | undefined },
  ): Promise<void>
  routeToAgent(
    agent: keyof Agents & string,
    context: HandoffContext = {},
    options: HandoffOptions = {},
  ): Promise<unknown> {
    const routed = this.#route(agent, context, options)
    // Who does not wait for a result need not hear that there is none.
    if (options.return === true) routed.catch(() => {})
    return routed
  }

  async #route(agent: string, context: HandoffContext, options: HandoffOptions): Promise<unknown> {
    if (options.return === true && this.#calls.running > 0) {
      const message = `A function runs: it would wait for '${agent}', and '${agent}' for its result. Return transferTo('${agent}', ..., { return: true }) from its handler instead.`
      throw new FlowError(message, { code: 'handoff-in-function', kind: 'config' })
    }
    const output = await this.#desk.route(agent, context, options)
    return options.return === true ? output : undefined
  }

  /**
   * What a handler returns to hand the conversation over: `return manager.transferTo('billing', { reason })`. The model
   * that called the function is not asked again; with `return` it is when the agent has come back.
   *
   * @throws UnknownAgentError
   */
  transferTo(
    agent: keyof Agents & string,
    context: HandoffContext = {},
    options: HandoffOptions = {},
  ): Callback | Stay {
    return this.#desk.transfer(agent, context, options)
  }

  override async initialize(node?: FlowNode | NodeConfig | InitializeOptions): Promise<void> {
    const resume = isNode(node) ? undefined : node?.resume
    if (this.#begun) return super.initialize(node)
    let first
    try {
      if (resume !== undefined) await this.#desk.restore(parseSnapshot(resume))
      else if (!isNode(node)) first = await this.#desk.firstFlow()
    } catch (cause) {
      if (cause instanceof FlowInitializationError) throw cause
      throw new FlowInitializationError('The first agent gives no node to begin with.', { cause })
    }
    await super.initialize(node)
    this.#begun = true
    // Unless a store had more.
    if (first !== undefined && this.currentNode === null) await this.setFlow(first, { state: this.state })
  }

  override on<K extends keyof FlowManagerEvents>(
    event: K,
    listener: (...args: EventArguments<FlowManagerEvents, K>) => unknown,
  ): () => void
  override on<K extends keyof MultiAgentEvents>(
    event: K,
    listener: (...args: EventArguments<MultiAgentEvents, K>) => unknown,
  ): () => void
  override on(event: keyof MultiAgentEvents, listener: (...args: never[]) => unknown): () => void {
    if (event === 'agentChanged' || event === 'handoff') return this.#team.on(event, listener as never)
    return super.on(event, listener as never)
  }

  override eventHandler<
    Name extends PythonEventName<keyof FlowManagerEvents>,
    K extends EventOfPythonName<FlowManagerEvents, Name>,
  >(event: Name, listener: (...args: EventArguments<FlowManagerEvents, K>) => unknown): () => void
  override eventHandler<
    Name extends PythonEventName<keyof MultiAgentEvents>,
    K extends EventOfPythonName<MultiAgentEvents, Name>,
  >(event: Name, listener: (...args: EventArguments<MultiAgentEvents, K>) => unknown): () => void
  override eventHandler(
    event: PythonEventName<keyof MultiAgentEvents>,
    listener: (...args: never[]) => unknown,
  ): () => void {
    if (event === 'on_agent_changed' || event === 'on_handoff') return this.#team.eventHandler(event, listener as never)
    return super.eventHandler(event, listener as never)
  }

  protected override flowDone(output: Json): boolean {
    return this.#desk.flowDone(output)
  }
}

function teamOf<Agents extends AgentMap>({ team, agents, initialAgent }: AgentsOption<Agents>): AgentTeam<Agents> {
  if (team !== undefined) return team
  const initial = initialAgent ?? Object.keys(agents)[0]
  if (initial !== undefined) return defineAgents({ initial, agents })
  throw new FlowDefinitionError('The agents do not hold', [
    { path: 'agents', message: 'there is none: give at least one' },
  ])
}

function parts({ task }: Pick<FlowManagerOptions, 'task'>, host: FlowHost) {
  return { host, task, llm: undefined, contextAggregator: undefined }
}

/** Entering a node is where an agent takes over: it gets its model and voice then. */
function teamHost(options: FlowManagerParts, { agents }: AgentTeam, desk: AgentDesk): FlowHost {
  const host = options.host ?? new PipelineHost(partsOf(options))
  const dress = options.task && new AgentDress(options.task, agents)
  return wrapHost(host, {
    configure: async (update) => {
      const agent = agents[desk.current]
      if (agent !== undefined) await dress?.wear(agent)
      await host.configure({ ...update, model: update.model ?? agent?.model })
      desk.arrived()
    },
  })
}

/** A function during which another agent took over leads nowhere any more, and its agent is not asked again. */
function teamMiddleware(
  given: FlowMiddleware | undefined,
  desk: AgentDesk,
  calls: { running: number },
): FlowMiddleware {
  return {
    call: async (fn, args, next) => {
      const before = desk.changes
      calls.running++
      try {
        const returned = await (given === undefined ? next() : given.call(fn, args, next))
        if (desk.changes === before) return returned
        if (!isOutcome(returned)) return silent(returned as Json | undefined)
        return silent('result' in returned ? returned.result : undefined)
      } finally {
        calls.running--
      }
    },
  }
}
