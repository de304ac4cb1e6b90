import type { InputAudioRawFrame, UserAudioRawFrame } from '../frames/audio.ts'
import { type ServiceUpdateSettingsFrame, STTMetadataFrame } from '../frames/control.ts'
import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { EndFrame, InterruptionFrame, StartFrame } from '../frames/lifecycle.ts'
import {
  EagerEndOfTurnFrame,
  ProposedUserStartedSpeakingFrame,
  ProposedUserStoppedSpeakingFrame,
  TurnResumedFrame,
} from '../frames/turn.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import { sleep } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import { within } from '../runtime/scope.ts'
import { AudioJournal, type JournalReader } from './audio-journal.ts'
import { pumpEvents } from './event-pump.ts'
import { endedBy } from './overtaken.ts'
import { QuickFailures, RECONNECT_POLICY, retryDelayMs } from './retry.ts'
import { ServiceHealth } from './service-health.ts'
import { ServiceMetrics } from './service-metrics.ts'
import { ServiceSettings, STT_SETTINGS, type STTSettings } from './settings.ts'
import type { STTEvent, STTServiceEvents, STTServiceOptions, TranscribeOptions } from './stt-types.ts'
import { TranscriptReporter } from './transcript-reporter.ts'
import { VoiceInput } from './voice-input.ts'

/** Audio from before speech that a reconnect sends again, seconds. */
const PRE_ROLL_SECS = 1
/** A connection that is not open after so long is given up and made again, milliseconds. */
const OPEN_LIMIT_MS = 10_000
/** How long a run may take to give its last results after its audio ended, milliseconds. */
const FLUSH_MS = 2000

/** One run of {@link STTService.transcribe}: one connection. */
interface Run {
  readonly reader: JournalReader
  readonly finalizers: (() => void)[]
  readonly controller: AbortController
  /** So much of what its reader gave was reported as used. */
  reportedSamples: number
  openedMs: number | undefined
  /** The recogniser is in the middle of a turn. */
  turnOpen: boolean
}

/**
 * Streaming speech recognition. A provider implements {@link transcribe}, one connection a call; everything else is
 * here: reconnecting with the audio of the unfinished utterance, mute, metrics, settings.
 *
 * Audio that arrives while the connection is being made waits for it. A run that ends by itself counts as a lost
 * connection. Three connections in a row that die within 5 s of opening, a permanent error, or the end of the backoff
 * make the service unusable until its settings change or {@link setUsable} is called.
 */
export abstract class STTService extends FrameProcessor<STTServiceEvents> {
  readonly metrics: ServiceMetrics = new ServiceMetrics(this, () => this.settings.model)
  readonly #options: STTServiceOptions
  readonly #health = new ServiceHealth((usable) => this.#usableChanged(usable))
  readonly #journal = new AudioJournal()
  readonly #transcripts: TranscriptReporter
  readonly #quickFailures = new QuickFailures()
  readonly #settings: ServiceSettings<STTSettings>
  #input: VoiceInput | undefined
  #run: Run | undefined
  /** When the run that ended last had opened. */
  #lastOpenedMs: number | undefined
  #loop: Promise<void> | undefined
  /** Where the next run starts to read. */
  #nextSample = 0
  #retries = 0
  #muted = false
  #speaking = false
  /** Speech may lie in the journal for which no final transcript came yet. */
  #unfinished = true
  #sawVad = false
  #restartWanted = false
  #ending = false

