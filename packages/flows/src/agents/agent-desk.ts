import type { Message } from '@pc/core'
import { FlowError, FlowTransitionError, UnknownAgentError } from '../definition/errors.ts'
import type { FlowState } from '../definition/flow-context.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import { isOfUser } from '../definition/is-of-user.ts'
import type { Json } from '../definition/json.ts'
import { asNode } from '../definition/node-config.ts'
import { type Callback, stay, type Stay } from '../definition/outcome.ts'
import type { FlowEngine } from '../manager/flow-engine.ts'
import type { FlowHost } from '../manager/flow-host.ts'
import type { SetFlowOptions } from '../manager/flow-manager.ts'
import { NO_FLOW } from '../manager/no-flow.ts'
import { type FlowSnapshot, refused } from '../snapshot/flow-snapshot.ts'
import { restoreRuns, withSubFlows } from '../snapshot/resume.ts'
import type { Agent, AgentTeam } from './agent.ts'
import { brief, type BriefingOptions, handBackNote, jsonOf, recall, takeOverMessages } from './briefing.ts'
import type { Handoff, HandoffContext, HandoffHistory, HandoffOptions } from './handoff.ts'
import { isTeamMemo, memoJson, type Place, type SavedPlace, savePlace } from './place.ts'
import { type WaitingAgent, WaitingAgents } from './waiting-agents.ts'

/** What an {@link AgentDesk} needs of its manager. */
export interface DeskManager {
  readonly engine: FlowEngine
  readonly host: FlowHost
  setFlow(flow: FlowDefinition, options: SetFlowOptions): Promise<void>
  agentChanged(agent: string, previous: string): void
  handedOff(handoff: Handoff): void
}

/** How an {@link AgentDesk} works. */
export interface DeskOptions extends BriefingOptions {
  /** Without a word of the user. */
  readonly maxHandoffs: number
}

/** A hand-off under way. */
interface Handing {
  readonly agent: string
  readonly context: HandoffContext
  readonly reason: string | undefined
  readonly history: HandoffHistory
  readonly say: string | undefined
  readonly returns: boolean
  /** Who waits for what the agent comes back with. */
  readonly output: PromiseWithResolvers<Json> | undefined
}

/** A hand-off that was prepared: it counts when the new agent's node is entered. */
interface Arrival {
  readonly flow: FlowDefinition
  readonly handoff: Handoff
  readonly left?: Place | undefined
  readonly handing?: Handing | undefined
}

/** Knows who leads a conversation, who waits and who was before, and hands it over. */
export class AgentDesk {
  /** All that a snapshot may be of. */
  readonly flows: FlowDefinition[]
  readonly #team: AgentTeam
  readonly #options: DeskOptions
  readonly #agentOf = new WeakMap<FlowDefinition, string>()
  #manager: DeskManager | undefined = undefined
  #known: string
  #handoff: Handoff | undefined = undefined
  #path: readonly string[]
  #entries: Record<string, Handoff> = {}
  #arrival: Arrival | undefined = undefined
  readonly #waiting = new WaitingAgents()
  readonly #kept = new Map<string, Place>()
  #sinceUser = 0
  #lastUser: Message | undefined = undefined
  #changes = 0

  constructor(team: AgentTeam, options: DeskOptions) {
    this.#team = team
    this.#options = options
    this.#known = team.initial
    this.#path = [team.initial]
    const agents = Object.entries(team.agents)
    for (const [name, { flow }] of agents) if (flow !== undefined) this.#agentOf.set(flow, name)
    this.flows = agents.flatMap(([, { flow }]) => (flow === undefined ? [] : [flow]))
  }

  attach(manager: DeskManager): void {
    this.#manager = manager
    manager.engine.memo = () => this.#memo()
  }

