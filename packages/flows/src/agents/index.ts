export type { Agent, AgentMap, AgentOutput, AgentTeam, AgentTraits, FlowAgent, NodeAgent } from './agent.ts'
export { type CheckedAgents, defineAgents } from './define-agents.ts'
export type { Handoff, HandoffContext, HandoffHistory, HandoffOptions } from './handoff.ts'
export {
  type AgentsOption,
  type MultiAgentEvents,
  MultiAgentFlowManager,
  type MultiAgentOptions,
  type ReturningHandoff,
} from './multi-agent-flow-manager.ts'
