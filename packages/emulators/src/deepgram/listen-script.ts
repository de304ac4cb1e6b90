import { WINDOW_SECS } from './audio-windows.ts'
import { reached } from './speech-onset.ts'
import type { Recognition, Recognizer } from './utterances.ts'
import { splitWords, spreadWords } from './words.ts'

/** What the server sends at a step of a listen script. */
export type ListenEvent =
  /** `Results` with `is_final: false`. */
  | { readonly event: 'interim'; readonly text: string }
  /** `Results` with `is_final: true`; `speechFinal` defaults to true, after `Finalize` to false. */
  | { readonly event: 'final'; readonly text: string; readonly speechFinal?: boolean }
  /** `UtteranceEnd`; `lastWordEndSecs` defaults to the position in the audio. */
  | { readonly event: 'utteranceEnd'; readonly lastWordEndSecs?: number }
  /** `SpeechStarted`. */
  | { readonly event: 'speechStarted' }
  /** Any JSON message. */
  | { readonly event: 'message'; readonly message: object }
  /** Closes the connection. */
  | { readonly event: 'close'; readonly code: number; readonly reason?: string }

/** One step of a listen script: it happens at a position in the audio received, or when the client sends a message. */
export type ListenStep = ({ readonly atSecs: number } | { readonly after: 'Finalize' | 'CloseStream' }) & ListenEvent

/** What a script does beside recognition. */
export interface ScriptOutput {
  readonly emit: (recognition: Recognition) => void
  readonly message: (message: object) => void
  readonly close: (code: number, reason: string) => void
}

/** A recognizer that hears nothing and plays a script. Once a message has played its steps, they are done. */
export class ScriptedRecognizer implements Recognizer {
  readonly #output: ScriptOutput
  #steps: readonly ListenStep[]
  #windows = 0
  #segmentStartSecs = 0

  constructor(steps: readonly ListenStep[], output: ScriptOutput) {
    this.#steps = steps
    this.#output = output
  }

  hear(): void {
    this.#windows += 1
    this.#playWhere((step) => 'atSecs' in step && reached(this.#positionSecs, step.atSecs))
  }

  flush(trigger: 'Finalize' | 'CloseStream'): void {
    this.#playWhere((step) => 'after' in step && step.after === trigger)
  }

  get #positionSecs(): number {
    return this.#windows * WINDOW_SECS
  }

  #playWhere(due: (step: ListenStep) => boolean): void {
    const steps = this.#steps.filter(due)
    if (steps.length === 0) return
    this.#steps = this.#steps.filter((step) => !steps.includes(step))
    for (const step of steps) this.#play(step)
  }

  #play(step: ListenStep): void {
    const { emit, message, close } = this.#output
    const endSecs = this.#positionSecs
    switch (step.event) {
      case 'speechStarted':
        return emit({ kind: 'speechStarted', atSecs: endSecs })
      case 'utteranceEnd':
        return emit({ kind: 'utteranceEnd', lastWordEndSecs: step.lastWordEndSecs ?? endSecs })
      case 'message':
        return message(step.message)
      case 'close':
        return close(step.code, step.reason ?? '')
      case 'interim':
      case 'final': {
        const startSecs = this.#segmentStartSecs
        const isFinal = step.event === 'final'
        const fromFinalize = 'after' in step && step.after === 'Finalize'
        if (isFinal) this.#segmentStartSecs = endSecs
        emit({
          kind: 'results',
          words: spreadWords(splitWords(step.text), startSecs, endSecs),
          startSecs,
          endSecs,
          isFinal,
          speechFinal: step.event === 'final' && (step.speechFinal ?? !fromFinalize),
          fromFinalize,
        })
      }
    }
  }
}