  /** Who leads the conversation. */
  get current(): string {
    const flow = this.#manager?.engine.navigator.runs[0]?.flow
    return (flow && this.#agentOf.get(flow)) ?? this.#known
  }

  /** The latest hand-off. */
  get handoff(): Handoff | undefined {
    return this.#handoff
  }

  /** Counts how often another agent took over, or one came back. */
  get changes(): number {
    return this.#changes
  }

  userStarted(): void {
    this.#sinceUser = 0
  }

  /** The flow that begins with the node that the first agent makes; `undefined` where it has a flow. */
  async firstFlow(): Promise<FlowDefinition | undefined> {
    const { initial, agents } = this.#team
    if (agents[initial]?.flow !== undefined) return undefined
    const handoff = this.#record({ agent: initial, context: {}, reason: undefined }, '', null)
    return this.#entryFlow(initial, handoff)
  }

  /**
   * Hands over. Settles when the other agent's first node is entered; at once while the conversation moves elsewhere, which
   * would wait for itself; with `output`, when the agent has come back.
   */
  async route(name: string, context: HandoffContext, options: HandoffOptions): Promise<Json> {
    const { engine } = this.#expectManager()
    const handing = this.#handing(name, context, options, options.return === true)
    if (engine.isOver) throw new FlowTransitionError(`Not handed over to '${name}': the conversation is over.`)
    const refusal = this.#refusal(name)
    if (refusal !== undefined) {
      engine.failed(refusal)
      throw refusal
    }
    const { output } = handing
    // What nobody waits for is nobody's error.
    output?.promise.catch(() => {})
    const cause = { by: 'setNode' as const }
    let prepared: (() => Promise<void>) | undefined
    const prepare = async (): Promise<void> => {
      prepared = await this.#prepare(handing)
    }
    if (engine.navigator.isMoving) {
      const run = async (): Promise<void> => (await this.#prepare(handing))()
      await engine.navigator.go({ kind: 'work', cause, run })
    } else {
      await engine.navigator.go({ kind: 'work', cause, run: prepare })
      await prepared?.()
    }
    return output === undefined ? null : output.promise
  }

  /** As the outcome of a function: the hand-off happens when all calls have settled, and the old agent is not asked again. */
  transfer(name: string, context: HandoffContext, options: HandoffOptions): Callback | Stay {
    const handing = this.#handing(name, context, options, false)
    const refusal = this.#refusal(name)
    if (refusal !== undefined) {
      this.#expectManager().engine.failed(refusal)
      return stay({ status: 'error', error: refusal.message })
    }
    const run = async (): Promise<void> => (await this.#prepare(handing))()
    return { kind: 'callback', result: { status: 'handing over', to: name }, run }
  }

  /** The conversation's own flow is over. True: who waits for its agent goes on. */
  flowDone(output: Json): boolean {
    const waiting = this.#waiting.pop()
    if (waiting === undefined) return false
    const { navigator } = this.#expectManager().engine
    const cause = { by: 'return' as const }
    void navigator.go({ kind: 'work', cause, run: () => this.#comeBack(waiting, output) })
    return true
  }

  /** Nobody comes back any more. */
  ended(): void {
    this.#waiting.dropAll()
  }

  /** The model was told of a node. */
  arrived(): void {
    const flow = this.#manager?.engine.navigator.runs[0]?.flow
    const agent = flow && this.#agentOf.get(flow)
    if (agent === undefined) return
    const arrival = this.#arrival?.flow === flow ? this.#arrival : undefined
    const previous = this.#known
    this.#known = agent
    if (arrival !== undefined) this.#count(arrival)
    const manager = this.#expectManager()
    if (agent !== previous) manager.agentChanged(agent, previous)
    if (arrival !== undefined) manager.handedOff(arrival.handoff)
  }

  /**
   * Makes ready for a snapshot: the flows that it is of, and what it says of the team.
   *
   * @throws FlowInitializationError when that does not hold.
   */
  async restore(snapshot: FlowSnapshot): Promise<void> {
    const { memo } = snapshot
    if (!isTeamMemo(memo)) throw refused('it says nothing of agents')
    for (const [name, handoff] of Object.entries(memo.entries)) {
      if (!Object.hasOwn(this.#team.agents, name)) throw refused(`there is no agent '${name}'`)
      await this.#entryFlow(name, handoff)
    }
    this.#path = memo.path
    this.#handoff = memo.handoff
    this.#known = memo.path.at(-1) ?? this.#team.initial
    this.#waiting.dropAll()
    this.#kept.clear()
    for (const saved of memo.waiting) {
      this.#waiting.push({ place: this.#restorePlace(saved), history: saved.history, output: undefined })
    }
    for (const place of memo.kept) this.#kept.set(place.agent, this.#restorePlace(place))
  }

  #handing(agent: string, context: HandoffContext, options: HandoffOptions, waits: boolean): Handing {
    const traits = this.#expectAgent(agent)
    const given = context['reason']
    return {
      agent,
      context,
      reason: options.reason ?? (typeof given === 'string' ? given : undefined),
      history: options.history ?? traits.history ?? 'share',
      say: options.say ?? traits.say,
      returns: options.return ?? traits.return ?? false,
      output: waits ? Promise.withResolvers<Json>() : undefined,
    }
  }

  /** Agents that hand over to each other without end are stopped. */
  #refusal(name: string): FlowError | undefined {
    const last = this.#expectManager().host.messages().findLast(isOfUser)
    if (last !== undefined && last !== this.#lastUser) {
      this.#lastUser = last
      this.#sinceUser = 0
    }
    const { maxHandoffs } = this.#options
    if (this.#sinceUser < maxHandoffs) return undefined
    const message = `Not handed over to '${name}': the agents have handed over ${maxHandoffs} times since the user spoke. '${this.current}' goes on.`
    return new FlowError(message, { code: 'handoff-loop', kind: 'invalid-request', retryable: false })
  }

  /** Says and asks what is to be said and asked before. What it gives enters the agent's node. */
  async #prepare(handing: Handing): Promise<() => Promise<void>> {
    const { engine, host, setFlow } = this.#expectManager()
    const { agent: name, history, say } = handing
    const agent = this.#expectAgent(name)
    const isMade = agent.flow === undefined
    const summary = history === 'summary' || (history === 'share' && isMade)
    const handoff = this.#record(handing, await brief(host, this.#options, { say, history, summary }), this.current)
    const news = takeOverMessages(handoff, history, !isMade)
    const kept = name === this.current ? undefined : this.#kept.get(name)
    if (kept?.runs?.[0] !== undefined) {
      const { flow } = kept.runs[0]
      const run = async (): Promise<void> => {
        this.#arrival = { flow, handoff, left: this.#here(), handing }
        const read = history === 'share' ? recall(kept.messages, host.messages()) : kept.messages
        await this.#goBack(kept, [...read, ...news])
      }
      return () => engine.navigator.go({ kind: 'work', cause: { by: 'setNode' }, run })
    }
    const { flow, node, input } = await this.#entryOf(name, handoff)
    return () => {
      this.#arrival = { flow, handoff, left: this.#here(), handing }
      const context = history === 'share' ? undefined : ('reset' as const)
      return setFlow(flow, { node, input, context, preface: news, state: this.#sharedState(flow) })
    }
  }

  /** Where the conversation is. */
  #here(): Place {
    const { engine, host } = this.#expectManager()
    return { agent: this.current, runs: [...engine.navigator.runs], messages: [...host.messages()] }
  }

  async #entryOf(
    name: string,
    handoff: Handoff,
  ): Promise<{ readonly flow: FlowDefinition; readonly node?: string; readonly input?: Json | undefined }> {
    const { flow, entry } = this.#expectAgent(name)
    if (flow === undefined) return { flow: await this.#entryFlow(name, handoff) }
    const to = await entry?.(handoff)
    // What a hand-off holds is JSON, and so is what is made of it.
    return to === undefined ? { flow } : { flow, node: to.node, input: to.input as Json | undefined }
  }

  /** A flow of the one node that an agent makes, so that a snapshot can be resumed in it. */
  async #entryFlow(name: string, handoff: Handoff): Promise<FlowDefinition> {
    const made = await this.#expectAgent(name).getInitialNode?.(handoff)
    if (made === undefined) throw new FlowTransitionError(`The agent '${name}' gives no node to begin with.`)
    const initialNode = `${name}_entry`
    const flow = { ...NO_FLOW, id: `agent:${name}`, initialNode, nodes: { [initialNode]: asNode(made) } }
    this.#agentOf.set(flow, name)
    this.flows.splice(0, Infinity, ...this.flows.filter(({ id }) => id !== flow.id), flow)
    this.#entries[name] = handoff
    return flow
  }

  /** One state for all; what a flow begins with joins it. */
  #sharedState(flow: FlowDefinition): FlowState {
    const state = this.#expectManager().engine.navigator.runs[0]?.state ?? {}
    for (const [key, value] of Object.entries(structuredClone(flow.initialState)))
      if (!(key in state)) state[key] = value
    return state
  }

  #record(
    { agent, context, reason }: Pick<Handing, 'agent' | 'context' | 'reason'>,
    conversationSummary: string,
    previousAgent: string | null,
  ): Handoff {
    const { host, engine } = this.#expectManager()
    const { state } = engine.navigator.runs[0] ?? {}
    return {
      previousAgent,
      agent,
      conversationSummary,
      customerContext: jsonOf(state?.['customer']),
      additionalContext: context,
      ...(reason !== undefined && { reason }),
      at: new Date(host.runtime.clock.epochMs()).toISOString(),
      path: previousAgent === null ? [agent] : [...this.#path, agent],
    }
  }

  /** The one who was handed over to leads from now on. */
  #count({ handoff, left, handing }: Arrival): void {
    this.#arrival = undefined
    this.#changes++
    this.#handoff = handoff
    this.#path = handoff.path
    const { agent } = handoff
    this.#kept.delete(agent)
    this.#waiting.dropFrom(agent)
    if (left === undefined || handing === undefined) return
    this.#sinceUser++
    const { history, output } = handing
    if (handing.returns) this.#waiting.push({ place: left, history, output })
    else if (left.agent !== agent && this.#expectAgent(left.agent).keepAlive) this.#kept.set(left.agent, left)
  }

  async #comeBack({ place, history, output }: WaitingAgent, result: Json): Promise<void> {
    const { host, setFlow } = this.#expectManager()
    const from = this.current
    const { agent, runs } = place
    const flow = runs?.[0]?.flow
    const reason = `'${from}' is done`
    const handoff = this.#record({ agent, context: { result }, reason }, '', from)
    const note = handBackNote(from, result)
    if (flow !== undefined) {
      this.#arrival = { flow, handoff }
      const read = history === 'share' ? recall(place.messages, host.messages()) : place.messages
      await this.#goBack(place, [...read, note])
    } else {
      const entry = await this.#entryOf(agent, handoff)
      this.#arrival = { flow: entry.flow, handoff }
      const { node, input } = entry
      await setFlow(entry.flow, { node, input, preface: [note], state: this.#sharedState(entry.flow) })
    }
    output?.resolve(result)
  }

  async #goBack({ runs = [] }: Place, messages: readonly Message[]): Promise<void> {
    const { engine } = this.#expectManager()
    const [own] = runs
    if (own !== undefined) own.state = this.#sharedState(own.flow)
    await engine.goBack(runs, messages)
  }

  #memo(): Json {
    return memoJson({
      path: this.#path,
      ...(this.#handoff !== undefined && { handoff: this.#handoff }),
      entries: this.#entries,
      waiting: this.#waiting.saved(),
      kept: [...this.#kept.values()].map(savePlace),
    })
  }

  #restorePlace({ agent, runs, messages }: SavedPlace): Place {
    const { engine } = this.#expectManager()
    return { agent, messages, runs: runs && restoreRuns(runs, this.flows.flatMap(withSubFlows), engine) }
  }

  #expectAgent(name: string): Agent {
    const { agents } = this.#team
    const agent = Object.hasOwn(agents, name) ? agents[name] : undefined
    if (agent !== undefined) return agent
    throw new UnknownAgentError(`Unknown agent: '${name}'. There are: ${Object.keys(agents).join(', ')}.`)
  }

  #expectManager(): DeskManager {
    if (this.#manager !== undefined) return this.#manager
    throw new FlowTransitionError('The agents have no manager yet.', { code: 'not-initialized' })
  }
}
