import type { PipelineTask } from '@pc/core'
import { FlowDefinitionError } from '../definition/errors.ts'
import type { ContextStrategy } from '../definition/flow-node.ts'
import { nodeFromConfig } from '../definition/node-config.ts'
import { FlowManager as NativeManager, type FlowManagerOptions as NativeOptions } from '../manager/flow-manager.ts'
import { Border, type PipecatOptions, Reading } from './border.ts'
import { toFlow } from './from-pipecat.ts'
import { PipecatFlowManager } from './pipecat-flow-manager.ts'
import { readFunctions } from './read-function.ts'
import { readStrategy } from './read-node.ts'
import type { ContextStrategyConfig, FlowConfig, NodeConfig } from './types.ts'

/** What {@link FlowManager} takes. */
export interface FlowManagerOptions extends PipecatOptions {
  readonly task: PipelineTask
  /** Default: the first language model of the pipeline. */
  readonly llm?: NonNullable<NativeOptions['llm']> | undefined
  /** Default: the aggregators of the pipeline. */
  readonly context_aggregator?: NonNullable<NativeOptions['contextAggregator']> | undefined
  /** A flow whose nodes are known. Default: none, the application gives each node. */
  readonly flow_config?: FlowConfig | undefined
  /** Where a node does not say. Default `append`. */
  readonly context_strategy?: ContextStrategyConfig | undefined
  /** For handlers and actions to use. */
  readonly transport?: unknown
  /** May be called in every node. */
  readonly global_functions?: NodeConfig['functions']
}

/**
 * The manager, made and used under the names of Pipecat.
 *
 * ```ts
 * const flow_manager = new FlowManager({ task, llm, context_aggregator, flow_config })
 * await flow_manager.initialize()
 * ```
 *
 * @throws FlowDefinitionError for a flow, functions or a strategy that do not hold; FlowError when the pipeline lacks a
 * part.
 */
export class FlowManager extends PipecatFlowManager {
  /** The same under the names of this package. */
  readonly native: NativeManager

  constructor(options: FlowManagerOptions) {
    const border = new Border(options)
    const native = new NativeManager(toNativeOptions(options, border))
    super(native, border)
    this.native = native
    border.managers.set(native, this)
  }
}

function toNativeOptions(options: FlowManagerOptions, border: Border): NativeOptions {
  const { task, llm, context_aggregator: contextAggregator, flow_config: config, transport } = options
  const reading = new Reading(border)
  const globalFunctions = readFunctions(options.global_functions, 'global_functions', reading)
  const contextStrategy = strategyOf(options.context_strategy, reading)
  if (reading.faults.length > 0) throw new FlowDefinitionError('The options of the manager do not hold', reading.faults)
  return {
    task,
    llm,
    contextAggregator,
    transport,
    globalFunctions,
    contextStrategy,
    ...(config !== undefined && { flow: toFlow(config, border, {}) }),
  }
}

function strategyOf(config: ContextStrategyConfig | undefined, reading: Reading): ContextStrategy | undefined {
  const contextStrategy = readStrategy(config, 'context_strategy', reading)
  return contextStrategy && nodeFromConfig({ taskMessages: [], contextStrategy }).context
}
