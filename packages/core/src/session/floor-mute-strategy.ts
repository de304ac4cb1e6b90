import type { TurnEvent } from '../turns/turn-events.ts'
import type { MuteView, UserMuteStep, UserMuteStrategy } from '../turns/user-mute-strategy.ts'

/** How often it is looked whether the speech is over, milliseconds: the turn processor hears nothing of that. */
const LOOK_MS = 100

/** Mutes the user while a speech that they may not cut is being made and played. */
export class FloorMuteStrategy implements UserMuteStrategy<undefined> {
  readonly name = 'FloorMuteStrategy'
  readonly muteCurrent = true
  readonly #holdsFloor: () => boolean

  constructor(holdsFloor: () => boolean) {
    this.#holdsFloor = holdsFloor
  }

  initial(): undefined {}

  on(state: undefined, _event: TurnEvent, { nowMs }: MuteView): UserMuteStep<undefined> {
    const muted = this.#holdsFloor()
    return { state, muted, deadlineMs: muted ? nowMs + LOOK_MS : undefined }
  }
}
