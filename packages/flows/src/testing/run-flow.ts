import type { Message } from '@pc/core'
import { TestClock } from '@pc/core/testing'
import type { ActionHandler } from '../definition/action.ts'
import { FlowError } from '../definition/errors.ts'
import type { FlowState } from '../definition/flow-context.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import { FlowManager } from '../manager/flow-manager.ts'
import type { FlowInspection } from '../manager/inspection.ts'
import type { FlowCoverage } from './flow-coverage.ts'
import { ScriptedHost, type ScriptedHostOptions } from './scripted-host.ts'

/** How a flow is run in a test. */
export interface RunFlowOptions extends ScriptedHostOptions {
  /** Default: one of its own. */
  readonly clock?: TestClock | undefined
  /** Of chance and ids. Default 1. */
  readonly seed?: number | undefined
  /** What the state is at the beginning, in place of the flow's own. */
  readonly state?: FlowState | undefined
  /** Handlers of the actions that the application registers. */
  readonly actions?: Readonly<Record<string, ActionHandler>> | undefined
  /** Records what is seen. */
  readonly coverage?: FlowCoverage | undefined
}

/** So many turns of the event loop without news mean rest; more of them where a node is being entered. */
const QUIET_TURNS = 4
const QUIET_TURNS_MOVING = 200
/** A flow that moves on more often by itself, without anybody saying anything, goes in circles. */
const MOST_MOVES = 90

/**
 * A flow on the real manager, in a world that the test plays: it says what the model does, what the user says, and when
 * time passes. {@link runFlow} makes one.
 */
export class FlowTestRun {
  readonly manager: FlowManager
  readonly clock: TestClock
  /** All that happened, as inspectors get it. */
  readonly events: readonly FlowInspection[]
  readonly #host: ScriptedHost
  readonly #events: FlowInspection[] = []
  #isMoving = false
  #moves = 0

  /** @internal */
  constructor(flow: FlowDefinition, options: RunFlowOptions) {
    const { seed = 1, clock = new TestClock(), coverage, state, actions = {} } = options
    this.clock = clock
    this.events = this.#events
    this.#host = new ScriptedHost(clock, seed, options)
    const inspect = (event: FlowInspection): void => {
      this.#observe(event)
      coverage?.inspect(event)
    }
    const started = state === undefined ? flow : { ...flow, initialState: state }
    this.manager = new FlowManager({ host: this.#host, flow: started, inspect })
    for (const [type, handler] of Object.entries(actions)) this.manager.registerAction(type, handler)
  }

  /** The name of the node; `null` before the first. */
  get currentNode(): string | null {
    return this.manager.currentNode
  }

  get state(): FlowState {
    return this.manager.state
  }

  /** What the agent said, in order. */
  get said(): readonly string[] {
    return this.#host.said
  }

  /** The names of the functions that the model is offered. */
  get tools(): readonly string[] {
    return this.#host.tools.map(({ function: fn }) => fn.name)
  }

  get messages(): readonly Message[] {
    return this.#host.messages()
  }

  /** The system instruction. */
  get role(): string | undefined {
    return this.#host.role
  }

  /** Whether it is the model's turn to speak. */
  get isAsked(): boolean {
    return this.#host.isAsked
  }

  /** Whether something is being said: only where `charsPerSec` is given. */
  get isPlaying(): boolean {
    return this.#host.isPlaying
  }

  get hasEnded(): boolean {
    return this.#host.hasEnded
  }

  /** A function that the model is offered. */
  tool(name: string): FlowFunction | undefined {
    return this.#host.tools.find(({ function: fn }) => fn.name === name)?.function
  }

  /**
   * The model calls a function; if it is not its turn, the user speaks before. Calls that are not awaited one by one are
   * made at once. Gives what the model reads, `undefined` for a call that was cancelled, when the flow has come to rest.
   *
   * @param options - `saying` is said along with the call.
   * @throws FlowError `flow-test-no-function` when the function is not offered, `flow-test-over` after the end.
   */
  async call(
    name: string,
    args: Readonly<Record<string, unknown>> = {},
    options: { readonly saying?: string | undefined } = {},
  ): Promise<unknown> {
    const result = await this.#host.modelCalls(name, args, options.saying)
    await this.rest()
    return result
  }

  /** The model speaks; if it is not its turn, the user speaks before. Settles when that was played, or cut. */
  async reply(text = 'All right.'): Promise<void> {
    await this.#host.modelSays(text)
    await this.rest()
  }

  /** The user says something, which interrupts the agent. The model is to answer then. */
  async user(text = 'All right.'): Promise<void> {
    this.#host.userSays(text)
    await this.rest()
  }

  /** The user begins to speak: the agent falls silent. `user` says what they said. */
  async interrupt(): Promise<void> {
    this.#host.startUser()
    await this.rest()
  }

  /** Time passes. */
  async advance(secs: number): Promise<void> {
    await this.clock.advance(secs * 1000)
    await this.rest()
  }

  /**
   * Settles when the flow does nothing more by itself; it may wait for the clock.
   *
   * @throws FlowError `flow-test-restless` when it goes in circles.
   */
  async rest(): Promise<void> {
    const begun = this.#moves
    let seen = -1
    let quiet = 0
    while (quiet < (this.#isMoving && !this.hasEnded ? QUIET_TURNS_MOVING : QUIET_TURNS)) {
      const now = this.#host.activity + this.#events.length
      quiet = now === seen ? quiet + 1 : 0
      seen = now
      if (this.#moves - begun > MOST_MOVES) {
        this.#host.halt()
        throw new FlowError('The flow does not come to rest: it moves on and on by itself.', {
          code: 'flow-test-restless',
        })
      }
      await this.clock.settle()
    }
  }

  /** @internal */
  async start(): Promise<void> {
    let started = false
    const starting = this.manager.initialize().finally(() => {
      started = true
    })
    // What is said takes time, which nobody else lets pass yet.
    while (!started && this.#host.isTimed) {
      await this.clock.settle()
      if (this.isPlaying) await this.clock.advance(10)
    }
    await starting
    await this.rest()
  }

  #observe(event: FlowInspection): void {
    if (event.type === 'flow.machine') return
    this.#events.push(event)
    if (event.type === 'flow.call.end' && event.end === 'transition') this.#isMoving = true
    if (event.type === 'flow.enter') this.#moves++
    if (event.type === 'flow.enter' || event.type === 'flow.error') this.#isMoving = false
  }
}

/**
 * Starts a flow for a test, on the real manager, without a pipeline, a model or sound.
 *
 * ```ts
 * const run = await runFlow(pizza)
 * await run.call('choose_size', { size: 'large' })
 * expect(run.currentNode).toBe('confirm')
 * ```
 *
 * @throws FlowInitializationError when its first node cannot be entered.
 */
export async function runFlow(flow: FlowDefinition, options: RunFlowOptions = {}): Promise<FlowTestRun> {
  const run = new FlowTestRun(flow, options)
  await run.start()
  return run
}
