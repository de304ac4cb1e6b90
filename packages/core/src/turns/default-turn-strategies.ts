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

  /** @throws PcError `invalid-turn-options` when the timeout is not a number of seconds. */
  constructor(userSpeechTimeoutSecs: number | undefined) {
    this.#userSpeechTimeoutSecs = userSpeechTimeoutSecs
    this.#stop(undefined, true)
  }

  /** The processors of another session are others. */
  forgetAnalyzer(): void {
    this.#made.clear()
  }

  /**
   * A list that is missing is the default one; an analyzer that stands in the pipeline's list belongs to that.
   *
   * @param wordsCount - false: the model hears by itself, nobody waits for transcripts.
   */
  complete(
    { start, stop }: UserTurnStrategies,
    processors: readonly FrameProcessor[],
    wordsCount: boolean,
  ): Required<UserTurnStrategies> {
    const voice = new VADUserTurnStartStrategy()
    const holder = processors.find((processor) => processor instanceof TurnAnalyzerProcessor)
    return {
      start: start ?? (wordsCount ? [voice, new TranscriptionUserTurnStartStrategy()] : [voice]),
      stop: stop ?? [this.#stop(holder, wordsCount)],
    }
  }

  #stop(holder: TurnAnalyzerProcessor | undefined, waitForTranscript: boolean): TurnStopStrategy {
    const key = `${holder === undefined} ${waitForTranscript}`
    const made = this.#made.get(key) ?? this.#make(holder, waitForTranscript)
    this.#made.set(key, made)
    return made
  }

  #make(holder: TurnAnalyzerProcessor | undefined, waitForTranscript: boolean): TurnStopStrategy {
    const secs = this.#userSpeechTimeoutSecs
    const options = { waitForTranscript, ...(secs !== undefined && { userSpeechTimeoutSecs: secs }) }
    return holder === undefined
      ? new SpeechTimeoutUserTurnStopStrategy(options)
      : new TurnAnalyzerUserTurnStopStrategy({ turnAnalyzer: holder.turnAnalyzer, ...options })
  }
}
