import { describe, expect, it } from 'vitest'
import { advanceVAD, isSpeaking, QUIET, type VADState } from './vad-state.ts'

/** `1` is a window of speech, `0` one without; the result is a letter per window. */
function run(windows: string, startWindows: number, stopWindows: number): string {
  let state: VADState = QUIET
  return Array.from(windows)
    .map((window) => {
      state = advanceVAD(state, window === '1', { startWindows, stopWindows })
      return { quiet: '.', starting: 's', speaking: 'S', stopping: 'p' }[state.status]
    })
    .join('')
}

describe('voice activity', () => {
  it.each([
    ['starts when enough windows in a row are speech', '0111100', 3, 3, '.ssSSpp'],
    ['falls back to quiet on one window without speech', '110110', 3, 3, 'ss.ss.'],
    ['stops when enough windows in a row are silent', '1110001', 3, 3, 'ssSpp.s'],
    ['goes on after one window of speech in a pause', '11100100', 3, 3, 'ssSppSpp'],
    ['starts and stops at once when one window is enough', '0110', 1, 1, '.SS.'],
    ['takes a threshold below one window as one', '0110', 0, 0, '.SS.'],
  ])('%s', (_title, windows, startWindows, stopWindows, states) => {
    expect(run(windows, startWindows, stopWindows)).toBe(states)
  })

  it('counts as speech until the pause is long enough', () => {
    expect(isSpeaking({ status: 'starting', windows: 2 })).toBe(false)
    expect(isSpeaking({ status: 'speaking' })).toBe(true)
    expect(isSpeaking({ status: 'stopping', windows: 2 })).toBe(true)
    expect(isSpeaking(QUIET)).toBe(false)
  })
})
