import type { Clock, Timer } from '@pc/core'
import type { SilenceRule } from '../definition/flow-node.ts'
import type { To } from '../definition/outcome.ts'

/** What a {@link SilenceWatch} needs of its navigator. */
export interface SilenceWatchHost {
  readonly clock: Clock
  /** That of the node that the conversation is in. */
  rule(): SilenceRule | undefined
  /** Something is under way that will be heard. */
  isBusy(): boolean
  say(text: string): Promise<void>
  go(edge: To): Promise<void>
}

/** Answers the silence of the user, as the node says. */
export class SilenceWatch {
  readonly #host: SilenceWatchHost
  #timer: Timer | undefined = undefined
  #dueMs: number | undefined = undefined
  /** How often it was answered since the user last spoke. */
  #said = 0

  constructor(host: SilenceWatchHost) {
    this.#host = host
  }

  /** When it is answered, milliseconds on the clock. */
  get dueMs(): number | undefined {
    return this.#dueMs
  }

  /** From now on silence counts. */
  listen(afterMs?: number): void {
    const rule = this.#host.rule()
    if (rule === undefined) return
    const { times = 1, afterSecs } = rule
    if (rule.to === undefined && this.#said >= times) return
    this.stop()
    const ms = afterMs ?? afterSecs * 1000
    this.#dueMs = this.#host.clock.nowMs() + ms
    const answer = (): void => void this.#answer()
    this.#timer = this.#host.clock.setTimeout(answer, ms, { background: true })
  }

  /** Somebody speaks. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#dueMs = undefined
  }

  /** The user has spoken, or is in another node. */
  begin(): void {
    this.#said = 0
  }

  async #answer(): Promise<void> {
    this.stop()
    const rule = this.#host.rule()
    if (rule === undefined) return
    const { say, to, times = 1 } = rule
    if (this.#host.isBusy()) this.listen()
    else if (say !== undefined && this.#said < times) {
      this.#said++
      await this.#host.say(say)
      if (this.#host.rule() === rule) this.listen()
    } else if (to !== undefined) await this.#host.go(to)
  }
}
