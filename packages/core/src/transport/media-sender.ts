import type { AudioRaw } from '../frames/audio.ts'
import { type AnyFrame, FLAG_STICKY, type Frame } from '../frames/frame.ts'
import type { PlayoutReportFrame } from '../frames/transport.ts'
import type { QueuedChunk } from './chunk-queue.ts'
import { SILENCE, type SoundSource } from './chunker.ts'
import { Fifo } from '../runtime/fifo.ts'
import type { SoundKind } from './output-chunk.ts'
import { type Deadline, pacingWheel } from '../runtime/pacing-wheel.ts'
import { PacedWriter, type PacedWriterHost, type PacedWriterOptions } from './paced-writer.ts'
import type { PlayoutLedger } from './playout-ledger.ts'
import { type PlayedListener, SentAudio } from './sent-audio.ts'
import { SpeakingState } from './speaking-state.ts'
import { SpeechPlayout } from './speech-playout.ts'

/** With this much audio waiting, the frames behind it wait in the lane, milliseconds. */
const ROOM_MS = 30_000
/** How often playing is looked at while nothing is written, milliseconds. */
const LOOK_MS = 20

/** What a sender needs of its output transport. */
export interface MediaSenderHost extends Pick<PacedWriterHost, 'clock' | 'write' | 'report'> {
  /** Empties the player's buffer; true when what it held will not be heard. */
  clear(): boolean
  /** The player dropped what it had not played. */
  cleared(nowMs: number): void
  /** Downstream. */
  push(frame: Frame): void
  broadcast(frame: Frame): void
  /** An ordered frame's turn has come. */
  reach(frame: AnyFrame): void
  /** Playing goes on: an end that waits is alive. */
  progress(): void
}

/** The settings of a {@link MediaSender}. */
export interface MediaSenderOptions extends PacedWriterOptions {
  readonly endSilenceMs: number
  /** Without it nothing is written, and audio counts as played when it arrives. */
  readonly enabled: boolean
}

type Waiting = { readonly frame: AnyFrame; readonly position: number }
type Gate<T> = { readonly promise: Promise<T>; readonly resolve: (value: T) => void }

/**
 * Plays one output track: audio and frames in one order, the audio paced, the frames when the audio ahead of them was
 * played. Positions count samples of one channel in the queue of what is to be played.
 */
