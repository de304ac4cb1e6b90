import type { FlowContext } from '../definition/flow-context.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import type { FlowNode, NodeFactory } from '../definition/flow-node.ts'
import type { Json } from '../definition/json.ts'

/** What a sub-flow gives in a test, in place of a conversation. */
export type SubFlowStub = Json | ((input: Json | undefined) => Json)

/** @internal What a test changes in the handlers of a flow. */
export interface Wrapping {
  /** The next handler that is called fails; it says so by setting it to false. */
  failing: boolean
  /** By the id of the sub-flow. */
  readonly subFlows: Readonly<Record<string, SubFlowStub>>
}

/** @internal The same flow, its handlers wrapped. */
export function wrappedFlow(flow: FlowDefinition, wrapping: Wrapping): FlowDefinition {
  const nodes = Object.entries(flow.nodes).map(([name, node]) => [name, wrappedEntry(node, wrapping)] as const)
  return {
    ...flow,
    nodes: Object.fromEntries(nodes),
    globalFunctions: flow.globalFunctions.map((fn) => wrapped(fn, wrapping)),
  }
}

function wrappedEntry(node: FlowNode | NodeFactory, wrapping: Wrapping): FlowNode | NodeFactory {
  if (typeof node === 'function') return (input, state) => wrappedNode(node(input, state), wrapping)
  return wrappedNode(node, wrapping)
}

function wrappedNode(node: FlowNode, wrapping: Wrapping): FlowNode {
  if (node.functions === undefined) return node
  return { ...node, functions: node.functions.map((fn) => wrapped(fn, wrapping)) }
}

function wrapped(fn: FlowFunction, wrapping: Wrapping): FlowFunction {
  const handler = (args: never, ctx: FlowContext<never>): unknown => {
    if (wrapping.failing) {
      wrapping.failing = false
      throw new Error('This failure was made by the test.')
    }
    return fn.handler?.(args, withStubs(ctx, wrapping.subFlows))
  }
  // Of the same class, for those who ask.
  const copy: FlowFunction = Object.create(Object.getPrototypeOf(fn))
  return Object.assign(copy, fn, { handler })
}

function withStubs(ctx: FlowContext<never>, stubs: Wrapping['subFlows']): FlowContext<never> {
  // A stub gives what the test's author says the flow would.
  const call = async (flow: FlowDefinition, input?: Json): Promise<never> => {
    const stub = stubs[flow.id]
    if (stub === undefined) return (await ctx.call(flow, input)) as never
    return (typeof stub === 'function' ? stub(input) : stub) as never
  }
  return Object.create(ctx, { call: { value: call } })
}
