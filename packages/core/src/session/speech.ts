import type { Frame } from '../frames/frame.ts'
import { PcError } from '../runtime/errors.ts'
import type { SpeechHandle, SpeechOutcome } from './speech-handle.ts'
import { SpeechRecord } from './speech-record.ts'

/** What a {@link Speech} is made of. */
export interface SpeechOptions {
  readonly id: string
  readonly source: 'say' | 'reply'
  readonly allowInterruptions: boolean
  /** It was asked for while the user spoke, and waits for them: their turn does not cut it before it has begun. */
  readonly patient: boolean
  /** The text of `say`; a reply's comes with {@link Speech.generated}. */
  readonly wanted: string
  /** The frames that have it made, when its turn has come. */
  readonly request: () => Frame
  /** It is to be cut. */
  readonly interrupt: (speech: Speech) => void
}

/**
 * - `queued`: waits until the floor is free.
 * - `sent`: on its way through the pipeline; its end mark tells when it was played.
 * - `working`: played so far, and functions run that the model called for it.
 * - `cut`: waits for the verdict on what was heard.
 */
export type SpeechState = 'queued' | 'sent' | 'working' | 'cut' | 'settled'

/** A speech on its way from the queue to its outcome. */
export class Speech implements SpeechHandle {
  readonly id: string
  readonly source: 'say' | 'reply'
  readonly allowInterruptions: boolean
  readonly patient: boolean
  readonly played: Promise<SpeechOutcome>
  readonly request: () => Frame
  readonly record: SpeechRecord = new SpeechRecord()
  state: SpeechState = 'queued'
  /** Calls that have not settled. */
  readonly calls: Set<string> = new Set()
  /** The model called functions since the latest end mark went in. */
  called = false
  cutBy: 'user' | 'application' = 'user'
  /** Its first end mark has passed: what the model says after its functions is part of it too. */
  begun = false
  /** Utterances of which the output has told what was heard, and a client's report may still correct it. */
  readonly awaitedReports: Set<string> = new Set()
  readonly #interrupt: (speech: Speech) => void
  readonly #resolve: (outcome: SpeechOutcome) => void
  #wanted: string
  #failure: { readonly error: PcError; readonly ofModel: boolean } | undefined = undefined
  #outcome: SpeechOutcome | undefined = undefined

  constructor(options: SpeechOptions) {
    const { promise, resolve } = Promise.withResolvers<SpeechOutcome>()
    this.id = options.id
    this.source = options.source
    this.allowInterruptions = options.allowInterruptions
    this.patient = options.patient
    this.request = options.request
    this.played = promise
    this.#wanted = options.wanted
    this.#interrupt = options.interrupt
    this.#resolve = resolve
  }

  get heard(): string {
    return this.record.heard
  }

  get outcome(): SpeechOutcome | undefined {
    return this.#outcome
  }

  get interrupted(): boolean {
    return this.state === 'cut' || this.#outcome?.status === 'cut'
  }

  interrupt(): Promise<SpeechOutcome> {
    this.#interrupt(this)
    return this.played
  }

  /** The model gave text for it: what failed before was made good. */
  generated(text: string): void {
    if (this.source === 'reply') this.#wanted += text
    if (this.#failure?.ofModel) this.#failure = undefined
  }

  /** Model or voice reported trouble. */
  failing(error: PcError, ofModel: boolean): void {
    if (this.state === 'cut') return
    this.#failure = { error, ofModel }
  }

  settle(outcome: SpeechOutcome): void {
    if (this.#outcome !== undefined) return
    this.state = 'settled'
    this.#outcome = outcome
    this.#resolve(outcome)
  }

  settleAsPlayed(): void {
    const { heard } = this
    const error = this.#errorOf(heard)
    this.settle(error === undefined ? { status: 'played', heard } : { status: 'failed', heard, error })
  }

  settleAsCut(): void {
    this.settle({ status: 'cut', heard: this.heard, by: this.cutBy })
  }

  /** Another service may have stepped in for one that failed: what counts is whether all of it was heard. */
  #errorOf(heard: string): PcError | undefined {
    if (this.#failure?.ofModel) return this.#failure.error
    if (letters(heard) === letters(this.#wanted)) return undefined
    if (this.#failure !== undefined) return this.#failure.error
    if (heard !== '') return undefined
    return new PcError('Nothing of the speech was heard: no speech service of the pipeline speaks it.', {
      code: 'speech-not-spoken',
      kind: 'config',
    })
  }
}

function letters(text: string): string {
  return text.replaceAll(/\s/gu, '')
}