export class MediaSender {
  readonly #host: MediaSenderHost
  readonly #options: MediaSenderOptions
  readonly #writer: PacedWriter
  readonly #sentAudio: SentAudio
  readonly #frames = new Fifo<Waiting>()
  readonly #speech: SpeechPlayout
  readonly #speaking: SpeakingState
  readonly #deadline: Deadline
  readonly #listener: PlayedListener = {
    played: (contextId, position) => this.#speech.played(contextId, position),
    voice: (kind) => this.#speaking.voice(kind, this.#nowMs),
  }
  /** The time for which it pumps. */
  #nowMs = 0
  #source: SoundSource = SILENCE
  #played = 0
  #wrote = false
  /** Changes at every interruption: what was being done is void. */
  #era = 0
  #pumping = false
  #again = false
  #room: Gate<void> | undefined = undefined
  #drained: Gate<boolean> | undefined = undefined
  #progressMs = 0
  /** When a pause ends by itself; `Infinity` while there is none. */
  #resumesMs = Infinity
  #stopped = false

  constructor(host: MediaSenderHost, options: MediaSenderOptions) {
    this.#host = host
    this.#options = options
    this.#writer = new PacedWriter(
      {
        clock: host.clock,
        write: host.write,
        report: host.report,
        written: (chunk, wireStart) => this.#written(chunk, wireStart),
        wake: () => this.#wake(),
      },
      options,
    )
    this.#sentAudio = new SentAudio(this.#writer.chunker.chunkSamples)
    this.#speech = new SpeechPlayout({ sampleRate: options.sampleRate, push: host.push })
    this.#speaking = new SpeakingState(host.broadcast)
    this.#deadline = pacingWheel(host.clock).deadline((nowMs) => this.#pump(nowMs))
  }

  /** What was received, sent and played of each utterance, and which text that is. */
  get ledger(): PlayoutLedger {
    return this.#speech.ledger
  }

  /** Starts the background, if there is one. */
  async start(): Promise<void> {
    if (!this.#options.enabled) return
    await this.#writer.startMixer()
    this.#wake()
  }

  /** Queues audio. Returns a promise when so much waits that more should not come. */
  audio(frame: Frame & AudioRaw, kind: SoundKind, contextId: string | undefined): void | Promise<void> {
    if (this.#speech.isCut(contextId)) return
    const audio = this.#writer.chunker.convert(frame)
    const behind = this.#writer.hasChunks
    this.#addAudio(audio, this.#sourceOf(frame, kind, contextId))
    // Behind audio that waits for its time there is nothing to do.
    if (!behind) this.#wake()
    if (this.#writer.waitingMs < ROOM_MS) return
    this.#room ??= Promise.withResolvers<void>()
    return this.#room.promise
  }

  /** Queues a frame behind the audio so far. */
  frame(frame: AnyFrame): void {
    if (this.#learn(frame)) this.#frames.push({ frame, position: this.#writer.queued })
    this.#wake()
  }

  /** An interruption: drops all audio, and all frames that are not sticky. */
  interrupt(): void {
    const nowMs = this.#host.clock.nowMs()
    this.#era++
    this.#unhold()
    const cleared = this.#options.enabled && this.#host.clear()
    // What ends just now was not told either.
    const cut = this.ledger.unfinished()
    if (cleared) this.#sentAudio.playTo(this.#positionAt(nowMs), this.#silently)
    this.#drop()
    this.#sentAudio.clear()
    if (cleared || this.#speech.clientReports) {
      this.#writer.playerEmptied(nowMs)
      this.#host.cleared(nowMs)
    }
    for (const { frame } of this.#frames.drain()) {
      if ((frame.flags & FLAG_STICKY) !== 0) this.#frames.push({ frame, position: 0 })
    }
    this.#speech.cut(cut, cleared, nowMs)
    this.#speaking.stop()
    this.#wake()
  }

  /** Holds what was not sent yet, for so long at most. */
  pause(limitMs: number): void {
    if (!this.#options.enabled) return
    const nowMs = this.#host.clock.nowMs()
    this.#writer.paused = true
    this.#speaking.hold(nowMs)
    this.#resumesMs = nowMs + limitMs
    this.#wake()
  }

  /** Plays on where it was held. */
  resume(): void {
    this.#unhold()
    this.#wake()
  }

  /** A client's player reports. */
  report(frame: PlayoutReportFrame): void {
    this.#speech.report(frame)
    this.#wake()
  }

  /**
   * Plays what is queued to its end. Settles at the latest when nothing has moved for the length of the end silence and
   * a second.
   */
  async end(options: { silence: boolean }): Promise<void> {
    this.#unhold()
    this.#finishAudio()
    const played = await this.#drain()
    const { endSilenceMs, sampleRate, channels } = this.#options
    if (played && options.silence && this.#wrote && endSilenceMs > 0) {
      const samples = Math.round((endSilenceMs * sampleRate) / 1000)
      this.#addAudio(new Int16Array(samples * channels), SILENCE)
      this.#finishAudio()
      await this.#drain()
    }
    this.#speaking.stop()
  }

  /** Drops everything at once and stops the background. */
  async stop(): Promise<void> {
    this.#era++
    this.#drop()
    this.#sentAudio.clear()
    this.#frames.clear()
    this.#drained?.resolve(false)
    this.#drained = undefined
    this.#speaking.stop()
    this.#stopped = true
    this.#deadline.clear()
    await this.#writer.stopMixer()
  }

  /** As a rule the frames of an utterance share one. */
  #sourceOf({ ptsUs, extras }: Frame, kind: SoundKind, contextId: string | undefined): SoundSource {
    const last = this.#source
    const same = last.contextId === contextId && last.kind === kind && last.ptsUs === ptsUs && last.extras === extras
    return same && ptsUs === undefined ? last : (this.#source = { kind, contextId, ptsUs, extras })
  }

  #unhold(): void {
    if (this.#resumesMs === Infinity) return
    this.#resumesMs = Infinity
    this.#writer.paused = false
    this.#speaking.release(this.#host.clock.nowMs())
  }

  #addAudio(audio: Int16Array, source: SoundSource): void {
    const samples = audio.length / this.#options.channels
    if (samples === 0) return
    const { contextId } = source
    const startSample = contextId === undefined ? 0 : this.ledger.receive(contextId, samples)
    if (this.#options.enabled) this.#writer.add(audio, source, startSample)
    else if (contextId !== undefined) this.#speech.played(contextId, startSample + samples)
  }

  /** Takes the text out of a frame; false when it has no place in the queue. */
  #learn(frame: AnyFrame): boolean {
    switch (frame.type) {
      case 'TTSStartedFrame':
        this.#speech.started(frame)
        return true
      case 'AggregatedTextFrame':
      case 'TTSTextFrame':
        if (this.#speech.isCut(frame.contextId)) return false
        this.#speech.text(frame)
        return frame.contextId === undefined || frame.type === 'AggregatedTextFrame' || frame.offsetUs === undefined
      case 'TTSStoppedFrame':
        this.#finishAudio()
        if (frame.contextId !== undefined) this.ledger.end(frame.contextId)
        return true
      default:
        return true
    }
  }

  /** No more audio follows for now: nothing is held back. */
  #finishAudio(): void {
    const { chunker } = this.#writer
    const rest = chunker.rest()
    if (rest !== undefined) this.#addAudio(rest.audio, rest.source)
    chunker.pad()
  }

  #written(chunk: QueuedChunk, wireStart: number): void {
    this.#wrote = true
    this.#sentAudio.add(chunk, wireStart, this.#writer.sent)
    const { contextId } = chunk.source
    if (contextId !== undefined) this.ledger.send(contextId, chunk.startSample + chunk.samples)
    if (this.#room !== undefined && this.#writer.waitingMs < ROOM_MS / 2) this.#makeRoom()
  }

  #makeRoom(): void {
    this.#room?.resolve()
    this.#room = undefined
  }

  #drop(): void {
    this.#writer.drop()
    this.#makeRoom()
  }

  #wake(): void {
    this.#pump(this.#host.clock.nowMs())
  }

  /** Does everything that is due. What it calls may call it again, and may interrupt. */
  #pump(nowMs: number): void {
    this.#again = true
    if (this.#pumping || this.#stopped) return
    this.#pumping = true
    this.#nowMs = nowMs
    try {
      while (this.#again) {
        this.#again = false
        if (nowMs >= this.#resumesMs) this.#unhold()
        if (this.#options.enabled) this.#writer.writeDue(nowMs)
        this.#play(nowMs)
        this.#speaking.tick(nowMs)
        this.#speech.tick(nowMs)
      }
      this.#checkDrained(nowMs)
    } finally {
      this.#pumping = false
    }
    if (!this.#stopped) this.#deadline.set(this.#nextMs(nowMs))
  }

  #nextMs(nowMs: number): number {
    const playing = this.#sentAudio.empty ? Infinity : Math.min(nowMs + LOOK_MS, this.#writer.playedOutMs)
    const stuck = this.#drained === undefined ? Infinity : this.#stuckMs
    const { quietAtMs } = this.#speaking
    return Math.min(this.#writer.nextMs, playing, quietAtMs, this.#speech.dueMs, this.#resumesMs, stuck)
  }

  #positionAt(nowMs: number): number {
    return this.#sentAudio.position(this.#writer.playedAt(nowMs)) ?? this.#writer.sent
  }

  /** Tells what was played by now, and reaches the frames in between. */
  #play(nowMs: number): void {
    const era = this.#era
    const target = this.#positionAt(nowMs)
    for (let next = this.#frames.first; next !== undefined && next.position <= target; next = this.#frames.first) {
      if (this.#awaitsAudio(next)) break
      this.#sentAudio.playTo(next.position, this.#listener)
      if (era !== this.#era) return
      this.#frames.shift()
      this.#reach(next)
      if (era !== this.#era) return
    }
    this.#sentAudio.playTo(target, this.#listener)
    if (era !== this.#era) return
    if (target > this.#played) this.#progressed(nowMs)
    this.#played = target
    const playing = this.#sentAudio.kindAt(this.#writer.playedAt(nowMs))
    if (playing !== 'sound') this.#speaking.voice(playing, nowMs)
  }

  readonly #silently: PlayedListener = {
    played: (contextId, position) => void this.ledger.play(contextId, position),
    voice: () => {},
  }

  /** An announcement goes out when its audio starts, if it has any. */
  #awaitsAudio({ frame, position }: Waiting): boolean {
    if (frame.type !== 'AggregatedTextFrame' || !frame.willBeSpoken || frame.contextId === undefined) return false
    return (
      this.#options.enabled &&
      this.#frames.size === 1 &&
      position === this.#writer.queued &&
      this.#drained === undefined
    )
  }

  #reach({ frame, position }: Waiting): void {
    if (frame.type === 'TTSTextFrame' && frame.contextId !== undefined) {
      this.#speech.played(frame.contextId)
      return
    }
    const ends = frame.type === 'TTSStoppedFrame' && !this.#speech.isCut(frame.contextId)
    this.#host.reach(frame)
    if (!ends) return
    // Whoever learns that the agent is silent may interrupt: that the answer was heard to its end is told first.
    const next = this.#frames.first
    if (next?.position === position && next.frame.type === 'LLMFullResponseEndFrame') {
      this.#frames.shift()
      this.#host.reach(next.frame)
    }
    this.#speaking.stop()
  }

  /** False when it got stuck. */
  #drain(): Promise<boolean> {
    this.#drained = Promise.withResolvers<boolean>()
    this.#progressMs = this.#host.clock.nowMs()
    const { promise } = this.#drained
    this.#wake()
    return promise
  }

  #progressed(nowMs: number): void {
    this.#progressMs = nowMs
    this.#host.progress()
  }

  get #stuckMs(): number {
    return this.#progressMs + this.#options.endSilenceMs + 1000
  }

  #checkDrained(nowMs: number): void {
    if (this.#drained === undefined) return
    const stuck = nowMs >= this.#stuckMs
    if (stuck) {
      this.#drop()
      this.#sentAudio.clear()
      for (const waiting of this.#frames.drain()) this.#reach(waiting)
    }
    const busy = this.#writer.queued > this.#writer.sent || !this.#sentAudio.empty || this.#frames.size > 0
    if (busy && !stuck) return
    this.#drained.resolve(!stuck)
    this.#drained = undefined
  }
}
