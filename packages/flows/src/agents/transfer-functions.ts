import type { FlowFunction } from '../definition/flow-function.ts'
import type { AgentDesk } from './agent-desk.ts'
import type { AgentTeam } from './agent.ts'

const REASON = {
  type: 'object',
  properties: { reason: { type: 'string', description: 'What the caller wants, for the one who takes over.' } },
  required: ['reason'],
} as const

/**
 * A function `transfer_to_<agent>` for each agent, which all the others may call. It ends the old agent's turn: what the
 * user hears next comes from the new one.
 */
export function transferFunctions({ agents }: AgentTeam, desk: AgentDesk): readonly FlowFunction[] {
  return Object.entries(agents).map(([name, { description }]) => ({
    name: `transfer_to_${name}`,
    description: `Hands the conversation over to '${name}'${description === undefined ? '.' : `: ${description}`}`,
    parameters: { jsonSchema: REASON },
    when: () => desk.current !== name,
    handler: ({ reason }: { readonly reason: string }) => desk.transfer(name, {}, { reason }),
  }))
}
