/** Where voice activity detection stands: `starting` and `stopping` are not sure yet and count windows. */
export type VADState =
  | { readonly status: 'quiet' }
  | { readonly status: 'starting'; readonly windows: number }
  | { readonly status: 'speaking' }
  | { readonly status: 'stopping'; readonly windows: number }

/** How many windows in a row it takes to be sure; less than 1 counts as 1. */
export interface VADThresholds {
  readonly startWindows: number
  readonly stopWindows: number
}

/** Nothing is heard. */
export const QUIET: VADState = { status: 'quiet' }
/** The user is heard. */
export const SPEAKING: VADState = { status: 'speaking' }

/** Whether a state counts as speech: a pause does until it is long enough. */
export function isSpeaking(state: VADState): boolean {
  return state.status === 'speaking' || state.status === 'stopping'
}

/** The state after one more window. One window the other way takes a `starting` or `stopping` state back. */
export function advanceVAD(state: VADState, speech: boolean, thresholds: VADThresholds): VADState {
  if (isSpeaking(state)) {
    if (speech) return SPEAKING
    const windows = state.status === 'stopping' ? state.windows + 1 : 1
    return windows >= thresholds.stopWindows ? QUIET : { status: 'stopping', windows }
  }
  if (!speech) return QUIET
  const windows = state.status === 'starting' ? state.windows + 1 : 1
  return windows >= thresholds.startWindows ? SPEAKING : { status: 'starting', windows }
}
