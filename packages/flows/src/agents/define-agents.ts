import { closestName } from '../definition/closest-name.ts'
import { FlowDefinitionError, type FlowFault } from '../definition/errors.ts'
import type { To } from '../definition/outcome.ts'
import type { TypedFlow } from '../definition/typed-flow.ts'
import type { Agent, AgentMap, AgentTeam } from './agent.ts'

/** What the compiler has to say of each agent; it adds nothing to a type from which `Agents` is inferred. */
export type CheckedAgents<Agents> = {
  readonly [Name in keyof Agents]: [EntryFault<Name, Agents[Name]>] extends [never]
    ? unknown
    : EntryFault<Name, Agents[Name]>
}

type EntryFault<Name, A> = A extends {
  readonly flow: TypedFlow<infer Graph>
  readonly entry: (...args: never) => infer Entry
}
  ? unknown extends Graph
    ? never
    : UnknownEntry<Name & string, Awaited<Entry>, keyof Graph>
  : never

type UnknownEntry<Name extends string, Entry, Nodes> =
  Entry extends To<infer Target>
    ? string extends Target
      ? never
      : Target extends Nodes
        ? never
        : `agent '${Name}' takes over at unknown node '${Target}'`
    : never

/**
 * Agents who hand a conversation over to each other. Their names are checked by the compiler wherever they are used.
 *
 * ```ts
 * const team = defineAgents({
 *   initial: 'customer_service',
 *   agents: {
 *     customer_service: { flow: support, description: 'First contact' },
 *     billing: { flow: billing, description: 'Invoices and refunds', voice: 'b', entry: () => to('verify') },
 *   },
 * })
 * ```
 *
 * @throws FlowDefinitionError with all faults.
 */
export function defineAgents<const Agents extends AgentMap, const Initial extends keyof Agents & string>(options: {
  readonly initial: Initial
  readonly agents: Agents & CheckedAgents<Agents>
}): AgentTeam<Agents> {
  const { initial, agents } = options
  const faults = faultsOfTeam(initial, agents)
  if (faults.length > 0) throw new FlowDefinitionError('The agents do not hold', faults)
  return { initial, agents }
}

/** Functions are named for agents: `transfer_to_` stands before, and 64 letters are the limit. */
const NAME = /^[A-Za-z0-9_-]{1,52}$/

function faultsOfTeam(initial: string, agents: AgentMap): readonly FlowFault[] {
  const faults: FlowFault[] = []
  const names = Object.keys(agents)
  if (!names.includes(initial)) {
    const meant = closestName(initial, names)
    const message = `no agent '${initial}'${meant === undefined ? '' : `; did you mean '${meant}'?`}`
    faults.push({ path: 'initial', message })
  }
  const flows = new Map<string, string>()
  for (const [name, agent] of Object.entries(agents)) {
    const path = `agents.${name}`
    if (!NAME.test(name)) {
      faults.push({ path, message: 'the name of an agent is 1 to 52 letters, digits, "_" or "-"' })
    }
    if (!isAgent(agent)) {
      faults.push({ path, message: 'is no agent: give it a flow, or getInitialNode' })
    } else if (agent.flow !== undefined) {
      const other = flows.get(agent.flow.id)
      if (other !== undefined) {
        const message = `its flow has the id "${agent.flow.id}" as that of '${other}': snapshots tell agents by it`
        faults.push({ path: `${path}.flow`, message })
      }
      flows.set(agent.flow.id, name)
    }
  }
  return faults
}

function isAgent(agent: unknown): agent is Agent {
  if (typeof agent !== 'object' || agent === null) return false
  if ('flow' in agent && typeof agent.flow === 'object' && agent.flow !== null) return true
  return 'getInitialNode' in agent && typeof agent.getInitialNode === 'function'
}
