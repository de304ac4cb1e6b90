import {
  type Actor,
  type AnyStateMachine,
  assign,
  createActor,
  createMachine,
  type InspectionEvent,
  type Snapshot,
} from 'xstate'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import { FlowTransitionError } from '../definition/errors.ts'
import { isRecord } from '../definition/is-record.ts'
import type { Json } from '../definition/json.ts'
import { edgesOf, type NodeEdges } from './flow-edges.ts'

/** What a machine remembers, as JSON. */
interface FlowMachineContext {
  /** What the current node was entered with. */
  readonly input: Json | undefined
  /** The name of the node that was made on the spot, where the machine is in one. */
  readonly dynamic: string | undefined
  /** Counts entries: a call that belongs to an earlier one is out of date. */
  readonly visit: number
  readonly visits: Readonly<Record<string, number>>
}

/** `go.<edge>` moves along an edge of the flow, `set` to any node, `jump` to one that the flow does not know. */
interface FlowMachineEvent {
  readonly type: string
  readonly node?: string | undefined
  readonly input?: Json | undefined
}

const START = '$start'
const DYNAMIC = '$dynamic'
const END = '$end'

const enter = assign<FlowMachineContext, FlowMachineEvent, undefined, FlowMachineEvent, never>(
  ({ context, event: { type, node = DYNAMIC, input } }) => ({
    input,
    dynamic: type === 'jump' ? node : undefined,
    visit: context.visit + 1,
    visits: { ...context.visits, [node]: (context.visits[node] ?? 0) + 1 },
  }),
)

const machines = new WeakMap<FlowDefinition, AnyStateMachine>()

/**
 * The XState machine of a flow: a state per node, an event per edge. It is made once and shared by all conversations; it
 * only remembers where each is, what is done lies outside.
 */
function flowMachine(flow: FlowDefinition): AnyStateMachine {
  const known = machines.get(flow)
  if (known !== undefined) return known
  const machine = build(flow)
  machines.set(flow, machine)
  return machine
}

function build(flow: FlowDefinition): AnyStateMachine {
  const nodes = edgesOf(flow)
  const go = (node: string) => ({ target: `#${stateId(node)}`, reenter: true, actions: enter })
  const move = (node: string) => ({
    ...go(node),
    guard: ({ event }: { readonly event: FlowMachineEvent }) => event.node === node,
  })
  const stateOf = ({ id, edges }: NodeEdges) => {
    const on: Record<string, ReturnType<typeof move>[]> = {}
    for (const { to, via } of edges) {
      // A node that is made from its input may name a target that is not there: told when it is entered.
      if (Object.hasOwn(flow.nodes, to)) (on[`go.${via}`] ??= []).push(move(to))
    }
    return { id: stateId(id), on }
  }
  return createMachine({
    types: {} as { context: FlowMachineContext; events: FlowMachineEvent },
    id: flow.id,
    initial: START,
    context: { input: undefined, dynamic: undefined, visit: 0, visits: {} },
    states: {
      [START]: {},
      ...Object.fromEntries(nodes.map((node) => [node.id, stateOf(node)])),
      [DYNAMIC]: { id: stateId(DYNAMIC) },
      [END]: { id: stateId(END), type: 'final' as const },
    },
    on: {
      set: nodes.map(({ id }) => move(id)),
      jump: go(DYNAMIC),
      end: { target: `#${stateId(END)}` },
    },
  })
}

function stateId(node: string): string {
  return `node:${node}`
}

/** One conversation's place in a flow. */
export class FlowActor {
  readonly #actor: Actor<AnyStateMachine>

  /**
   * @param saved - what {@link persist} gave.
   * @throws FlowTransitionError when that is no place in the flow.
   */
  constructor(flow: FlowDefinition, saved?: Json, inspect?: (event: InspectionEvent) => void) {
    this.#actor = createActor(flowMachine(flow), {
      ...(saved !== undefined && { snapshot: readPlace(flow, saved) }),
      ...(inspect !== undefined && { inspect }),
    })
    this.#actor.start()
  }

  /** The name of the node; `null` before the first. */
  get node(): string | null {
    const { value } = this.#actor.getSnapshot()
    if (value === DYNAMIC) return this.#context.dynamic ?? null
    return typeof value === 'string' && value !== START && value !== END ? value : null
  }

  /** Whether the node was made on the spot. */
  get isDynamic(): boolean {
    return this.#actor.getSnapshot().value === DYNAMIC
  }

  get visit(): number {
    return this.#context.visit
  }

  get input(): Json | undefined {
    return this.#context.input
  }

  /** How often a node was entered. */
  visitsOf(node: string): number {
    return this.#context.visits[node] ?? 0
  }

  /** Moves along an edge; false when the node has none of that name to there. */
  go(via: string, node: string, input: Json | undefined): boolean {
    const event = { type: `go.${via}`, node, input }
    if (!this.#actor.getSnapshot().can(event)) return false
    this.#actor.send(event)
    return true
  }

  set(node: string, input: Json | undefined): void {
    this.#actor.send({ type: 'set', node, input })
  }

  jump(name: string): void {
    this.#actor.send({ type: 'jump', node: name })
  }

  end(): void {
    this.#actor.send({ type: 'end' })
  }

  /** As JSON. */
  persist(): Json {
    return this.#actor.getPersistedSnapshot() as unknown as Json
  }

  get #context(): FlowMachineContext {
    return this.#actor.getSnapshot().context
  }
}

/** XState does not check what it restores, and fails out of anybody's reach. */
function readPlace(flow: FlowDefinition, saved: Json): Snapshot<unknown> {
  const { value, context }: SavedPlace = isRecord(saved) ? saved : {}
  const { input, dynamic, visit, visits }: SavedPlace = isRecord(context) ? context : {}
  const states = [START, DYNAMIC, END, ...Object.keys(flow.nodes)]
  const counts = isRecord(visits) ? Object.entries(visits) : []
  if (typeof value !== 'string' || !states.includes(value) || typeof visit !== 'number') {
    throw new FlowTransitionError(`No place in the flow "${flow.id}": ${JSON.stringify(value)}.`)
  }
  const place = {
    status: 'active',
    value,
    historyValue: {},
    context: {
      input,
      dynamic: typeof dynamic === 'string' ? dynamic : undefined,
      visit,
      visits: Object.fromEntries(counts.filter(([, count]) => typeof count === 'number')),
    },
    children: {},
  } as const
  return { ...place, output: undefined, error: undefined } satisfies Snapshot<unknown>
}

type SavedPlace = Readonly<
  Partial<Record<'value' | 'context' | 'input' | 'dynamic' | 'visit' | 'visits', Json | undefined>>
>
