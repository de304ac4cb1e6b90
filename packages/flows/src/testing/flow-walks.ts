import type { FlowDefinition } from '../definition/flow-definition.ts'
import { type FlowEdge, flowGraph, type FlowGraphNode } from '../machine/flow-graph.ts'

/** A way through a flow: edges, each from where the one before leads to. */
export type FlowWalk = readonly FlowEdge[]

/**
 * A few walks from the initial node that take every edge at least once, self loops included; always the same ones for
 * the same flow. Edges that cannot be reached, or that only a model could take in a node that asks none, are left out.
 */
export function edgePaths(flow: FlowDefinition): FlowWalk[] {
  const map = new WalkMap(flow)
  const left = new Set(map.edges)
  const walks: FlowWalk[] = []
  while (left.size > 0) {
    const walk = map.walk(left)
    if (walk.length === 0) break
    walks.push(walk)
  }
  return walks
}

/** The shortest walk from the initial node to each node that can be reached, by the node's name. */
export function shortestPaths(flow: FlowDefinition): ReadonlyMap<string, FlowWalk> {
  const map = new WalkMap(flow)
  return map.shortest(map.initial, new Map([[map.initial, 1]]))
}

/** The edges that a conversation can take, unreachable nodes aside. */
export function walkableEdges(flow: FlowDefinition): FlowEdge[] {
  const map = new WalkMap(flow)
  const reached = map.shortest(map.initial, new Map())
  return map.edges.filter(({ from }) => reached.has(from))
}

class WalkMap {
  readonly initial: string
  readonly edges: readonly FlowEdge[]
  readonly #nodes: ReadonlyMap<string, FlowGraphNode>
  readonly #from: ReadonlyMap<string, readonly FlowEdge[]>

  constructor(flow: FlowDefinition) {
    const { initial, nodes, edges } = flowGraph(flow)
    this.initial = initial
    this.#nodes = new Map(nodes.map((node) => [node.id, node]))
    this.edges = edges.filter((edge) => this.#isWalkable(edge))
    this.#from = Map.groupBy(this.edges, ({ from }) => from)
  }

  /** A node that asks no model knows no call, thus none that fails, and no silence. */
  #isWalkable({ from, to, kind }: FlowEdge): boolean {
    const node = this.#nodes.get(from)
    if (node === undefined || !this.#nodes.has(to)) return false
    if (kind === 'onError') return !node.automatic && node.functions.length > 0
    return !node.automatic || kind === 'always' || kind === 'onSpoken'
  }

  /** Takes edges out of `left` as it goes, until none can be reached any more. */
  walk(left: Set<FlowEdge>): FlowWalk {
    const walk: FlowEdge[] = []
    const visits = new Map([[this.initial, 1]])
    let node = this.initial
    for (;;) {
      const way = this.#wayToNext(node, left, visits)
      if (way.length === 0) return walk
      for (const edge of way) {
        walk.push(edge)
        left.delete(edge)
        visits.set(edge.to, (visits.get(edge.to) ?? 0) + 1)
        node = edge.to
      }
    }
  }

  shortest(start: string, visits: ReadonlyMap<string, number>): Map<string, FlowWalk> {
    const ways = new Map<string, FlowWalk>([[start, []]])
    for (const [node, way] of ways) {
      for (const edge of this.#open(node, visits)) if (!ways.has(edge.to)) ways.set(edge.to, [...way, edge])
    }
    return ways
  }

  #open(node: string, visits: ReadonlyMap<string, number>): FlowEdge[] {
    return (this.#from.get(node) ?? []).filter(({ to }) => {
      return (visits.get(to) ?? 0) < (this.#nodes.get(to)?.maxVisits ?? Number.POSITIVE_INFINITY)
    })
  }

  #wayToNext(node: string, left: ReadonlySet<FlowEdge>, visits: ReadonlyMap<string, number>): FlowWalk {
    for (const [at, way] of this.shortest(node, visits)) {
      const next = this.#best(
        this.#open(at, visits).filter((edge) => left.has(edge)),
        left,
        visits,
      )
      if (next !== undefined) return [...way, next]
    }
    return []
  }

  // Self loops first, then where most is left to be taken: dead ends come last, so that walks are few.
  #best(
    edges: readonly FlowEdge[],
    left: ReadonlySet<FlowEdge>,
    visits: ReadonlyMap<string, number>,
  ): FlowEdge | undefined {
    const worth = ({ from, to }: FlowEdge): number => {
      if (from === to) return Number.POSITIVE_INFINITY
      const reached = this.shortest(to, visits)
      return [...left].filter((edge) => reached.has(edge.from)).length
    }
    let best: FlowEdge | undefined
    let most = -1
    for (const edge of edges) {
      const value = worth(edge)
      if (value > most) [best, most] = [edge, value]
    }
    return best
  }
}
