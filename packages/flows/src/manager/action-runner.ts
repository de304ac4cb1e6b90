import type { ActionHandler, FlowAction } from '../definition/action.ts'
import { ActionError } from '../definition/errors.ts'
import type { FlowEngine } from './flow-engine.ts'

const BUILT_IN: readonly string[] = ['tts_say', 'end_conversation', 'function']

/** Runs the actions of nodes. */
export class ActionRunner {
  readonly #engine: FlowEngine
  readonly #registered = new Map<string, ActionHandler>()

  constructor(engine: FlowEngine) {
    this.#engine = engine
  }

  /** @throws ActionError for a handler that is none. */
  register(type: string, handler: ActionHandler): void {
    verifyHandler(type, handler)
    this.#registered.set(type, handler)
  }

  /** @throws ActionError for an action that could not run. */
  verify(actions: readonly FlowAction[] = []): void {
    for (const [index, { type, handler }] of actions.entries()) {
      if (typeof type !== 'string' || type === '') throw unfit(`Action ${index} has no type.`)
      if (handler !== undefined) verifyHandler(type, handler)
      else if (!BUILT_IN.includes(type) && !this.#registered.has(type)) {
        throw unfit(`No action "${type}": register it at the manager, or give it a handler.`)
      }
    }
  }

  /**
   * Runs actions one after another, each when the one before is done, until `goesOn` says no.
   *
   * @throws ActionError when a handler fails.
   */
  async run(actions: readonly FlowAction[], goesOn: () => boolean): Promise<void> {
    const { host, navigator, inspect } = this.#engine
    const { clock } = host.runtime
    for (const action of actions) {
      if (!goesOn()) return
      const { type, handler } = action
      const beganMs = clock.nowMs()
      try {
        await this.#do(action)
      } catch (cause) {
        throw new ActionError(`The action "${type}" failed.`, { cause })
      }
      const tookMs = clock.nowMs() - beganMs
      inspect(() => ({ type: 'flow.action', node: navigator.node ?? '', action: type, tookMs }))
      if (type === 'end_conversation' && handler === undefined) return
    }
  }

  async #do(action: FlowAction): Promise<void> {
    const { host, view } = this.#engine
    const { type, text, handler = this.#registered.get(type) } = action
    // What was queued before it was played by then.
    if (type === 'function') await host.settled()
    if (handler !== undefined) await this.#engine.inTime(() => handler(action, view))
    else if (type === 'function') host.runtime.log.log('warn', 'An action of type "function" has no handler.')
    else if (type === 'tts_say' || text !== undefined) await this.#say(action)
    if (type === 'end_conversation' && handler === undefined) this.#engine.end()
  }

  /** That a text could not be said does not hold the conversation up. */
  async #say({ type, text, appendTextToContext = true }: FlowAction): Promise<void> {
    const { host } = this.#engine
    const { log } = host.runtime
    if (text === undefined || text === '') {
      log.log('warn', `An action "${type}" has no text.`)
      return
    }
    try {
      await host.speak(text, { appendToContext: appendTextToContext })
    } catch (error) {
      log.log('error', `The text of an action "${type}" could not be said.`, { error })
    }
  }
}

function verifyHandler(type: string, handler: unknown): void {
  if (typeof handler !== 'function') throw unfit(`The handler of the action "${type}" is not a function.`)
}

function unfit(message: string): ActionError {
  return new ActionError(message, { kind: 'config' })
}