  constructor(options: STTServiceOptions = {}) {
    super({ name: options.name })
    this.#options = options
    this.#settings = new ServiceSettings<STTSettings>(
      this,
      'STTUpdateSettingsFrame',
      STT_SETTINGS,
      options.settings ?? {},
    )
    this.#transcripts = new TranscriptReporter(this, this.metrics, options.sttTtfbTimeoutSecs ?? 2)
  }

  /**
   * Recognises one stream of audio over one connection. Yield `open` when it is there, within 10 s. When the audio ends,
   * ask the provider for its last results, yield them and return. Throw a `PcError` when the connection cannot be made or
   * breaks.
   */
  abstract transcribe(audio: AsyncIterable<Int16Array>, options: TranscribeOptions): AsyncIterable<STTEvent>

  /** The settings in force. */
  get settings(): Readonly<STTSettings> {
    return this.#settings.current
  }

  /** False after a permanent error: audio is dropped then. */
  get isUsable(): boolean {
    return this.#health.usable
  }

  /** Makes an unusable service connect again, or a usable one stop. */
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
    this.#input = new VoiceInput(this.#options.sampleRate ?? setup.params.audioInSampleRate)
    this.#ending = false
    this.#connect()
  }

  override onStart(_frame: StartFrame, _ctx: FrameContext): void | Promise<void> {
    const { ttfsP99LatencySecs = 1, userTurnStrategies } = this.#options
    this.broadcastFrame(new STTMetadataFrame(this.name, ttfsP99LatencySecs, userTurnStrategies))
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    switch (frame.type) {
      case 'InputAudioRawFrame':
      case 'UserAudioRawFrame':
        this.#takeAudio(frame)
        if (this.#options.audioPassthrough ?? true) ctx.push(frame)
        return
      case 'VADUserStartedSpeakingFrame':
        this.#speaking = true
        this.#sawVad = true
        this.#unfinished = true
        this.#transcripts.speechStarted()
        break
      case 'VADUserStoppedSpeakingFrame':
        this.#speaking = false
        this.#transcripts.speechStopped(frame)
        for (const finalize of this.#run?.finalizers ?? []) finalize()
        this.#restartIfWanted()
        break
      case 'STTMuteFrame':
        this.#muted = frame.mute
        return
      case 'ServiceUpdateSettingsFrame':
      case 'STTUpdateSettingsFrame':
        if (direction === 'downstream' && this.#settings.concerns(frame)) {
          this.#update(frame)
          return
        }
        break
      default:
    }
    ctx.push(frame)
  }

  override onInterruption(_frame: InterruptionFrame, _ctx: FrameContext): void {
    this.#transcripts.speechStarted()
  }

  override async onEnd(_frame: EndFrame, _ctx: FrameContext): Promise<void> {
    this.#ending = true
    const run = this.#run
    const loop = this.#loop
    if (run?.openedMs !== undefined && loop !== undefined) {
      run.reader.end()
      await within(this.runtime.clock, FLUSH_MS, loop)
    }
    run?.controller.abort()
    if (run !== undefined) this.#reportUsage(run)
  }

  override onCleanup(): void | Promise<void> {
    this.#ending = true
    this.#run?.controller.abort()
    this.#transcripts.speechStarted()
  }

  #takeAudio(frame: InputAudioRawFrame | UserAudioRawFrame): void {
    if (this.#muted || !this.isUsable || this.#input === undefined) return
    if (frame.type === 'UserAudioRawFrame') this.#transcripts.userId = frame.userId
    this.#journal.append(this.#input.take(frame))
    const keepSecs = this.#unfinished || !this.#sawVad ? (this.#options.replaySecs ?? 20) : PRE_ROLL_SECS
    this.#journal.trimTo(Math.max(this.#nextSample, this.#journal.end - keepSecs * this.#rate))
  }

  get #rate(): number {
    return this.#input?.sampleRate ?? 0
  }

  #connect(): void {
    if (this.#loop !== undefined) return
    this.#retries = 0
    this.#quickFailures.reset()
    this.spawn(
      'transcribe',
      (signal) => (this.#loop = this.#keepConnected(signal).finally(() => (this.#loop = undefined))),
    )
  }

  async #keepConnected(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#ending && this.isUsable) {
      const error = await this.#runOnce(signal)
      if (signal.aborted || this.#ending || !this.isUsable) return
      if (error === undefined) continue
      const delayMs = this.#delayAfter(error)
      if (delayMs === undefined) return
      await sleep(this.runtime.clock, delayMs, signal).catch(() => {})
    }
  }

  /** One connection from its opening to its end; what it broke by, or nothing when it was asked to end. */
  async #runOnce(signal: AbortSignal): Promise<PcError | undefined> {
    const { clock } = this.runtime
    const reader = this.#journal.read(Math.max(this.#nextSample, this.#journal.start))
    const run: Run = {
      reader,
      finalizers: [],
      controller: new AbortController(),
      reportedSamples: 0,
      openedMs: undefined,
      turnOpen: false,
    }
    this.#run = run
    this.#restartWanted = false
    const options: TranscribeOptions = {
      signal: AbortSignal.any([signal, run.controller.signal]),
      sampleRate: this.#rate,
      settings: this.settings,
      onFinalize: (fn) => run.finalizers.push(fn),
    }
    try {
      await pumpEvents(
        (stop) => this.transcribe(reader, { ...options, signal: stop }),
        (event) => this.#take(event, run),
        { clock, work: endedBy(options.signal), firstTimeoutMs: OPEN_LIMIT_MS, idleTimeoutMs: Infinity },
      )
      if (this.#restartWanted) {
        this.#nextSample = reader.position
        return undefined
      }
      return new PcError('The connection was closed.', {
        code: 'connection-closed',
        kind: 'transient',
        service: this.name,
      })
    } catch (error) {
      return PcError.from(error, { code: 'transcription-failed', service: this.name })
    } finally {
      reader.end()
      this.#reportUsage(run)
      this.#run = undefined
      if (run.openedMs !== undefined) this.emit('disconnected')
    }
  }

  /** The wait before the next attempt, milliseconds; `undefined` gives up. */
  #delayAfter(error: PcError): number | undefined {
    const openedMs = this.#lastOpenedMs
    this.#lastOpenedMs = undefined
    const livedMs = openedMs === undefined ? undefined : this.runtime.clock.nowMs() - openedMs
    const dying = livedMs !== undefined && this.#quickFailures.lost(livedMs)
    if (livedMs !== undefined && !dying && livedMs >= 5000) this.#retries = 0
    const delayMs = retryDelayMs(RECONNECT_POLICY, this.#retries++, this.runtime.random)
    const final = error.permanent || error.kind === 'quota'
    this.emit('connectionError', error)
    if (!final && !dying && delayMs !== undefined) {
      this.pushError(error)
      return delayMs
    }
    this.#health.set(false)
    this.pushError(final ? error : this.#givenUp(error, dying))
    return undefined
  }

  #givenUp(cause: PcError, dying: boolean): PcError {
    const why = dying ? 'three connections in a row died soon after opening' : 'no connection could be made'
    const message = `${this.name} gives up: ${why}. Last error: ${cause.message}`
    return new PcError(message, { code: 'reconnect-failed', kind: 'config', service: this.name, cause })
  }

  #take(event: STTEvent, run: Run): void {
    if (run.openedMs === undefined) {
      run.openedMs = this.runtime.clock.nowMs()
      this.#lastOpenedMs = run.openedMs
      this.emit('connected')
    }
    switch (event.type) {
      case 'open':
        return
      case 'interim':
        this.#unfinished = true
        this.#transcripts.interim(event)
        return
      case 'final':
        this.#finished(event.endSecs, run)
        this.#transcripts.final(event, event.finalized ?? false)
        this.#reportUsage(run)
        return
      case 'speechStarted':
      case 'utteranceEnd':
        this.emit(event.type)
        return
      case 'turnStarted':
      case 'turnEnded':
        this.#turn(event.type === 'turnStarted', run)
        return
      case 'eagerTurnEnd':
        this.pushFrame(new EagerEndOfTurnFrame())
        return
      case 'turnResumed':
        this.pushFrame(new TurnResumedFrame())
        return
    }
  }

  /** The recogniser proposes where a turn begins and ends; a turn processor decides. */
  #turn(open: boolean, run: Run): void {
    run.turnOpen = open
    if (open) this.#unfinished = true
    this.broadcastFrame(open ? new ProposedUserStartedSpeakingFrame() : new ProposedUserStoppedSpeakingFrame())
    this.#restartIfWanted()
  }

  /** Audio up to the end of a final transcript is done with. */
  #finished(endSecs: number | undefined, run: Run): void {
    const known = endSecs !== undefined && Number.isFinite(endSecs)
    // The provider counts what it was given: audio that was trimmed while the connection was made was not.
    const { position, given } = run.reader
    const end = known ? position - given + Math.floor(endSecs * this.#rate) : position
    // Trimmed with the next audio: the answer to the transcript does not wait for it.
    this.#nextSample = Math.min(end, position)
    if (!this.#speaking) this.#unfinished = false
  }

  #reportUsage(run: Run): void {
    this.metrics.sttUsage((run.reader.given - run.reportedSamples) / this.#rate)
    run.reportedSamples = run.reader.given
  }

  #update(frame: ServiceUpdateSettingsFrame<string>): void {
    if (!this.#settings.apply(frame)) return
    if (!this.isUsable) {
      this.#health.set(true)
      return
    }
    this.#restartWanted = true
    this.#restartIfWanted()
  }

  /** A new connection for new settings, never in the middle of speech. The old one still gives its last results. */
  #restartIfWanted(): void {
    const run = this.#run
    if (!this.#restartWanted || run === undefined || run.turnOpen || this.#speaking) return
    run.reader.end()
    this.runtime.clock.setTimeout(() => run.controller.abort(), FLUSH_MS, { background: true })
  }

  #usableChanged(usable: boolean): void {
    this.emit('usableChanged', usable)
    if (usable) this.#connect()
    else this.#run?.controller.abort()
  }
}
