import type { LLMServiceMetadataFrame, STTMetadataFrame } from '../frames/control.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import { SpeechTimeoutUserTurnStopStrategy } from './speech-timeout-user-turn-stop-strategy.ts'
import { TranscriptionUserTurnStartStrategy } from './transcription-user-turn-start-strategy.ts'
import { TurnAnalyzerProcessor } from './turn-analyzer-processor.ts'
import { TurnAnalyzerUserTurnStopStrategy } from './turn-analyzer-user-turn-stop-strategy.ts'
import type { TurnStopStrategy, UserTurnStrategies } from './turn-strategy.ts'
import { VADUserTurnStartStrategy } from './vad-user-turn-start-strategy.ts'

/** Completes lists of strategies. What it makes is the same in every call, so that it keeps what it has attached. */
export class DefaultTurnStrategies {
  readonly #userSpeechTimeoutSecs: number | undefined
  readonly #made = new Map<string, TurnStopStrategy>()
  /** The model says that it hears by itself. */
  #announced = false
  /** What the application says about that. */
  #forced: boolean | undefined
  /** What the recogniser recommends. */
  #recommended: UserTurnStrategies | undefined

  /** @throws PcError `invalid-turn-options` when the timeout is not a number of seconds. */
  constructor(userSpeechTimeoutSecs: number | undefined) {
    this.#userSpeechTimeoutSecs = userSpeechTimeoutSecs
    this.#stop(undefined)
  }

  /** The processors of another session are others. */
  forget(): void {
    this.#made.clear()
    this.#announced = false
    this.#recommended = undefined
  }

  /** What services say of themselves; true when the default strategies are others from now on. */
  heed(frame: STTMetadataFrame | LLMServiceMetadataFrame): boolean {
    if (frame.type === 'LLMServiceMetadataFrame') {
      const before = this.#realtime
      this.#announced = frame.isRealtimeService
      return this.#realtime !== before
    }
    const changed = frame.userTurnStrategies !== this.#recommended
    this.#recommended = frame.userTurnStrategies
    return changed
  }

  /** Whether the model hears by itself, whatever it says; true when the default strategies are others from now on. */
  force(realtime: boolean | undefined): boolean {
    const before = this.#realtime
    this.#forced = realtime
    return this.#realtime !== before
  }

  /**
   * A list that is missing is the default one: what the recogniser recommends, or else voice and words, and silence. An
   * analyzer that stands in the pipeline's list belongs to that.
   */
  complete({ start, stop }: UserTurnStrategies, processors: readonly FrameProcessor[]): Required<UserTurnStrategies> {
    const voice = new VADUserTurnStartStrategy()
    const usual = this.#realtime ? [voice] : [voice, new TranscriptionUserTurnStartStrategy()]
    const analyzer = processors.find((processor) => processor instanceof TurnAnalyzerProcessor)
    const recommended = analyzer === undefined ? this.#recommended?.stop : undefined
    return {
      start: start ?? this.#recommended?.start ?? usual,
      stop: stop ?? recommended ?? [this.#stop(analyzer)],
    }
  }

  /** The model hears by itself: nobody waits for transcripts. */
  get #realtime(): boolean {
    return this.#forced ?? this.#announced
  }

  #stop(holder: TurnAnalyzerProcessor | undefined): TurnStopStrategy {
    const key = `${holder === undefined} ${this.#realtime}`
    const made = this.#made.get(key) ?? this.#make(holder)
    this.#made.set(key, made)
    return made
  }

  #make(holder: TurnAnalyzerProcessor | undefined): TurnStopStrategy {
    const waitForTranscript = !this.#realtime
    const secs = this.#userSpeechTimeoutSecs
    const options = { waitForTranscript, ...(secs !== undefined && { userSpeechTimeoutSecs: secs }) }
    return holder === undefined
      ? new SpeechTimeoutUserTurnStopStrategy(options)
      : new TurnAnalyzerUserTurnStopStrategy({ turnAnalyzer: holder.turnAnalyzer, ...options })
  }
}
