import type { AnyFrame, Frame } from '../frames/frame.ts'
import type { BotSpeechHeardFrame } from '../frames/transport.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import type { Speech } from './speech.ts'
import { SpeechMarkFrame } from './speech-mark-frame.ts'

/** How long the report of a client's player is waited for after a cut; the output gives it up earlier, milliseconds. */
const REPORT_MS = 2000

/** Who else has the floor. */
export interface Floor {
  /** The session has started and is not over. */
  readonly open: boolean
  readonly userSpeaks: boolean
  /** The agent is to be heard. */
  readonly agentSpeaks: boolean
  /** An answer of the model is on its way to the listener. */
  readonly answering: boolean
  /** Functions run that the model will speak about. */
  readonly awaitsCalls: boolean
}

/** What a {@link SpeechQueue} needs of its session. */
export interface SpeechQueueHost {
  readonly clock: Clock
  readonly floor: Floor
  readonly timeoutMs: number
  send(frame: Frame): Promise<void>
  interrupt(): void
}

/**
 * Sends what the application wants to be said into the pipeline, one speech at a time and only while nobody else has the
 * floor, and knows of each what became of it. Marks around it travel through the pipeline and wait in the output as all
 * frames do: when the end mark leaves, the last sample was played.
 */
export class SpeechQueue {
  readonly #host: SpeechQueueHost
  #queued: Speech[] = []
  /** Sent and not settled. Several only while functions run for the earlier ones. */
  #onAir: Speech[] = []
  /** The one between whose marks the output is. */
  #marked: Speech | undefined = undefined
  /** The one between whose marks the model is. */
  #generating: Speech | undefined = undefined
  #watch: Timer | undefined = undefined
  #movedMs = 0

  constructor(host: SpeechQueueHost) {
    this.#host = host
  }

  /** All that have not settled. */
  get pending(): readonly Speech[] {
    return [...this.#onAir, ...this.#queued]
  }

  /** Whether the user is not to be listened to. */
  get holdsFloor(): boolean {
    return this.#onAir.some(({ allowInterruptions, state }) => !allowInterruptions && state !== 'cut')
  }

  add(speech: Speech): void {
    this.#queued.push(speech)
    this.moved()
    this.advance()
  }

  /** There is a sign of life: what waits goes on waiting. */
  moved(): void {
    this.#movedMs = this.#host.clock.nowMs()
    if (this.#watch === undefined && this.pending.length > 0) this.#wait(this.#host.timeoutMs)
  }

  /** Sends the next speech if the floor is free. Call it whenever something about the floor has changed. */
  advance(): void {
    this.#probe()
    const next = this.#queued.find((speech) => this.#isFree(speech))
    if (next !== undefined) this.#send(next)
  }

  /** The application cuts these, and no others that wait. True when it had to interrupt the pipeline for that. */
  cut(speeches: readonly Speech[]): boolean {
    const waiting = speeches.filter(({ state }) => state === 'queued')
    const playing = speeches.filter(({ state }) => state === 'sent' || state === 'working')
    this.#queued = this.#queued.filter((speech) => !waiting.includes(speech))
    for (const speech of waiting) {
      speech.cutBy = 'application'
      speech.settleAsCut()
    }
    if (playing.length > 0) this.#host.interrupt()
    this.#tidy()
    return playing.length > 0
  }

  /** The pipeline is about to be interrupted. @param byQueue - {@link cut} asked for it, and so others may wait on. */
  interrupted(byQueue: boolean): void {
    const dropped = byQueue ? [] : this.#queued.filter((speech) => speech.allowInterruptions && !speech.patient)
    this.#queued = this.#queued.filter((speech) => !dropped.includes(speech))
    this.#marked = undefined
    this.#generating = undefined
    const cut = this.#onAir.filter(({ state }) => state !== 'cut')
    for (const speech of cut) speech.state = 'cut'
    const cutBy = !byQueue && this.#host.floor.userSpeaks ? 'user' : 'application'
    for (const speech of [...dropped, ...cut]) speech.cutBy = cutBy
    for (const speech of dropped) speech.settleAsCut()
    // The verdict of the output comes in the course of the interruption.
    void Promise.resolve().then(() => this.#judge(cut))
  }

  /** A mark left the model: what comes next is generated for its speech, or not any more. */
  leftModel({ speechId, edge }: SpeechMarkFrame): void {
    this.#generating = edge === 'start' ? this.#onAir.find(({ id }) => id === speechId) : undefined
  }

  /** A frame left the output: what was ahead of it was played. */
  left(frame: AnyFrame): void {
    if (frame.type === 'pc/speech-mark') this.#passed(frame)
    else if (frame.type === 'BotSpeechHeardFrame') this.#heard(frame)
    else if (this.#owner?.record.take(frame)) this.moved()
  }

  /** The model asked for functions. */
  called(ids: readonly string[]): void {
    const reply = this.#reply
    if (reply === undefined) return
    reply.called = true
    for (const id of ids) reply.calls.add(id)
  }

  /** A call gave its result to the conversation, or was cancelled. */
  settledCall(id: string): void {
    for (const speech of this.#onAir) {
      if (!speech.calls.delete(id)) continue
      this.moved()
      this.#probe()
    }
  }

  /** The model gave text. */
  generated(text: string): void {
    this.#reply?.generated(text)
    this.moved()
  }

  /** Model or voice reported trouble. */
  failing(error: PcError, ofModel: boolean): void {
    const speech = ofModel ? this.#reply : this.#onAir.at(-1)
    speech?.failing(error, ofModel)
  }

  /** The session is over. */
  end(): void {
    const left = this.pending
    this.#onAir = []
    this.#queued = []
    for (const speech of left) {
      if (speech.state === 'cut') speech.settleAsCut()
      else speech.settle({ status: 'ended', heard: speech.heard })
    }
    this.#tidy()
  }

  get #owner(): Speech | undefined {
    return this.#marked ?? this.#resumed
  }

  /** The reply that the model is at. */
  get #reply(): Speech | undefined {
    return this.#generating ?? this.#resumed
  }

  /** What the model says between the marks of nobody is about the results that this one waits for. */
  get #resumed(): Speech | undefined {
    return this.#onAir.findLast(({ state, begun }) => begun && state !== 'cut')
  }

  #isFree(next: Speech): boolean {
    const { open, userSpeaks, agentSpeaks, answering, awaitsCalls } = this.#host.floor
    if (!open || userSpeaks || agentSpeaks || answering) return false
    // While functions run, the application may speak, and the model not.
    if (next.source === 'reply' && awaitsCalls) return false
    return this.#onAir.every(({ state }) => state === 'working' && next.source === 'say')
  }

