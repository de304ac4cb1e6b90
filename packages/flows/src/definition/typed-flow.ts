import type { TypedNode } from './define-node.ts'
import type { FlowDefinition } from './flow-definition.ts'
import type { EdgesOfFunctions, FaultOfFunctions } from './function-set.ts'
import type { Json } from './json.ts'
import type { Done, To } from './outcome.ts'

/** A flow whose ways the compiler knows; what begins with `~` exists in types only. */
export interface TypedFlow<
  Graph = unknown,
  Initial extends string = string,
  Output extends Json = Json,
> extends FlowDefinition {
  readonly initialNode: Initial
  /** The names of the nodes that each node leads to. */
  readonly '~graph'?: Graph | undefined
  readonly '~output'?: Output
}

/** The nodes that cannot be reached: `({}) satisfies Unreachable<typeof flow>` fails with their names. */
export type Unreachable<Flow> =
  Flow extends TypedFlow<infer Graph, infer Initial>
    ? [Exclude<keyof Graph, Reached<Graph, Initial>>] extends [never]
      ? { readonly unreachable?: never }
      : { readonly unreachable: Exclude<keyof Graph, Reached<Graph, Initial>> }
    : never

type Reached<Graph, Seen> = [Exclude<Graph[Seen & keyof Graph], Seen>] extends [never]
  ? Seen
  : Reached<Graph, Seen | Graph[Seen & keyof Graph]>

/** The names of the nodes that each node leads to. */
export type GraphOf<Nodes, Globals> = {
  readonly [Name in keyof Nodes]: Extract<EdgesOfNode<Nodes[Name]> | EdgesOfFunctions<Globals>, To>['node']
}

/** What a flow gives to the one that calls it: what its functions return by `done`. */
export type OutputOf<Nodes, Globals> =
  Outputs<EdgesOfNode<Nodes[keyof Nodes]> | EdgesOfFunctions<Globals>> extends infer Output extends Json
    ? [Output] extends [never]
      ? Json
      : Output
    : Json

type Outputs<Edge> = Edge extends Done<infer Output> ? Output : never

type Made<Node> = Node extends (...args: never) => infer Result ? Result : Node

/** Where a node leads: what {@link defineNode} found, or what a plain object holds. */
export type EdgesOfNode<Node> =
  Made<Node> extends infer N
    ? N extends TypedNode<infer Edge, string>
      ? '~edge' extends keyof N
        ? Edge
        : PlainEdges<N>
      : PlainEdges<N>
    : never

type PlainEdges<N> =
  | (N extends { readonly functions: infer Functions } ? EdgesOfFunctions<Functions> : never)
  | (N extends { readonly always: infer Always } ? Extract<Always extends () => infer A ? A : Always, To> : never)
  | (N extends { readonly onSpoken: infer Spoken extends To } ? Spoken : never)
  | (N extends { readonly onSilence: { readonly to: infer Silence extends To } } ? Silence : never)
  | (N extends { readonly onError: infer Failure extends To } ? Failure : never)

type OwnFault<Node> =
  Made<Node> extends infer N
    ? '~fault' extends keyof N
      ? Extract<N['~fault'], string>
      : N extends { readonly functions: infer Functions }
        ? FaultOfFunctions<Functions>
        : never
    : never

/**
 * What the compiler has to say of each node. It adds nothing to a type from which `Nodes` is inferred, and keeps the
 * type that the parameters of node factories take from their context: both need a mapped type without `as`.
 */
export type CheckedNodes<Nodes> = {
  readonly [Name in keyof Nodes]: CheckedNode<Name, NoInfer<Nodes>>
}

type CheckedNode<Name, Nodes> = [FaultOfNode<Name, Nodes>] extends [never] ? unknown : FaultOfNode<Name, Nodes>

type FaultOfNode<Name, Nodes> = Name extends keyof Nodes & string
  ? `node '${Name}' ${FaultOfEdge<EdgesOfNode<Nodes[Name]>, Nodes> | OwnFault<Nodes[Name]>}`
  : never

/** What the compiler has to say of the global functions. */
export type CheckedGlobals<Globals, Nodes> = [GlobalFault<Globals, Nodes>] extends [never]
  ? unknown
  : GlobalFault<Globals, Nodes>

type GlobalFault<Globals, Nodes> =
  | `a global function ${FaultOfEdge<EdgesOfFunctions<Globals>, Nodes>}`
  | `the flow ${FaultOfFunctions<Globals>}`

type FaultOfEdge<Edge, Nodes> =
  Edge extends To<infer Target, infer Input>
    ? string extends Target
      ? never
      : Target extends keyof Nodes
        ? Takes<Nodes[Target], Input> extends true
          ? never
          : `moves to '${Target}' with a payload that node does not accept`
        : `moves to unknown node '${Target}'`
    : never

/** Whether a node may be entered with an input. Lists and objects that `to` made readonly stand for changeable ones. */
type Takes<Node, Input> = unknown extends Input
  ? true
  : [Input] extends [never]
    ? true
    : [Input] extends [InputOf<Node>]
      ? true
      : [Input] extends [Frozen<InputOf<Node>>]
        ? true
        : false

type InputOf<Node> = Node extends (...args: infer Parameters) => unknown
  ? Parameters extends readonly []
    ? undefined
    : Parameters[0]
  : undefined

type Frozen<T> = { readonly [Key in keyof T]: Frozen<T[Key]> }
