export { FlowManager, type FlowManagerOptions } from './flow-manager.ts'
export { fromPipecat, type PipecatFlowOptions } from './from-pipecat.ts'
export type { PipecatOptions } from './border.ts'
export { FlowsFunctionSchema } from './flows-function-schema.ts'
export { PipecatFlowManager, pipecatFlowManager, type WrappableManager } from './pipecat-flow-manager.ts'
export {
  type ActionConfig,
  type ActionHandler,
  type ConsolidatedFunctionResult,
  ContextStrategy,
  type ContextStrategyConfig,
  type FlowConfig,
  type FlowsFunctionOptions,
  type FunctionHandler,
  type NextNode,
  type NodeConfig,
  type TransitionCallback,
} from './types.ts'
export { direct, type DirectOptions } from './direct.ts'
export type { FlowArgs, FlowResult } from '../definition/flows-function-schema.ts'
export { NO_RESPONSE } from '../definition/pair.ts'
export {
  ActionError,
  FlowDefinitionError,
  FlowError,
  FlowInitializationError,
  FlowTransitionError,
  InvalidFunctionError,
} from '../definition/errors.ts'
