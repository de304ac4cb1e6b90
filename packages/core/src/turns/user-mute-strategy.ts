import type { TurnEvent } from './turn-events.ts'

/** What mute strategies see beside events. */
export interface MuteView {
  /** On the task's clock. */
  readonly nowMs: number
  readonly botSpeaking: boolean
}

/** What a mute strategy makes of an event. */
export interface UserMuteStep<S> {
  readonly state: S
  readonly muted: boolean
  /** When the strategy wants a `time` event; must lie ahead. */
  readonly deadlineMs?: number | undefined
}

/**
 * Decides when the user is ignored. It is pure: what it remembers is the state it returns. Of several, one is enough to
 * mute. While the user is muted, their audio, transcripts and turns, and what services propose about them, go no further
 * than the turn processor.
 */
export interface UserMuteStrategy<S = unknown> {
  /** Unique in its list. */
  readonly name: string
  /** Whether the frame that led to the mute is held back too, if it is one of the user's. Default false. */
  readonly muteCurrent?: boolean
  initial(): S
  /** Hears every event, those of a muted user too. */
  on(state: S, event: TurnEvent, view: MuteView): UserMuteStep<S>
}

/** Mutes the user while the agent speaks: nothing interrupts it. */
export class AlwaysUserMuteStrategy implements UserMuteStrategy<undefined> {
  readonly name = 'AlwaysUserMuteStrategy'

  initial(): undefined {}

  on(state: undefined, _event: TurnEvent, { botSpeaking }: MuteView): UserMuteStep<undefined> {
    return { state, muted: botSpeaking }
  }
}

/** Mutes the user while the agent speaks for the first time. */
export class FirstSpeechUserMuteStrategy implements UserMuteStrategy<boolean> {
  readonly name = 'FirstSpeechUserMuteStrategy'

  initial(): boolean {
    return false
  }

  on(over: boolean, event: TurnEvent, { botSpeaking }: MuteView): UserMuteStep<boolean> {
    return { state: over || event.type === 'botStopped', muted: !over && botSpeaking }
  }
}
