import { LoudnessMeter } from '@pc/audio'
import type { AudioRaw } from '../frames/audio.ts'
import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import {
  SpeechControlParamsFrame,
  UserSpeakingFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../frames/turn.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import { PcError, type PcErrorOptions } from '../runtime/errors.ts'
import { type Deadline, pacingWheel } from '../runtime/pacing-wheel.ts'
import { AudioWindows } from './audio-windows.ts'
import type { VADAnalyzer } from './vad-analyzer.ts'
import { changeVADParams, type VADParams } from './vad-params.ts'
import { advanceVAD, isSpeaking, QUIET, SPEAKING, type VADState } from './vad-state.ts'

/** How often the user is said to be speaking, milliseconds. */
const ACTIVITY_PERIOD_MS = 200

const FAILED: PcErrorOptions = { code: 'vad-failed', kind: 'internal' }

/** What {@link VADProcessor} takes. */
export interface VADProcessorOptions {
  readonly vadAnalyzer: VADAnalyzer
  /** Speech ends when no audio has come for so long, as when a microphone is muted. 0 turns it off. Default 1. */
  readonly audioIdleTimeoutSecs?: number
  readonly name?: string
}

/**
 * Runs a voice activity analyzer over the input audio that passes, and broadcasts when speech starts, goes on and
 * stops. Audio goes on before it is looked at. An analyzer that fails counts as one that heard nothing.
 *
 * @throws PcError `invalid-vad-params` for an `audioIdleTimeoutSecs` that is not a number of seconds.
 */
export class VADProcessor extends FrameProcessor {
  readonly vadAnalyzer: VADAnalyzer
  readonly #audioIdleMs: number
  readonly #meter: LoudnessMeter = new LoudnessMeter()
  #params: VADParams
  #windows: AudioWindows | undefined = undefined
  #state: VADState = QUIET
  #lastAudioMs = 0
  #lastActivityMs = 0
  #idleDeadline: Deadline | undefined = undefined
  #reported = false

  constructor(options: VADProcessorOptions) {
    super(options.name)
    const idleSecs = options.audioIdleTimeoutSecs ?? 1
    if (!Number.isFinite(idleSecs) || idleSecs < 0) {
      const message = `${this.name}: audioIdleTimeoutSecs is ${idleSecs}; use seconds, or 0 to turn it off.`
      throw new PcError(message, { code: 'invalid-vad-params', kind: 'config' })
    }
    this.vadAnalyzer = options.vadAnalyzer
    this.#audioIdleMs = idleSecs * 1000
    this.#params = options.vadAnalyzer.params
  }

  override async onSetup(setup: PipelineSetup): Promise<void> {
    this.#reported = false
    this.#windows = undefined
    this.#state = QUIET
    this.#idleDeadline = pacingWheel(setup.runtime.clock).deadline((nowMs) => this.#checkAudio(nowMs))
    const sampleRate = this.vadAnalyzer.rateFor(setup.params.audioInSampleRate)
    await setup.runtime.clock.hold(this.vadAnalyzer.load(sampleRate))
    this.#windows = new AudioWindows(sampleRate, this.vadAnalyzer.windowSamples)
  }

  override handles(type: string): boolean {
    return type === 'StartFrame'
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    ctx.push(frame, direction)
    switch (frame.type) {
      case 'InputAudioRawFrame':
      case 'UserAudioRawFrame':
        if (direction === 'downstream') this.#hear(frame, ctx)
        return
      case 'VADParamsUpdateFrame':
        this.#change(frame.params, ctx)
        return
      case 'StartFrame':
        ctx.broadcast(new SpeechControlParamsFrame(this.#params))
        return
    }
  }

  override onEnd(): void {
    this.#idleDeadline?.clear()
  }

  override onStop(): void {
    this.#idleDeadline?.clear()
  }

  override onCleanup(): void {
    this.#idleDeadline?.clear()
    this.vadAnalyzer.close()
  }

  #hear(frame: AudioRaw, ctx: FrameContext): void {
    const windows = this.#windows
    if (windows === undefined || frame.audio.length === 0) return
    this.#lastAudioMs = this.runtime.clock.nowMs()
    try {
      windows.push(frame, (window) => this.#judge(window, windows, ctx))
    } catch (error) {
      this.#reportOnce(error, { code: 'vad-audio-invalid', kind: 'invalid-request' })
    }
    if (isSpeaking(this.#state)) this.#goOn(ctx)
  }

  #judge(window: Int16Array, { windowSecs, sampleRate }: AudioWindows, ctx: FrameContext): void {
    const { startSecs, stopSecs } = this.#params
    const speech = this.#isSpeech(window, sampleRate)
    const startWindows = Math.round(startSecs / windowSecs)
    const stopWindows = Math.round(stopSecs / windowSecs)
    this.#enter(advanceVAD(this.#state, speech, { startWindows, stopWindows }), ctx)
  }

  #isSpeech(window: Int16Array, sampleRate: number): boolean {
    const { confidence, minVolume } = this.#params
    // Loudness that decides nothing is not measured: it costs more than the frames' whole way.
    const loud = minVolume === 0 || this.#meter.process(window, sampleRate) >= minVolume
    return this.#confidence(window) >= confidence && loud
  }

  #confidence(window: Int16Array): number {
    try {
      const confidence = this.vadAnalyzer.confidence(window)
      if (Number.isFinite(confidence)) return confidence
      throw new Error(`the analyzer gave ${confidence} for a probability`)
    } catch (error) {
      this.#reportOnce(error, FAILED)
      return 0
    }
  }

  #enter(state: VADState, ctx: FrameContext): void {
    const before = isSpeaking(this.#state)
    this.#state = state
    if (isSpeaking(state) === before) return
    const nowMs = this.runtime.clock.nowMs()
    if (before) {
      this.#idleDeadline?.clear()
      ctx.broadcast(new VADUserStoppedSpeakingFrame(this.#params.stopSecs, nowMs))
      return
    }
    this.#lastActivityMs = nowMs - ACTIVITY_PERIOD_MS
    if (this.#audioIdleMs > 0) this.#idleDeadline?.set(nowMs + this.#audioIdleMs)
    ctx.broadcast(new VADUserStartedSpeakingFrame(this.#params.startSecs, nowMs))
  }

  #goOn(ctx: FrameContext): void {
    const nowMs = this.runtime.clock.nowMs()
    if (nowMs - this.#lastActivityMs < ACTIVITY_PERIOD_MS) return
    this.#lastActivityMs = nowMs
    ctx.broadcast(new UserSpeakingFrame())
  }

  #checkAudio(nowMs: number): void {
    const quietMs = nowMs - this.#lastAudioMs
    if (quietMs < this.#audioIdleMs) {
      this.#idleDeadline?.set(this.#lastAudioMs + this.#audioIdleMs)
      return
    }
    this.#silence()
    this.broadcastFrame(new VADUserStoppedSpeakingFrame(quietMs / 1000, nowMs))
  }

  /** The stream broke off: nothing of it may count towards what comes next. */
  #silence(): void {
    this.#idleDeadline?.clear()
    this.#state = QUIET
    this.#windows?.reset()
    try {
      this.vadAnalyzer.resetModel()
    } catch (error) {
      this.#reportOnce(error, FAILED)
    }
  }

  /** Counting begins anew; speech that goes on is not cut. */
  #change(changes: Partial<VADParams>, ctx: FrameContext): void {
    try {
      this.#params = changeVADParams(this.#params, changes)
    } catch (error) {
      this.pushError(error)
      return
    }
    this.#state = isSpeaking(this.#state) ? SPEAKING : QUIET
    ctx.broadcast(new SpeechControlParamsFrame(this.#params))
  }

  #reportOnce(error: unknown, options: PcErrorOptions): void {
    if (this.#reported) return
    this.#reported = true
    const message = `${this.name} hears no speech in this audio: ${error instanceof Error ? error.message : String(error)}.`
    this.pushError(new PcError(message, { ...options, cause: error }))
  }
}
