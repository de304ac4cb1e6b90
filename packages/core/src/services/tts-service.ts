import { type AnyFrame, defineFrame, Frame, type FrameDirection } from '../frames/frame.ts'
import type { EndFrame, InterruptionFrame, StopFrame } from '../frames/lifecycle.ts'
import { LLMAssistantPushAggregationFrame } from '../frames/llm.ts'
import { TTSSpeakFrame, TTSStartedFrame, TTSStoppedFrame } from '../frames/speech.ts'
import { type AggregatedBy, AggregatedTextFrame, type TextFrame } from '../frames/text.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import type { Timer } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import { SentenceAggregator } from '../text/sentence-aggregator.ts'
import { MappedChain, type MappedText } from '../text/mapped-text.ts'
import type { TextAggregator, TextUnit } from '../text/text-aggregator.ts'
import type { TextFilter } from '../text/text-filter.ts'
import { TokenAggregator } from '../text/token-aggregator.ts'
import { ServiceHealth } from './service-health.ts'
import { ServiceMetrics } from './service-metrics.ts'
import { ServiceSettings, TTS_SETTINGS, type TTSSettings } from './settings.ts'
import type { SynthesisOptions, TTSEvent, TTSServiceEvents, TTSServiceOptions } from './tts-types.ts'
import { type SpeechUnit, UnitSpeaker, type UnitSpeakerHost } from './unit-speaker.ts'
import { Utterance } from './utterance.ts'

/** No more text came outside a response. */
class UtteranceIdleFrame extends Frame<'pc/utterance-idle'> {
  static {
    defineFrame(this, 'pc/utterance-idle')
  }
}

declare module '../frames/frame.ts' {
  interface FrameTypes {
    'pc/utterance-idle': UtteranceIdleFrame
  }
}

/**
 * Speech synthesis. A provider implements {@link synthesize}; everything else is here: sentences, order, interruption,
 * resampling, metrics, retry.
 *
 * Text waits in the ordered lane until the audio of the text before it has been pushed, so whatever follows keeps its
 * place behind the speech. Per utterance it pushes TTSStartedFrame, then per unit an AggregatedTextFrame, the audio,
 * words as TTSTextFrame with `offsetUs`, and the unit's end as TTSTextFrame without; then TTSStoppedFrame.
 *
 * ```ts
 * class ToneTTSService extends TTSService {
 *   override async *synthesize(text: string, { sampleRate }: SynthesisOptions) {
 *     yield new Int16Array((text.length * sampleRate) / 15).fill(1000)
 *   }
 * }
 * ```
 */
export abstract class TTSService extends FrameProcessor<TTSServiceEvents> {
  readonly metrics: ServiceMetrics = new ServiceMetrics(this, () => this.settings.model)
  readonly #options: TTSServiceOptions
  readonly #health = new ServiceHealth((usable) => this.emit('usableChanged', usable))
  readonly #aggregator: TextAggregator
  readonly #settings: ServiceSettings<TTSSettings>
  #host: UnitSpeakerHost | undefined
  #segments = 0
  #inResponse = false
  /** The utterance of the response, or of text outside one. */
  #current: Utterance | undefined
  /** Whatever is being spoken now, a TTSSpeakFrame included. */
  #speaking: Utterance | undefined
  #firstTextMs: number | undefined
  #idleTimer: Timer | undefined
  #zeroAudioContexts = 0
  /** Something was spoken since the user last began to. */
  #answered = false
  /** An answer is still to come, as far as is known. */
  #awaited = false

