import type { FlowDefinition } from '../definition/flow-definition.ts'
import { FlowError } from '../definition/errors.ts'
import { flowGraph } from '../machine/flow-graph.ts'
import type { FlowInspection } from '../manager/inspection.ts'
import { describeEdge } from './describe-edge.ts'
import { walkableEdges } from './flow-walks.ts'

/** How much of something was seen. */
export interface CoverageShare {
  readonly covered: number
  readonly total: number
  /** Rounded down, so that only all of it is 100. */
  readonly percent: number
  /** Such as `confirm`, `start.choose_size` and `start --choose_size--> confirm`. */
  readonly missing: readonly string[]
}

/** The least that must have been seen, in percent. */
export interface CoverageLimits {
  readonly nodes?: number | undefined
  readonly edges?: number | undefined
  readonly functions?: number | undefined
}

const KINDS = ['nodes', 'edges', 'functions'] as const

/**
 * Which nodes, edges and functions of a flow were seen. Give `coverage.inspect` to managers, or the coverage to
 * `testFlow` and `runFlow`; several may share one.
 *
 * What no conversation can reach does not count: unreachable nodes, and functions in nodes where the model is not asked.
 */
export class FlowCoverage {
  readonly flow: FlowDefinition
  readonly #seen = { nodes: new Set<string>(), edges: new Set<string>(), functions: new Set<string>() }
  readonly #all: Readonly<Record<(typeof KINDS)[number], ReadonlySet<string>>>

  constructor(flow: FlowDefinition) {
    const { initial, nodes } = flowGraph(flow)
    const edges = walkableEdges(flow)
    const reached = new Set([initial, ...edges.map(({ to }) => to)])
    this.flow = flow
    this.#all = {
      nodes: new Set(nodes.flatMap(({ id }) => (reached.has(id) ? [id] : []))),
      edges: new Set(edges.map(describeEdge)),
      functions: new Set(
        nodes
          .filter(({ id, automatic }) => reached.has(id) && !automatic)
          .flatMap(({ id, functions }) => functions.map(({ name }) => `${id}.${name}`)),
      ),
    }
  }

  /** The hook for managers of this flow; of what happens in its sub-flows it takes no notice. */
  readonly inspect = (event: FlowInspection): void => {
    if (event.flow !== this.flow.id) return
    if (event.type === 'flow.enter') this.#seen.nodes.add(event.node)
    else if (event.type === 'flow.call.start') this.#seen.functions.add(`${event.node}.${event.function}`)
    else if (event.type === 'flow.transition' && event.from !== null) {
      const { from, to, cause } = event
      this.#seen.edges.add(describeEdge({ from, to, via: cause.by === 'function' ? cause.name : cause.by }))
    }
  }

  get nodes(): CoverageShare {
    return this.#share('nodes')
  }

  get edges(): CoverageShare {
    return this.#share('edges')
  }

  /** By node: a function that two nodes offer counts twice. */
  get functions(): CoverageShare {
    return this.#share('functions')
  }

  /** Adds what another recorder of the same flow has seen. */
  merge(other: FlowCoverage): this {
    for (const kind of KINDS) for (const item of other.#seen[kind]) this.#seen[kind].add(item)
    return this
  }

  /** What was seen, as JSON, to be merged in another process by {@link FlowCoverage.addJSON}. */
  toJSON(): Record<(typeof KINDS)[number], readonly string[]> {
    const { nodes, edges, functions } = this.#seen
    return { nodes: [...nodes], edges: [...edges], functions: [...functions] }
  }

  /** Adds what {@link FlowCoverage.toJSON} gave elsewhere. */
  addJSON(seen: Readonly<Record<(typeof KINDS)[number], readonly string[]>>): this {
    for (const kind of KINDS) for (const item of seen[kind]) this.#seen[kind].add(item)
    return this
  }

  /**
   * @throws FlowError `flow-coverage` when less was seen, with a line for all that is missing. Default limits: 100.
   */
  assertCoverage(limits: CoverageLimits = { nodes: 100, edges: 100, functions: 100 }): void {
    const short = KINDS.filter((kind) => this.#share(kind).percent < (limits[kind] ?? 0))
    if (short.length === 0) return
    const lines = short.map((kind) => {
      const { percent, missing } = this.#share(kind)
      return [`${kind}: ${percent} % of ${limits[kind]} %; missing:`, ...missing.map((item) => `  ${item}`)].join('\n')
    })
    throw new FlowError(`The flow '${this.flow.id}' is not covered.\n${lines.join('\n')}`, { code: 'flow-coverage' })
  }

  /** A text for people: a line per kind, and what is missing below it. */
  report(): string {
    const lines = KINDS.flatMap((kind) => {
      const { covered, total, percent, missing } = this.#share(kind)
      const head = `${kind.padEnd(9)} ${String(percent).padStart(3)} %  ${covered} of ${total}`
      return [head, ...missing.map((item) => `  missing ${item}`)]
    })
    return [`coverage of flow '${this.flow.id}'`, ...lines].join('\n')
  }

  #share(kind: (typeof KINDS)[number]): CoverageShare {
    const all = this.#all[kind]
    const missing = [...all].filter((item) => !this.#seen[kind].has(item))
    const covered = all.size - missing.length
    return { covered, total: all.size, percent: all.size === 0 ? 100 : Math.floor((covered * 100) / all.size), missing }
  }
}
