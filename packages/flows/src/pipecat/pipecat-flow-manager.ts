import type { Message, PipelineTask } from '@pc/core'
import type { ActionHandler as NativeActionHandler, FlowAction } from '../definition/action.ts'
import { ActionError, FlowError } from '../definition/errors.ts'
import type { FlowManagerView, FlowState } from '../definition/flow-context.ts'
import type { FlowNode, NodeFactory } from '../definition/flow-node.ts'
import { Border, isFunction, type PipecatOptions } from './border.ts'
import { toNode } from './read-node.ts'
import type { ActionConfig, ActionHandler, NodeConfig } from './types.ts'

/** What {@link pipecatFlowManager} needs of a manager. */
export interface WrappableManager extends FlowManagerView {
  readonly mode: 'static' | 'dynamic'
  readonly initialNode: string | undefined
  readonly nodes: Readonly<Record<string, FlowNode | NodeFactory>>
  readonly transport: unknown
  readonly task: PipelineTask | undefined
  initialize(node?: FlowNode): Promise<unknown>
  setNode(name: string, node?: FlowNode): Promise<unknown>
  setNodeFromConfig(node: FlowNode): Promise<unknown>
  registerAction(type: string, handler: NativeActionHandler): void
}

/** A manager with the names of Pipecat; see {@link pipecatFlowManager}. */
export class PipecatFlowManager {
  readonly #manager: FlowManagerView
  readonly #border: Border

  /** @internal */
  constructor(manager: FlowManagerView, border: Border) {
    this.#manager = manager
    this.#border = border
  }

  /** The state, to be read and changed. */
  get state(): FlowState {
    return this.#manager.state
  }

  get current_node(): string | null {
    return this.#manager.currentNode
  }

  get current_functions(): ReadonlySet<string> {
    return this.#manager.currentFunctions
  }

  /** `static` where the nodes are known, `dynamic` where the application gives them. */
  get mode(): 'static' | 'dynamic' {
    return this.#whole('mode').mode
  }

  get initial_node(): string | undefined {
    return this.#whole('initial_node').initialNode
  }

  /** The nodes by name: those of the flow, and those that were set. */
  get nodes(): Readonly<Record<string, FlowNode | NodeFactory>> {
    return this.#whole('nodes').nodes
  }

  /** What the application gave. */
  get transport(): unknown {
    return this.#whole('transport').transport
  }

  get task(): PipelineTask | undefined {
    return this.#whole('task').task
  }

  /** Enters the given node, or the initial one of a flow whose nodes are known. */
  async initialize(initial_node?: NodeConfig): Promise<void> {
    const manager = this.#whole('initialize')
    await (initial_node === undefined ? manager.initialize() : manager.initialize(this.#toNode(initial_node)))
  }

  /** Enters a node by its name; a config is remembered under it. */
  async set_node(node_id: string, node_config?: NodeConfig): Promise<void> {
    const manager = this.#whole('set_node')
    await (node_config === undefined ? manager.setNode(node_id) : manager.setNode(node_id, this.#toNode(node_config)))
  }

  /** Enters a node; without a name it gets an id. */
  async set_node_from_config(node_config: NodeConfig): Promise<void> {
    const manager = this.#whole('set_node_from_config')
    await manager.setNodeFromConfig(this.#toNode(node_config))
  }

  get_current_context(): readonly Message[] {
    return this.#manager.getCurrentContext()
  }

  /** @throws ActionError for a handler that is none. */
  register_action(action_type: string, handler: ActionHandler): void {
    const manager = this.#whole('register_action')
    const run: unknown = handler
    if (!isFunction(run)) {
      throw new ActionError(`The handler of the action "${action_type}" is not a function.`, { kind: 'config' })
    }
    manager.registerAction(action_type, (action) => run(toPipecatAction(action), this))
  }

  #toNode(config: NodeConfig): FlowNode {
    return toNode(config, this.#border)
  }

  #whole(member: string): WrappableManager {
    if (isWhole(this.#manager)) return this.#manager
    throw new FlowError(`This manager may only be read, and so ${member} is not there: return a node instead.`, {
      code: 'flow-manager-view',
      kind: 'config',
    })
  }
}

/**
 * A manager with the names of Pipecat: `state`, `current_node`, `initialize`, `set_node`, `set_node_from_config`,
 * `get_current_context`, `register_action`. Nodes are given in the names of Pipecat.
 */
export function pipecatFlowManager(manager: WrappableManager, options: PipecatOptions = {}): PipecatFlowManager {
  return new PipecatFlowManager(manager, new Border(options))
}

/** The manager that a handler gets, always the same one for one manager and one border. */
export function pipecatManagerAt(manager: FlowManagerView, border: Border): PipecatFlowManager {
  const known = border.managers.get(manager)
  if (known !== undefined) return known
  const made = new PipecatFlowManager(manager, border)
  border.managers.set(manager, made)
  return made
}

function isWhole(manager: FlowManagerView): manager is WrappableManager {
  return ['initialize', 'setNode', 'setNodeFromConfig', 'registerAction'].every((name) =>
    isFunction(Reflect.get(manager, name)),
  )
}

/** An action in the names of Pipecat. */
function toPipecatAction({ appendTextToContext, handler: _handler, ...action }: FlowAction): ActionConfig {
  return { ...action, ...(appendTextToContext !== undefined && { append_text_to_context: appendTextToContext }) }
}
