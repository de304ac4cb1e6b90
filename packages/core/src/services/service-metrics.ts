import { MetricsFrame } from '../frames/control.ts'
import type { MetricsData, TokenUsage } from '../observers/metrics.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'

/** Reports the measurements of a service downstream, as far as the task asked for them. */
export class ServiceMetrics {
  readonly #processor: FrameProcessor
  readonly #model: () => string | undefined
  #ttfbReported = false

  constructor(processor: FrameProcessor, model: () => string | undefined) {
    this.#processor = processor
    this.#model = model
  }

  /** Request to first output, seconds; with `reportOnlyInitialTtfb` only the first counts. */
  ttfb(valueSecs: number): void {
    const { enableMetrics, reportOnlyInitialTtfb } = this.#processor.setup.params
    if (!enableMetrics || valueSecs < 0 || (reportOnlyInitialTtfb && this.#ttfbReported)) return
    this.#ttfbReported = true
    this.#push({ kind: 'ttfb', ...this.#who, valueSecs })
  }

  /** Request to first audible speech, seconds: the first audio plus the silence it begins with. */
  ttfa(ttfbSecs: number, leadingSilenceSecs: number): void {
    if (!this.#processor.setup.params.enableMetrics) return
    this.#push({ kind: 'ttfa', ...this.#who, ttfaSecs: ttfbSecs + leadingSilenceSecs, ttfbSecs, leadingSilenceSecs })
  }

  processing(valueSecs: number): void {
    if (this.#processor.setup.params.enableMetrics) this.#push({ kind: 'processing', ...this.#who, valueSecs })
  }

  /** First text to first unit, seconds. */
  textAggregation(valueSecs: number): void {
    if (this.#processor.setup.params.enableMetrics) this.#push({ kind: 'textAggregation', ...this.#who, valueSecs })
  }

  llmUsage(usage: TokenUsage): void {
    if (this.#usage) this.#push({ kind: 'llmUsage', ...this.#who, usage })
  }

  ttsUsage(characters: number): void {
    if (this.#usage && characters > 0) this.#push({ kind: 'ttsUsage', ...this.#who, characters })
  }

  sttUsage(audioSecs: number): void {
    if (this.#usage && audioSecs > 0) this.#push({ kind: 'sttUsage', ...this.#who, audioSecs })
  }

  get #usage(): boolean {
    return this.#processor.setup.params.enableUsageMetrics
  }

  get #who(): { readonly processor: string; readonly model: string | undefined } {
    return { processor: this.#processor.name, model: this.#model() }
  }

  #push(data: MetricsData): void {
    this.#processor.pushFrame(new MetricsFrame([data]))
  }
}
