import type { Timer } from '@pc/core'
import { asFlowError } from '../definition/errors.ts'
import type { SilenceRule } from '../definition/flow-node.ts'
import type { FlowEngine } from './flow-engine.ts'

/** Answers the silence of the user, as the node says. */
export class SilenceWatch {
  readonly #engine: FlowEngine
  #timer: Timer | undefined = undefined
  #dueMs: number | undefined = undefined
  /** It would count if the agent did not speak. */
  #isPaused = false
  /** How often it was answered since the user last spoke. */
  #said = 0

  constructor(engine: FlowEngine) {
    this.#engine = engine
  }

  /** When it is answered, milliseconds on the clock. */
  get dueMs(): number | undefined {
    return this.#dueMs
  }

  /** From now on silence counts. */
  listen(afterMs?: number): void {
    const rule = this.#rule
    if (rule === undefined) return
    const { clock } = this.#engine.host.runtime
    const { times = 1, afterSecs } = rule
    if (rule.to === undefined && this.#said >= times) return
    this.stop()
    const ms = afterMs ?? afterSecs * 1000
    this.#dueMs = clock.nowMs() + ms
    const answer = (): void => void this.#answer()
    this.#timer = clock.setTimeout(answer, ms, { background: true })
  }

  /** The agent speaks. */
  pause(): void {
    const counts = this.#timer !== undefined
    this.stop()
    this.#isPaused = counts
  }

  /** The agent has spoken: what counted before counts anew. */
  goOn(): void {
    if (this.#isPaused) this.listen()
  }

  /** It does not count. */
  stop(): void {
    this.#isPaused = false
    this.#timer?.cancel()
    this.#timer = undefined
    this.#dueMs = undefined
  }

  /** The user has spoken, or is in another node. */
  begin(): void {
    this.#said = 0
  }

  /** That of the node that the conversation is in. */
  get #rule(): SilenceRule | undefined {
    const { isOver, navigator } = this.#engine
    return isOver ? undefined : navigator.run?.node?.onSilence
  }

  async #answer(): Promise<void> {
    this.stop()
    const rule = this.#rule
    if (rule === undefined) return
    const { host, navigator, book, failed } = this.#engine
    const { say, to, times = 1 } = rule
    // Something is under way that will be heard.
    if (navigator.isMoving || !book.isIdle || host.isReplying?.() === true) this.listen()
    else if (say !== undefined && this.#said < times) {
      this.#said++
      try {
        await host.speak(say, { appendToContext: true })
      } catch (error) {
        failed(asFlowError(error))
      }
      if (this.#rule === rule) this.listen()
    } else if (to !== undefined) await navigator.go({ kind: 'edge', of: () => to, cause: { by: 'onSilence' } })
  }
}
