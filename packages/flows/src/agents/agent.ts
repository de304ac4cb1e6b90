import type { LLMService } from '@pc/core'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowNode } from '../definition/flow-node.ts'
import type { Json } from '../definition/json.ts'
import type { NodeConfig } from '../definition/node-config.ts'
import type { To } from '../definition/outcome.ts'
import type { Handoff, HandoffHistory } from './handoff.ts'

/** What all agents may have. */
export interface AgentTraits {
  /** What it is for: the model reads it when it decides whom to hand over to. */
  readonly description?: string | undefined
  /** Its model: one of those in an `LLMSwitcher` of the pipeline. Default: the one that was active at the beginning. */
  readonly llm?: LLMService | undefined
  /** The name of its model at the service that is active, where its nodes have none. */
  readonly model?: string | undefined
  /** Its voice. Default: that of the speech service. */
  readonly voice?: string | undefined
  /** What it reads of the conversation when it takes over. Default `share`. */
  readonly history?: HandoffHistory | undefined
  /** Said by the agent before it, on handing over. */
  readonly say?: string | undefined
  /** When its flow ends by `done`, the agent before it goes on where it was. Default false: the conversation ends. */
  readonly return?: boolean | undefined
  /** Handed over to again, it goes on where it was. Default false: it begins anew. */
  readonly keepAlive?: boolean | undefined
}

/** An agent that leads the conversation along a flow. */
export interface FlowAgent extends AgentTraits {
  readonly flow: FlowDefinition
  /**
   * Where it takes over: `(handoff) => to('verify', { input: handoff.customerContext })`. At the beginning of a
   * conversation, and by default, it is the initial node of the flow.
   */
  readonly entry?: ((handoff: Handoff) => To | Promise<To>) | undefined
  readonly getInitialNode?: undefined
}

/** An agent that makes the node it begins with, which is entered as `<agent>_entry`. */
export interface NodeAgent extends AgentTraits {
  /** Asked on each hand-off, and once more after a resume, with the same hand-off: it has to give the same node then. */
  getInitialNode(handoff: Handoff): FlowNode | NodeConfig | Promise<FlowNode | NodeConfig>
  readonly flow?: undefined
  readonly entry?: undefined
}

/** One who can lead a conversation. */
export type Agent = FlowAgent | NodeAgent

/** Agents by name. */
export type AgentMap = Readonly<Record<string, Agent>>

/** What an agent comes back with: what its flow gives by `done`. */
export type AgentOutput<A> = A extends { readonly flow: { readonly '~output'?: infer Output } }
  ? Exclude<Output, undefined> extends infer Given extends Json
    ? Given
    : Json
  : Json

/** Agents, and the one who begins; `defineAgents` makes it. */
export interface AgentTeam<Agents extends AgentMap = AgentMap> {
  readonly initial: string
  readonly agents: Agents
}