  constructor(options: TTSServiceOptions = {}) {
    super({ name: options.name })
    this.#options = options
    this.#settings = new ServiceSettings<TTSSettings>(
      this,
      'TTSUpdateSettingsFrame',
      TTS_SETTINGS,
      options.settings ?? {},
    )
    const tokens = options.textAggregationMode === 'token'
    this.#aggregator = options.textAggregator ?? (tokens ? new TokenAggregator() : new SentenceAggregator())
  }

  /**
   * Speaks one text. Yield audio as it comes and return when all of it is there; words may come at any point. Stop at
   * the signal. Throw a `PcError` when it fails: one that is `retryable` is tried once more if nothing was yielded.
   */
  abstract synthesize(text: string, options: SynthesisOptions): AsyncIterable<TTSEvent>

  /** The settings in force. */
  get settings(): Readonly<TTSSettings> {
    return this.#settings.current
  }

  /** False after a permanent error. Text is then shown, not spoken. */
  get isUsable(): boolean {
    return this.#health.usable
  }

  setUsable(usable: boolean): void {
    this.#health.set(usable)
  }

  override get canGenerateMetrics(): boolean {
    return true
  }

  override handles(_type: string): boolean {
    return false
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    const outputRate = setup.params.audioOutSampleRate
    const requestRate = this.#options.sampleRate ?? outputRate
    this.#host = {
      runtime: setup.runtime,
      metrics: this.metrics,
      outputRate,
      requestRate,
      firstTimeoutMs: (this.#options.firstAudioTimeoutSecs ?? 5) * 1000,
      idleTimeoutMs: (this.#options.idleTimeoutSecs ?? 3) * 1000,
      synthesize: (text, { contextId }, signal) =>
        this.synthesize(text, { signal, contextId, sampleRate: requestRate, settings: this.settings }),
      nextSegmentId: () => ++this.#segments,
      progress: () => setup.task.progress(),
    }
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    if (direction === 'upstream') {
      ctx.push(frame)
      return undefined
    }
    switch (frame.type) {
      case 'LLMFullResponseStartFrame':
        return this.#then(this.#finish(ctx), ctx, () => {
          this.#inResponse = this.#awaited = true
          ctx.push(frame)
        })
      case 'LLMFullResponseEndFrame':
        return this.#then(this.#finish(ctx), ctx, () => {
          this.#inResponse = this.#awaited = false
          ctx.push(frame)
        })
      case 'UserStoppedSpeakingFrame':
      case 'FunctionCallsStartedFrame':
        this.#awaited = true
        ctx.push(frame)
        return undefined
      case 'FillerSpeechFrame':
        if (this.#fillerIsWanted) this.queueFrame(new TTSSpeakFrame(frame.text, { appendToContext: false }))
        return undefined
      case 'UserStartedSpeakingFrame':
        this.#answered = false
        ctx.push(frame)
        return undefined
      case 'TTSSpeakFrame':
        return this.#speakApart(frame, ctx)
      case 'pc/utterance-idle':
        return this.#inResponse ? undefined : this.#finish(ctx)
      case 'TTSTextFrame':
        ctx.push(frame)
        return undefined
      case 'ServiceUpdateSettingsFrame':
      case 'TTSUpdateSettingsFrame':
        if (!this.#settings.concerns(frame)) ctx.push(frame)
        else if (this.#settings.apply(frame)) this.#health.set(true)
        return undefined
      default:
        if (frame.family.includes('TextFrame')) return this.#takeText(frame as TextFrame, ctx)
        ctx.push(frame)
        return undefined
    }
  }

  override onInterruption(_frame: InterruptionFrame, _ctx: FrameContext): void {
    this.#speaking?.cut()
    this.#speaking = undefined
    this.#current = undefined
    this.#answered = this.#awaited = false
    this.#inResponse = false
    this.#forgetText()
  }

  override onEnd(_frame: EndFrame, ctx: FrameContext): void | Promise<void> {
    return this.#finish(ctx)
  }

  override onStop(_frame: StopFrame, ctx: FrameContext): void | Promise<void> {
    return this.#finish(ctx)
  }

  override onCleanup(): void | Promise<void> {
    this.#speaking?.cut()
    this.#idleTimer?.cancel()
  }

  /** What is being made into speech is heard soon, and what waits behind it would go ahead. */
  get #fillerIsWanted(): boolean {
    return this.#awaited && !this.#answered && this.#speaking === undefined
  }

  /** Runs `next` when `work` is through, unless an interruption overtook it. */
  #then(work: void | Promise<void>, ctx: FrameContext, next: () => void): void | Promise<void> {
    if (work === undefined) return next()
    return work.then(() => {
      if (!ctx.stale) next()
    })
  }

  #takeText(frame: TextFrame | AggregatedTextFrame, ctx: FrameContext): void | Promise<void> {
    if (frame.skipTts === true) {
      ctx.push(frame)
      return undefined
    }
    this.#firstTextMs ??= this.runtime.clock.nowMs()
    const units =
      'aggregatedBy' in frame
        ? [...this.#aggregator.flush(), { text: frame.text, type: frame.aggregatedBy }]
        : this.#aggregator.aggregate(frame.text)
    if (!this.#inResponse) this.#armIdleTimer()
    return units.length > 0 ? this.#speakUnits(units, this.#open(), ctx) : undefined
  }

  #open(): Utterance {
    return (this.#current ??= new Utterance(this.runtime.newId(), true))
  }

  /** Speaks what is left of the text in hand and closes its utterance. */
  #finish(ctx: FrameContext): void | Promise<void> {
    this.#idleTimer?.cancel()
    const units = this.#aggregator.flush()
    if (units.length === 0) return this.#close(ctx)
    return this.#then(this.#speakUnits(units, this.#open(), ctx), ctx, () => this.#close(ctx))
  }

  #close(ctx: FrameContext): void {
    const utterance = this.#current
    this.#current = undefined
    this.#forgetText()
    if (utterance !== undefined) this.#stopped(utterance, ctx)
  }

  #forgetText(): void {
    this.#aggregator.reset()
    this.#firstTextMs = undefined
    this.#idleTimer?.cancel()
    for (const filter of this.#options.textFilters ?? []) filter.reset?.()
  }

  async #speakApart(frame: TTSSpeakFrame, ctx: FrameContext): Promise<void> {
    // Text that no response brackets, and that came before, goes first.
    if (!this.#inResponse) await this.#finish(ctx)
    if (ctx.stale) return
    const utterance = new Utterance(this.runtime.newId(), frame.appendToContext)
    const sentences = new SentenceAggregator()
    await this.#speakUnits([...sentences.aggregate(frame.text), ...sentences.flush()], utterance, ctx)
    if (ctx.stale || utterance.stale) return
    this.#stopped(utterance, ctx)
    if (!this.#inResponse && frame.appendToContext) ctx.push(new LLMAssistantPushAggregationFrame())
  }

  async #speakUnits(units: readonly TextUnit[], utterance: Utterance, ctx: FrameContext): Promise<void> {
    const unfollow = ctx.onAbort(() => utterance.cut())
    this.#speaking = utterance
    this.#answered = true
    for (const unit of units) {
      await this.#speakUnit(unit, utterance, ctx)
      if (ctx.stale || utterance.stale) return
    }
    this.#speaking = undefined
    unfollow()
  }

  async #speakUnit(unit: TextUnit, utterance: Utterance, ctx: FrameContext): Promise<void> {
    const rawText = this.#withinGate(unit, utterance)
    if (rawText === '') return
    if (this.#options.skipAggregatorTypes?.includes(unit.type)) {
      const { contextId, appendToContext } = utterance
      const options = { contextId, segmentId: ++this.#segments, rawText, appendToContext }
      ctx.push(new AggregatedTextFrame(rawText, unit.type, options))
      return
    }
    const { text, ends: rawEnds } = filterText(rawText, this.#options.textFilters ?? [])
    if (text.trim() === '') return
    this.#reportAggregation()
    const spoken = await this.#transform(text, unit.type)
    if (ctx.stale || utterance.stale) return
    if (!this.isUsable || spoken === undefined) {
      const options = { contextId: utterance.contextId, segmentId: ++this.#segments, rawText, appendToContext: false }
      ctx.push(new AggregatedTextFrame(text, unit.type, options))
      this.#logUnspoken(text)
      return
    }
    const speech = { text, rawText, rawEnds, spokenText: spoken.text, spokenEnds: spoken.ends, type: unit.type }
    await this.#request(speech, utterance, ctx)
  }

  async #request(unit: SpeechUnit, utterance: Utterance, ctx: FrameContext): Promise<void> {
    if (this.#host === undefined) return
    if (!utterance.started) {
      utterance.started = true
      const { contextId, appendToContext } = utterance
      ctx.push(new TTSStartedFrame(contextId, { appendToContext }))
    }
    this.emit('ttsRequest', utterance.contextId, unit.spokenText)
    const error = await new UnitSpeaker(this.#host, unit, utterance, ctx).speak()
    if (error === undefined) return
    utterance.failed = true
    this.#logUnspoken(unit.text)
    this.emit('connectionError', error)
    this.#fail(error)
  }

  /** Sentences lose leading line breaks; tokens lose leading space until something was sent. */
  #withinGate(unit: TextUnit, utterance: Utterance): string {
    if (unit.type === 'token') return utterance.units === 0 ? unit.text.trimStart() : unit.text
    return unit.text.trim()
  }

  /** A transform that fails leaves the unit unspoken rather than spoken wrongly. */
  async #transform(text: string, type: AggregatedBy): Promise<MappedText | undefined> {
    const changes = new MappedChain(text)
    try {
      for (const transform of this.#options.textTransforms ?? []) changes.add(await transform(changes.text, type))
      return changes.result
    } catch (error) {
      const cause = PcError.is(error) ? error : undefined
      this.pushError(
        new PcError('A text transform failed.', {
          code: 'text-transform-failed',
          kind: 'internal',
          cause: cause ?? error,
        }),
      )
      return undefined
    }
  }

  /** The utterance is complete. Answers without any audio are counted: a provider may fail and say nothing. */
  #stopped(utterance: Utterance, ctx: FrameContext): void {
    if (!utterance.started) return
    ctx.push(new TTSStoppedFrame(utterance.contextId))
    if (utterance.samples > 0) this.#zeroAudioContexts = 0
    else if (!utterance.failed) this.#countZeroAudio()
  }

  #countZeroAudio(): void {
    const limit = this.#options.maxConsecutiveZeroAudioContexts ?? 3
    if (++this.#zeroAudioContexts !== limit) return
    this.#zeroAudioContexts = 0
    const message = `${this.name} answered ${limit} times in a row without audio; check its voice and model.`
    this.#fail(new PcError(message, { code: 'no-audio', kind: 'config' }))
  }

  #fail(error: PcError): void {
    this.#health.judge(error)
    this.pushError(error)
  }

  #logUnspoken(text: string): void {
    this.runtime.log.log('warn', `${this.name} did not speak a text.`, { 'pii.text': text })
  }

  #reportAggregation(): void {
    if (this.#firstTextMs === undefined) return
    const { clock } = this.runtime
    if (this.#current?.units === 0) this.metrics.textAggregation((clock.nowMs() - this.#firstTextMs) / 1000)
  }

  #armIdleTimer(): void {
    this.#idleTimer?.cancel()
    const delayMs = (this.#options.stopFrameTimeoutSecs ?? 1) * 1000
    this.#idleTimer = this.runtime.clock.setTimeout(() => this.queueFrame(new UtteranceIdleFrame()), delayMs)
  }
}

function filterText(text: string, filters: readonly TextFilter[]): MappedText {
  const changes = new MappedChain(text)
  for (const filter of filters) changes.add(filter.map?.(changes.text) ?? filter.filter(changes.text))
  return changes.result
}
