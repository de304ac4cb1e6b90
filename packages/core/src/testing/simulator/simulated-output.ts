import { BaseOutputTransport } from '../../transport/output-transport.ts'
import type { OutputChunk } from '../../transport/output-chunk.ts'
import type { Facts } from './facts.ts'
import { never } from './faulty-stream.ts'
import type { Word } from './lexicon.ts'
import type { ClientPlan } from './scenario.ts'
import type { World } from './world.ts'

/** A report that takes longer comes too late to count, milliseconds. */
const REPORT_LIMIT_MS = 500
/** A write that hangs is given up after so long, milliseconds. */
export const WRITE_LIMIT_MS = 5000

/** What a client's player says of an utterance after a cut. */
export interface PlayerReport {
  readonly contextId: string
  readonly playedMs: number
}

/** A stretch of one word in audio that the player holds. */
interface Buffered {
  readonly contextId: string
  readonly word: Word
  readonly startMs: number
  readonly endMs: number
  readonly samples: number
}

/** The options of a {@link SimulatedOutput}. */
export interface SimulatedOutputOptions {
  readonly client: ClientPlan
  /** The client's player was told to drop what it holds, and says what was played. */
  readonly onReport: (report: PlayerReport) => void
}

/** An output transport to a listener who knows, sample by sample, which words came through. */
export class SimulatedOutput extends BaseOutputTransport {
  readonly #world: World
  readonly #facts: Facts
  readonly #client: ClientPlan
  readonly #onReport: (report: PlayerReport) => void
  #buffer: Buffered[] = []
  #playedOutMs = 0
  #lastContext: string | undefined = undefined
  #hungMs = -Infinity
  /** When audio was written last. */
  lastWriteMs: number = -Infinity

  constructor(world: World, facts: Facts, { client, onReport }: SimulatedOutputOptions) {
    super({ name: 'output', params: { audioOutLeadSecs: client.leadMs / 1000, audioOutEndSilenceSecs: 0.2 } })
    this.#world = world
    this.#facts = facts
    this.#client = client
    this.#onReport = onReport
  }

  /** A write hangs and is not yet given up. */
  get hangs(): boolean {
    return this.#world.nowMs <= this.#hungMs + WRITE_LIMIT_MS
  }

  /** Until when the listener hears what was written. */
  get playedOutMs(): number {
    return this.#playedOutMs
  }

  /** Time has passed: what was played by now was heard. */
  listen(): void {
    const { nowMs } = this.#world
    while (this.#buffer[0] !== undefined && this.#buffer[0].endMs <= nowMs) {
      const { word, samples } = this.#buffer.shift()!
      this.#hear(word, samples)
    }
  }

  protected override writeAudio(chunk: OutputChunk): void | Promise<void> {
    this.lastWriteMs = this.#world.nowMs
    this.#lastContext = chunk.contextId ?? this.#lastContext
    const { fault } = this.#client
    const failing = fault !== undefined && fault.fromMs <= this.#world.nowMs && this.#world.nowMs < fault.untilMs
    this.#take(chunk, failing)
    if (!failing) return undefined
    switch (fault.kind) {
      case 'throws':
        throw new Error('the simulated client is gone')
      case 'rejects':
        return Promise.reject(new Error('the simulated client is gone'))
      case 'hangs':
        this.#hungMs = this.#world.nowMs
        return never
    }
  }

  protected override writeMessage(): void {}

  protected override clearAudio(): boolean {
    const { kind, reportAfterMs } = this.#client
    if (kind === 'plain' || kind === 'ahead') return false
    if (kind === 'reports' && reportAfterMs >= REPORT_LIMIT_MS) {
      // What the client says too late does not count, and then all that was sent does.
      this.#forgetBuffer(Infinity)
      this.#playedOutMs = this.#world.nowMs
      return false
    }
    const cut = new Set(this.#buffer.map(({ contextId }) => contextId))
    if (this.#lastContext !== undefined) cut.add(this.#lastContext)
    this.#forgetBuffer(this.#world.nowMs)
    if (kind === 'clears') return true
    for (const contextId of cut) this.#report(contextId)
    return false
  }

  #report(contextId: string): void {
    const utterance = this.#facts.utterance(contextId)
    const playedMs = (this.#facts.position(utterance) / this.sampleRate) * 1000
    this.#facts.unreported.add(contextId)
    this.#world.after(this.#client.reportAfterMs, () => {
      this.#facts.unreported.delete(contextId)
      this.#onReport({ contextId, playedMs })
    })
  }

  /** The player drops what lies behind this time. */
  #forgetBuffer(untilMs: number): void {
    for (const { word, startMs, endMs, samples } of this.#buffer.splice(0)) {
      const share = Math.max(0, Math.min(1, (untilMs - startMs) / (endMs - startMs)))
      if (share > 0) this.#hear(word, Math.floor(samples * share))
    }
    this.#playedOutMs = Math.min(this.#playedOutMs, untilMs)
  }

  #take({ audio, sampleRate, contextId }: OutputChunk, failing: boolean): void {
    if (contextId === undefined) return
    const { nowMs } = this.#world
    let atMs = Math.max(nowMs, this.#playedOutMs)
    for (let at = 0; at < audio.length;) {
      const id = audio[at] ?? 0
      let end = at + 1
      while (end < audio.length && audio[end] === id) end++
      const samples = end - at
      const startMs = atMs
      atMs += (samples / sampleRate) * 1000
      at = end
      const word = id === 0 ? undefined : this.#world.lexicon.byId(id)
      if (word === undefined) continue
      this.#check(word, contextId)
      this.#facts.audibleMs.set(word, atMs)
      if (failing) {
        this.#facts.uncertain.add(word)
        this.#facts.utterance(contextId).faulty = true
      }
      if (this.#client.kind === 'clears' || this.#client.kind === 'reports')
        this.#buffer.push({ contextId, word, startMs, endMs: atMs, samples })
      else this.#hear(word, samples)
    }
    this.#playedOutMs = atMs
  }

  #check(word: Word, contextId: string): void {
    const { heldSinceMs } = this.#facts
    if (heldSinceMs !== undefined && heldSinceMs < this.#world.nowMs)
      this.#world.violate('what is held is silent', `"${word.text}" of ${contextId} is written while the agent is held`)
    const { cutMs } = word.source
    if (cutMs !== undefined && cutMs < this.#world.nowMs)
      this.#world.violate('what was cut is silent', `"${word.text}" of ${contextId} is written after the cut`)
  }

  #hear(word: Word, samples: number): void {
    const before = this.#facts.heard.get(word) ?? 0
    if (before === 0) this.#world.note('listener', `hears ${word.text}`)
    this.#facts.heard.set(word, before + samples)
  }
}