  #send(speech: Speech): void {
    this.#queued = this.#queued.filter((other) => other !== speech)
    this.#onAir.push(speech)
    speech.state = 'sent'
    const { send } = this.#host
    const marks = [new SpeechMarkFrame(speech.id, 'start'), new SpeechMarkFrame(speech.id, 'end')] as const
    // All at once, so that nothing comes between them.
    void Promise.all([send(marks[0]), send(speech.request()), send(marks[1])])
  }

  #passed({ speechId, edge }: SpeechMarkFrame): void {
    const speech = this.#onAir.find(({ id, state }) => id === speechId && state === 'sent')
    if (speech === undefined) return
    this.moved()
    if (edge === 'start') {
      this.#marked = speech
      return
    }
    if (this.#marked === speech) this.#marked = undefined
    speech.begun = true
    if (speech.called) {
      speech.called = false
      speech.state = 'working'
    } else this.#settle(speech, () => speech.settleAsPlayed())
    this.advance()
  }

  /** Results may have the model speak again: another end mark, behind that, tells when this is over as well. */
  #probe(): void {
    for (const speech of this.#onAir) {
      if (speech.state !== 'working' || speech.calls.size > 0 || this.#host.floor.agentSpeaks) continue
      speech.state = 'sent'
      // The aggregator asks the model when the burst of results is over.
      this.#host.clock.yield(() => {
        if (speech.state === 'sent') void this.#host.send(new SpeechMarkFrame(speech.id, 'end'))
      })
    }
  }

  #heard(frame: BotSpeechHeardFrame): void {
    for (const speech of this.#onAir) {
      if (!speech.record.cut(frame)) continue
      if (!frame.final) speech.awaitedReports.add(frame.contextId)
      else if (speech.awaitedReports.delete(frame.contextId)) this.#judge([speech])
    }
  }

  #judge(cut: readonly Speech[]): void {
    for (const speech of cut) {
      if (speech.state !== 'cut') continue
      const settle = (): void => this.#settle(speech, () => speech.settleAsCut())
      if (speech.awaitedReports.size === 0) settle()
      else this.#host.clock.setTimeout(settle, REPORT_MS, { background: true })
    }
    this.advance()
  }

  #settle(speech: Speech, settle: () => void): void {
    this.#onAir = this.#onAir.filter((other) => other !== speech)
    settle()
    this.#tidy()
  }

  #tidy(): void {
    if (this.pending.length > 0) return
    this.#watch?.cancel()
    this.#watch = undefined
  }

  #wait(delayMs: number): void {
    this.#watch = this.#host.clock.setTimeout(() => this.#look(), delayMs, { background: true })
  }

  /** No speech waits for ever, whatever a processor or a function does. */
  #look(): void {
    const { clock, timeoutMs, floor } = this.#host
    const quietMs = clock.nowMs() - this.#movedMs
    this.#watch = undefined
    if (quietMs < timeoutMs || !floor.open) {
      this.#wait(floor.open ? timeoutMs - quietMs : timeoutMs)
      return
    }
    const stuck = this.#onAir
    this.#onAir = []
    this.#marked = undefined
    this.#generating = undefined
    const message = `Nothing moved in a speech for ${timeoutMs / 1000} s: a processor or a function holds it.`
    const error = new PcError(message, { code: 'speech-timeout', kind: 'timeout' })
    const inPipeline = stuck.some(({ state }) => state === 'sent')
    for (const speech of stuck) speech.settle({ status: 'failed', heard: speech.heard, error })
    if (inPipeline) this.#host.interrupt()
    const [next] = this.#queued
    this.moved()
    // The floor is held by something that gives no sign of life; in the pipeline everything keeps its order.
    if (stuck.length === 0 && next !== undefined) this.#send(next)
    else this.advance()
    this.#tidy()
  }
}
