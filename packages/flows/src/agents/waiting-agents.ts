import { FlowError } from '../definition/errors.ts'
import type { Json } from '../definition/json.ts'
import type { HandoffHistory } from './handoff.ts'
import { type Place, savePlace, type SavedWaiting } from './place.ts'

/** An agent that goes on when another comes back. */
export interface WaitingAgent {
  readonly place: Place
  /** What it hears of the conversation since. */
  readonly history: HandoffHistory
  /** Who waits for the result. */
  readonly output: PromiseWithResolvers<Json> | undefined
}

/** The agents that wait for another to come back, one above the other. */
export class WaitingAgents {
  readonly #agents: WaitingAgent[] = []

  push(agent: WaitingAgent): void {
    this.#agents.push(agent)
  }

  pop(): WaitingAgent | undefined {
    return this.#agents.pop()
  }

  /** An agent leads again that waits: nobody comes back to it, nor to those above it. */
  dropFrom(name: string): void {
    const index = this.#agents.findIndex(({ place }) => place.agent === name)
    if (index >= 0) this.#drop(index, `'${name}' leads the conversation again`)
  }

  dropAll(): void {
    this.#drop(0, 'The conversation has ended')
  }

  saved(): readonly SavedWaiting[] {
    return this.#agents.map(({ place, history }) => ({ ...savePlace(place), history }))
  }

  #drop(index: number, why: string): void {
    for (const { output, place } of this.#agents.splice(index)) {
      const message = `${why}: nobody comes back to '${place.agent}' with a result.`
      output?.reject(new FlowError(message, { code: 'agent-did-not-return', kind: 'aborted', retryable: false }))
    }
  }
}
