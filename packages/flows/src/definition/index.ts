export { type ActionHandler, endConversation, type FlowAction, runFunction, say } from './action.ts'
export { faultsOfFunctions, faultsOfNode } from './check-node.ts'
export { type AnyNode, defineFlow, type FlowOptions } from './define-flow.ts'
export { decision, type Decision } from './decision.ts'
export { defineNode, type FlowNodeOptions, type PlainNode, type TypedNode } from './define-node.ts'
export { direct, type DirectFunctionOptions, type DirectReturn } from './direct.ts'
export {
  ActionError,
  FlowDefinitionError,
  FlowError,
  type FlowFault,
  FlowInitializationError,
  FlowTransitionError,
  InvalidFunctionError,
  UnknownAgentError,
} from './errors.ts'
export type { KnownNodes } from './faults.ts'
export { type FlowConfig, type FlowConfigOptions, flowFromConfig } from './flow-config.ts'
export type { FlowContext, FlowManagerView, FlowState } from './flow-context.ts'
export type { FlowDefinition, FlowWarning } from './flow-definition.ts'
export type { FlowFunction, FunctionCachePolicy, JsonSchemaParameters } from './flow-function.ts'
export { flowKit, type FlowKit, type FlowKitOptions } from './flow-kit.ts'
export type { ContextStrategy, FlowNode, NodeFactory, SilenceRule } from './flow-node.ts'
export {
  type ConsolidatedFunctionResult,
  type FlowArgs,
  type FlowResult,
  FlowsFunctionSchema,
  type FlowsFunctionHandler,
  type FlowsFunctionOptions,
  type TransitionCallback,
} from './flows-function-schema.ts'
export { type ArgumentsSchema, argumentsSchemaOf, checkArguments, toolOf } from './function-schema.ts'
export type { EdgesOfFunctions, FaultOfFunctions, FunctionSet } from './function-set.ts'
export type { Json } from './json.ts'
export { type ContextStrategyConfig, type NodeConfig, type NodeConfigOptions, nodeFromConfig } from './node-config.ts'
export {
  type Callback,
  done,
  type Done,
  type FlowOutcome,
  isOutcome,
  jump,
  type Jump,
  silent,
  type Silent,
  speakThen,
  stay,
  type Stay,
  type SubFlow,
  to,
  type To,
  type ToOptions,
  type TransitionManager,
} from './outcome.ts'
export { type NextNode, NO_RESPONSE } from './pair.ts'
export { type Slot, slotNode, type SlotNodeOptions, type SlotRecord, type SlotSchema, slotValues } from './slots.ts'
export type {
  CheckedGlobals,
  CheckedNodes,
  EdgesOfNode,
  GraphOf,
  OutputOf,
  TypedFlow,
  Unreachable,
} from './typed-flow.ts'
export {
  type ArgumentsOf,
  type EdgesOf,
  flowFunction,
  type FlowFunctionOptions,
  type FunctionOptions,
  type FunctionParameters,
  type HandlerReturn,
  type TypedFunction,
} from './typed-function.ts'
