import type { FrameProcessor } from '../processor/frame-processor.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { TurnAnalyzerProcessor } from './turn-analyzer-processor.ts'

/** What a turn analyzer makes of the user's speech so far. */
export interface TurnVerdict {
  /** The user has finished. */
  readonly complete: boolean
  /** Of being complete, 0 to 1; `undefined` when the analyzer has no such number. */
  readonly probability?: number | undefined
}

/**
 * A model that tells from the sound of speech whether the user has finished. It may stand in a pipeline's list, in a
 * transport's `turnAnalyzer`, or in a `TurnAnalyzerUserTurnStopStrategy`. Providers implement the model; deadlines and
 * what follows from a verdict are the strategy's.
 *
 * It is used by one session; what is heavy (a model, a worker) is better shared behind it.
 */
export abstract class TurnAnalyzer {
  /** The rate of the audio it wants, Hz. Default 16000. */
  get sampleRate(): number {
    return 16_000
  }

  /**
   * Gets ready; awaited before the first audio. Work that the event loop does not see, here and in {@link analyze}, is
   * marked by `runtime.clock.hold`.
   */
  load(_runtime: Runtime): void | Promise<void> {}

  /** How much speech voice detection needs to be sure, seconds: speech began so long before `isSpeech` is first true. */
  setVADStartSecs(_startSecs: number): void {}

  /**
   * Takes the user's audio, mono, 20 ms at a time; the memory is used again after the call. Time is best counted by
   * samples. True: the user has finished, as a streaming model or a limit of silence may tell at any moment; it is
   * ignored while the user is audible.
   *
   * @param isSpeech - whether voice detection takes the user for speaking
   */
  abstract appendAudio(audio: Int16Array, isSpeech: boolean): boolean

  /**
   * Judges what was heard so far. Called when voice detection reports the end of speech. It must not keep the event
   * loop busy; a verdict that comes after the signal has aborted is not used.
   */
  abstract analyze(signal: AbortSignal): Promise<TurnVerdict>

  /** Forgets what was heard: the turn is over. */
  abstract clear(): void

  /** Gives back what it holds. */
  close(): void | Promise<void> {}

  /** Lets it stand in a pipeline's list: the turn processor finds it there. */
  toProcessor(): FrameProcessor {
    return new TurnAnalyzerProcessor(this)
  }
}
