import type { FlowError } from '../definition/errors.ts'
import type { ContextStrategy, FlowNode } from '../definition/flow-node.ts'
import type { Json } from '../definition/json.ts'
import type { TransitionManager } from '../definition/outcome.ts'
import type { ActionRunner } from './action-runner.ts'
import type { FlowHost, FlowTool } from './flow-host.ts'
import type { FlowRun } from './flow-run.ts'
import type { FlowEvent, TransitionCause } from './inspection.ts'
import type { Move } from './move.ts'

/** What a `Navigator` needs of its engine. */
export interface NavigatorHost {
  readonly host: FlowHost
  readonly actions: ActionRunner
  /** A callback that takes longer is given up, seconds. */
  readonly timeoutSecs: number
  /** What callbacks get. */
  readonly view: TransitionManager
  /** Where neither node nor move says it. */
  readonly context: ContextStrategy | undefined
  /** The functions of the node that is being entered. */
  tools(): readonly FlowTool[]
  /** Whether calls are under way. */
  isBusy(): boolean
  /** A node was entered, or a flow was left: calls of before are out of date. */
  moved(): void
  /** A move has led nowhere. */
  stayed(): void
  /** What a snapshot would hold has changed. */
  changed(): void
  /** Handles what a move of the conversation's own failed with: the conversation has to go on. */
  moveFailed(error: FlowError, move: Move, target: FlowNode | undefined): Promise<void>
  failed(error: FlowError): void
  inspect(event: () => FlowEvent): void
  /** The conversation has come to a node, after so long, milliseconds; from another node of its flow, or none. */
  arrived(from: string | null, cause: TransitionCause, tookMs: number): void
  /** A sub-flow gave its output to a call that nobody waits for: this process has resumed it. */
  runAgain(run: FlowRun): void
  /** The conversation's own flow is over. True: somebody else goes on. */
  done(output: Json): boolean
  end(): void
}
