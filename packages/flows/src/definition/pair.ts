import type { FlowNode } from './flow-node.ts'
import type { Json } from './json.ts'
import { asNode, isNode, type NodeConfig } from './node-config.ts'
import { ACKNOWLEDGED, type FlowOutcome, jump, silent, stay } from './outcome.ts'

/** In the place of the next node of a pair: the conversation stays, and the model says nothing. */
export const NO_RESPONSE: unique symbol = Symbol.for('@pc/flows/no-response') as never

/** Where a pair sends the conversation: a node, the name of one, nowhere, or nowhere and silently. */
export type NextNode = FlowNode | NodeConfig | string | null | undefined | typeof NO_RESPONSE

/**
 * The outcome that a pair `[result, next]` stands for; what is no pair is returned as it is. A list of two whose second
 * is a text, `null`, {@link NO_RESPONSE} or a node is a pair.
 */
export function outcomeOfPair(returned: unknown): unknown {
  if (!isPair(returned)) return returned
  const [given, next] = returned
  // The engine checks that results are JSON.
  const result = (given ?? ACKNOWLEDGED) as Json
  return next === NO_RESPONSE ? silent(result) : next == null ? stay(result) : moved(result, next)
}

function moved(result: Json, next: FlowNode | NodeConfig | string): FlowOutcome {
  if (typeof next === 'string') return { kind: 'to', node: next, input: undefined, result }
  return jump(asNode(next), { result })
}

function isPair(value: unknown): value is readonly [result: unknown, next: NextNode] {
  return Array.isArray(value) && value.length === 2 && isNext(value[1])
}

function isNext(value: unknown): value is NextNode {
  if (value === null || value === undefined || value === NO_RESPONSE || typeof value === 'string') return true
  return isNode(value)
}
