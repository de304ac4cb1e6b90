import type { AudioRaw } from '../frames/audio.ts'
import { MetricsFrame } from '../frames/control.ts'
import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import { AudioWindows } from './audio-windows.ts'
import type { TurnAnalyzer } from './turn-analyzer.ts'
import type { TurnStrategyAttachment, TurnStrategyHost } from './turn-strategy.ts'

/** The pause that voice detection should wait for: analyzers are trained on segments that end like that. */
const USUAL_STOP_SECS = 0.2

/** What {@link TurnAnalysis} takes. */
export interface TurnAnalysisOptions {
  readonly analyzer: TurnAnalyzer
  /** The strategy its verdicts are for. */
  readonly strategy: string
  /** A verdict that takes longer is not wanted. */
  readonly deadlineMs: number
}

/** Feeds an analyzer with a session's audio, asks it when voice ends, and reports what it says. */
export class TurnAnalysis implements TurnStrategyAttachment {
  readonly #host: TurnStrategyHost
  readonly #options: TurnAnalysisOptions
  readonly #windows: AudioWindows
  #speaking = false
  #turnOpen = false
  #stopSecs: number | undefined
  #running: AbortController | undefined

  constructor(host: TurnStrategyHost, options: TurnAnalysisOptions) {
    this.#host = host
    this.#options = options
    const { sampleRate } = options.analyzer
    this.#windows = new AudioWindows(sampleRate, Math.round(sampleRate / 50))
  }

  onFrame(frame: AnyFrame, direction: FrameDirection): void {
    switch (frame.type) {
      case 'InputAudioRawFrame':
      case 'UserAudioRawFrame':
        if (direction === 'downstream') this.#hear(frame)
        return
      case 'VADUserStartedSpeakingFrame':
        this.#speaking = true
        this.#running?.abort()
        this.#options.analyzer.setVADStartSecs(frame.startSecs)
        return
      case 'VADUserStoppedSpeakingFrame':
        this.#speaking = false
        if (this.#turnOpen) this.#analyze()
        return
      case 'SpeechControlParamsFrame':
        this.#stopSecs = frame.vadParams?.stopSecs ?? this.#stopSecs
        if (frame.vadParams !== undefined) this.#options.analyzer.setVADStartSecs(frame.vadParams.startSecs)
        return
      case 'STTMetadataFrame':
        this.#checkTimes(frame.ttfsP99LatencySecs)
        return
    }
  }

  onTurnStarted(): void {
    this.#turnOpen = true
  }

  onTurnStopped(): void {
    this.#turnOpen = false
    this.#running?.abort()
    this.#options.analyzer.clear()
  }

  async close(): Promise<void> {
    this.#running?.abort()
    await this.#options.analyzer.close()
  }

  #hear(frame: AudioRaw): void {
    if (frame.audio.length === 0) return
    let complete = false
    this.#windows.push(frame, (window) => {
      if (this.#options.analyzer.appendAudio(window, this.#speaking)) complete = true
    })
    if (complete && !this.#speaking && this.#turnOpen) this.#report(true)
  }

  #analyze(): void {
    const { analyzer, strategy, deadlineMs } = this.#options
    const { clock } = this.#host.runtime
    this.#running?.abort()
    const controller = new AbortController()
    this.#running = controller
    const beganMs = clock.nowMs()
    const timer = clock.setTimeout(() => controller.abort(), deadlineMs)
    // The strategy has a deadline of its own: silence about a late verdict is enough.
    const judge = async (): Promise<void> => {
      try {
        const { complete, probability } = await analyzer.analyze(controller.signal)
        if (controller.signal.aborted) return
        if (this.#host.enableMetrics) {
          const valueSecs = (clock.nowMs() - beganMs) / 1000
          this.#host.pushFrame(
            new MetricsFrame([{ kind: 'turn', processor: this.#host.name, complete, probability, valueSecs }]),
          )
        }
        this.#report(complete)
      } catch (error) {
        if (controller.signal.aborted) return
        this.#host.pushError(error)
        this.#host.dispatch({ type: 'noVerdict', strategy })
      } finally {
        timer.cancel()
      }
    }
    void judge()
  }

  #report(complete: boolean): void {
    this.#host.dispatch({ type: 'verdict', strategy: this.#options.strategy, complete })
  }

  #checkTimes(latencySecs: number): void {
    const stopSecs = this.#stopSecs
    if (stopSecs === undefined) return
    const { log } = this.#host.runtime
    if (stopSecs !== USUAL_STOP_SECS) {
      log.log('warn', `Voice detection waits ${stopSecs} s for a pause; turn analyzers do best with stopSecs 0.2.`)
    }
    if (stopSecs >= latencySecs) {
      const message = `Voice detection waits ${stopSecs} s for a pause, the recogniser takes ${latencySecs} s: turns end later than they could. Use a smaller stopSecs.`
      log.log('warn', message)
    }
  }
}
