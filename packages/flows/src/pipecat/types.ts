import type { JsonSchema, Message } from '@pc/core'
import type { ProviderDict } from '../adapters/provider-function.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import type { FlowArgs } from '../definition/flows-function-schema.ts'
import type { NO_RESPONSE } from '../definition/pair.ts'
import type { PipecatFlowManager } from './pipecat-flow-manager.ts'

/** Where a consolidated handler sends the conversation: a node, the name of one, nowhere, or nowhere and silently. */
export type NextNode = NodeConfig | string | null | undefined | typeof NO_RESPONSE

/** A result, and where the conversation goes. */
export type ConsolidatedFunctionResult = readonly [result: unknown, next: NextNode]

/** What a function runs; one that takes fewer than two parameters is of an older form. */
export type FunctionHandler = (args: FlowArgs, flow_manager: PipecatFlowManager) => unknown

/** What runs when the result was given, and moves the conversation: told apart by its two or three parameters. */
export type TransitionCallback =
  | ((args: FlowArgs, flow_manager: PipecatFlowManager) => unknown)
  | ((args: FlowArgs, result: unknown, flow_manager: PipecatFlowManager) => unknown)

/** What an action runs; one without the second parameter is of an older form. */
export type ActionHandler = (action: ActionConfig, flow_manager: PipecatFlowManager) => unknown

/** Something that happens before or after a node's conversation; further keys reach the handler. */
export interface ActionConfig {
  readonly type: string
  /** A function, or `__function__:name`. */
  readonly handler?: ActionHandler | string | undefined
  readonly text?: string | undefined
  /** Default true. */
  readonly append_text_to_context?: boolean | undefined
  readonly [key: string]: unknown
}

/** The ways to treat the history on entering a node. */
export const ContextStrategy = {
  APPEND: 'append',
  RESET: 'reset',
  RESET_WITH_SUMMARY: 'reset_with_summary',
} as const

/** How the history is treated on entering a node. */
export interface ContextStrategyConfig {
  /** In small letters or capitals. */
  readonly strategy: string
  /** Needed for `reset_with_summary`. */
  readonly summary_prompt?: string | undefined
}

/** One step of a conversation. */
export interface NodeConfig {
  /** Default: a new id. */
  readonly name?: string | undefined
  readonly role_message?: string | undefined
  /** Older form: stand in the context, ahead of the task, and are lost when it is reset. */
  readonly role_messages?: readonly Message[] | undefined
  readonly task_messages: readonly Message[]
  /** Functions of this package, or in the shape of a provider. */
  readonly functions?: readonly (FlowFunction | ProviderDict)[] | undefined
  readonly pre_actions?: readonly ActionConfig[] | undefined
  readonly post_actions?: readonly ActionConfig[] | undefined
  readonly context_strategy?: ContextStrategyConfig | undefined
  /** Default true. */
  readonly respond_immediately?: boolean | undefined
}

/** A conversation whose steps are all known. */
export interface FlowConfig {
  readonly initial_node: string
  readonly nodes: Readonly<Record<string, NodeConfig>>
}

/** The fields of a `FlowsFunctionSchema`. */
export interface FlowsFunctionOptions {
  readonly name: string
  readonly description: string
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined
  readonly required?: readonly string[] | undefined
  readonly handler?: FunctionHandler | undefined
  readonly transition_to?: string | undefined
  readonly transition_callback?: TransitionCallback | undefined
  /** Default false. */
  readonly cancel_on_interruption?: boolean | undefined
  /** Seconds. Default: that of the service. */
  readonly timeout_secs?: number | undefined
}
