import { FlowTransitionError } from '../definition/errors.ts'
import type { Move } from './move.ts'

/** Without a word of the user, or a move of the model or the application. */
const MOST = 100

/** Counts how often a flow moves on by itself: one that goes in circles would never let go of the process. */
export class MovesByItself {
  #count = 0

  /** The user takes part. */
  reset(): void {
    this.#count = 0
  }

  /** @throws FlowTransitionError `flow-restless` */
  count({ cause: { by } }: Move): void {
    this.#count = by === 'always' || by === 'onSpoken' || by === 'onError' ? this.#count + 1 : 0
    if (this.#count <= MOST) return
    const message = `The flow has moved on ${MOST} times by itself: it goes in circles. Have one of its nodes lead out of them, or give it maxVisits and onError.`
    throw new FlowTransitionError(message, { code: 'flow-restless', kind: 'config' })
  }
}
