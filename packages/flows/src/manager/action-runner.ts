import type { ActionHandler, FlowAction } from '../definition/action.ts'
import { ActionError } from '../definition/errors.ts'
import type { FlowManagerView } from '../definition/flow-context.ts'
import type { FlowHost } from './flow-host.ts'
import { inTime } from './in-time.ts'

const BUILT_IN: ReadonlySet<string> = new Set(['tts_say', 'end_conversation', 'function'])

/** What an {@link ActionRunner} needs of its engine. */
export interface ActionHost {
  readonly host: FlowHost
  /** What handlers get. */
  readonly view: FlowManagerView
  /** A handler that takes longer is given up, seconds. */
  readonly timeoutSecs: number
  /** Ends the conversation. */
  end(): void
  ran(action: string, tookMs: number): void
}

/** Runs the actions of nodes. */
export class ActionRunner {
  readonly #host: ActionHost
  readonly #registered = new Map<string, ActionHandler>()

  constructor(host: ActionHost) {
    this.#host = host
  }

  /** @throws ActionError for a handler that is none. */
  register(type: string, handler: ActionHandler): void {
    if (typeof handler !== 'function') {
      throw new ActionError(`The handler of the action "${type}" is not a function.`, { kind: 'config' })
    }
    this.#registered.set(type, handler)
  }

  /** @throws ActionError for an action that could not run. */
  verify(actions: readonly FlowAction[]): void {
    for (const [index, { type, handler }] of actions.entries()) {
      if (typeof type !== 'string' || type === '') {
        throw new ActionError(`Action ${index} has no type.`, { kind: 'config' })
      }
      if (handler !== undefined && typeof handler !== 'function') {
        throw new ActionError(`The handler of the action "${type}" is not a function.`, { kind: 'config' })
      }
      if (handler !== undefined || BUILT_IN.has(type) || this.#registered.has(type)) continue
      throw new ActionError(`No action "${type}": register it at the manager, or give it a handler.`, {
        kind: 'config',
      })
    }
  }

  /**
   * Runs actions one after another, each when the one before is done, until `goesOn` says no.
   *
   * @throws ActionError when a handler fails.
   */
  async run(actions: readonly FlowAction[], goesOn: () => boolean): Promise<void> {
    const { clock } = this.#host.host.runtime
    for (const action of actions) {
      if (!goesOn()) return
      const beganMs = clock.nowMs()
      try {
        await this.#do(action)
      } catch (cause) {
        throw new ActionError(`The action "${action.type}" failed.`, { cause })
      }
      this.#host.ran(action.type, clock.nowMs() - beganMs)
      if (action.type === 'end_conversation' && action.handler === undefined) return
    }
  }

  async #do(action: FlowAction): Promise<void> {
    const { host, view, timeoutSecs } = this.#host
    const handler = action.handler ?? this.#registered.get(action.type)
    if (action.type === 'function') {
      // What was queued before it was played by then.
      await host.settled()
      if (handler !== undefined) await inTime(host.runtime.clock, timeoutSecs, () => handler(action, view))
      else host.runtime.log.log('warn', 'An action of type "function" has no handler.')
      return
    }
    if (handler !== undefined) {
      await inTime(host.runtime.clock, timeoutSecs, () => handler(action, view))
      return
    }
    if (action.type === 'tts_say') await this.#say(action)
    if (action.type === 'end_conversation') {
      if (action.text !== undefined) await this.#say(action)
      this.#host.end()
    }
  }

  /** That a text could not be said does not hold the conversation up. */
  async #say({ type, text, appendTextToContext = true }: FlowAction): Promise<void> {
    const { host } = this.#host
    if (text === undefined || text === '') {
      host.runtime.log.log('warn', `An action "${type}" has no text.`)
      return
    }
    try {
      await host.speak(text, { appendToContext: appendTextToContext })
    } catch (error) {
      host.runtime.log.log('error', `The text of an action "${type}" could not be said.`, { error })
    }
  }
}
