import type { VADUserStoppedSpeakingFrame } from '../frames/turn.ts'
import { InterimTranscriptionFrame, TranscriptionFrame } from '../frames/text.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import type { Timer } from '../runtime/clock.ts'
import { isoTime } from '../runtime/iso-time.ts'
import type { ServiceMetrics } from './service-metrics.ts'
import type { Transcript } from './stt-types.ts'

/**
 * Pushes transcripts and measures how long after the end of speech they came: to the finalized transcript, or else to
 * the last one within the limit. A transcript from before the end of speech counts for nothing.
 */
export class TranscriptReporter {
  /** Who speaks; stamped on transcripts. */
  userId = ''
  readonly #processor: FrameProcessor
  readonly #metrics: ServiceMetrics
  readonly #limitMs: number
  #speechEndMs: number | undefined
  #lastMs: number | undefined
  /** Later transcripts do not count. */
  #untilMs = 0
  #timer: Timer | undefined

  constructor(processor: FrameProcessor, metrics: ServiceMetrics, limitSecs: number) {
    this.#processor = processor
    this.#metrics = metrics
    this.#limitMs = limitSecs * 1000
  }

  speechStarted(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#speechEndMs = undefined
    this.#lastMs = undefined
  }

  speechStopped({ atMs, stopSecs }: VADUserStoppedSpeakingFrame): void {
    this.speechStarted()
    if (stopSecs === 0) return
    this.#speechEndMs = atMs - stopSecs * 1000
    this.#untilMs = this.#processor.runtime.clock.nowMs() + this.#limitMs
  }

  interim({ text, language, result }: Transcript): void {
    if (text.trim() === '') return
    const frame = new InterimTranscriptionFrame(text, this.userId, this.#timestamp, { language, result })
    this.#processor.pushFrame(frame)
  }

  final({ text, language, result }: Transcript, finalized: boolean): void {
    if (text.trim() === '') return
    this.#measure(finalized)
    const options = { language, result, finalized }
    this.#processor.pushFrame(new TranscriptionFrame(text, this.userId, this.#timestamp, options))
  }

  get #timestamp(): string {
    return isoTime(this.#processor.runtime.clock.epochMs())
  }

  #measure(finalized: boolean): void {
    if (this.#speechEndMs === undefined) return
    const { clock } = this.#processor.runtime
    const nowMs = clock.nowMs()
    if (nowMs >= this.#untilMs) {
      this.speechStarted()
      return
    }
    this.#lastMs = nowMs
    if (finalized) this.#report()
    // Most transcripts are finalized: only the others need a timer.
    else this.#timer ??= clock.setTimeout(() => this.#report(), this.#untilMs - nowMs, { background: true })
  }

  #report(): void {
    if (this.#speechEndMs !== undefined && this.#lastMs !== undefined) {
      this.#metrics.ttfb((this.#lastMs - this.#speechEndMs) / 1000)
    }
    this.speechStarted()
  }
}
