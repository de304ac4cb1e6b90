/** What was really played of one utterance, counted in samples from its beginning. */
export interface Played {
  contextId: string
  samples: number
}

/** What the queue reports while it renders. */
export type PlayoutEvent =
  /** The first sample of an utterance is in the block rendered now; again when it goes on after the queue ran dry. */
  | { type: 'started'; contextId: string }
  /** The next utterance has begun, or nothing more of this one came for {@link graceSamples}. */
  | ({ type: 'finished' } & Played)
  /** Loudness of {@link levelSamples} rendered samples: their root mean square. */
  | { type: 'level'; rms: number }

interface Chunk {
  contextId: string
  samples: Int16Array
  /** Position of the first sample within the utterance. */
  start: number
}

/** Samples for one level report: 85 ms at 24 kHz. */
const levelSamples = 2048

/** Audio gathered before an idle player sounds, or else waited for: 40 ms at 24 kHz. Bridges the jitter of a network. */
export const leadSamples = 960

/** Silence after which an utterance counts as finished: 100 ms at 24 kHz. */
export const graceSamples = 2400

const fadeSamples = 128
const fullScale = 32_768
const remembered = 8

/**
 * The audio waiting to be played, in order, and an exact account of how much of each utterance was rendered. Pure: the
 * audio worklet around it calls `render` for each block.
 */
export class PlayoutQueue {
  #chunks: Chunk[] = []
  /** Samples of the first chunk that were rendered. */
  #offset = 0
  #queued = 0
  #waited = 0
  #sounding = false
  #silent = 0
  /** The utterance rendered last, while it is not finished. */
  #open: Played | undefined
  #latest: Played | undefined
  #tail: Float32Array | undefined
  /** How far the newest utterances were queued and played. */
  #reached = new Map<string, { queued: number; played: number }>()
  #energy = 0
  #counted = 0

  /**
   * Queues samples of an utterance. `start` is their position within it in samples; without one they follow what was
   * queued of it before.
   */
  push(contextId: string, samples: Int16Array, start?: number): void {
    if (samples.length === 0) return
    const reached = this.#reached.get(contextId)
    const from = start ?? reached?.queued ?? 0
    this.#reached.delete(contextId)
    this.#reached.set(contextId, { queued: from + samples.length, played: reached?.played ?? 0 })
    for (const oldest of [...this.#reached.keys()].slice(0, -remembered)) this.#reached.delete(oldest)
    this.#chunks.push({ contextId, samples, start: from })
    this.#queued += samples.length
  }

  /** Fills `output` with queued samples, then silence, and reports what happened in this block. */
  render(output: Float32Array): PlayoutEvent[] {
    const events: PlayoutEvent[] = []
    const at = this.#tail === undefined ? this.#play(output, events) : this.#fade(output, this.#tail)
    output.fill(0, at)
    if (this.#open !== undefined && at < output.length) {
      this.#silent += output.length - at
      if (this.#silent >= graceSamples) this.#finish(events)
    }
    this.#measure(output, at, events)
    return events
  }

  /**
   * Drops everything queued. The next block fades out within 128 samples and is silent from then on. Returns what was
   * played of each utterance that was playing or waiting, the playing one first; the fade counts as played. When nothing
   * was waiting, returns the utterance played last.
   */
  flush(): Played[] {
    const played = new Map<string, number>()
    const first = this.#chunks[0]
    const recent = this.#open ?? (first === undefined ? this.#latest : undefined)
    if (recent !== undefined) played.set(recent.contextId, recent.samples)
    if (recent !== undefined && this.#sounding && first?.contextId === recent.contextId) {
      const tail = first.samples.subarray(this.#offset, this.#offset + fadeSamples)
      this.#tail = Float32Array.from(tail, (sample, index) => (sample / fullScale) * (1 - (index + 1) / tail.length))
      played.set(recent.contextId, recent.samples + tail.length)
    }
    for (const { contextId } of this.#chunks) {
      if (!played.has(contextId)) played.set(contextId, this.#reached.get(contextId)?.played ?? 0)
    }
    this.#chunks = []
    this.#offset = 0
    this.#queued = 0
    this.#waited = 0
    this.#sounding = false
    this.#open = undefined
    this.#latest = undefined
    this.#reached.clear()
    return [...played].map(([contextId, samples]) => ({ contextId, samples }))
  }

  #play(output: Float32Array, events: PlayoutEvent[]): number {
    if (!this.#sounding && !this.#mayStart(output.length)) return 0
    let at = 0
    for (let chunk = this.#chunks[0]; chunk !== undefined && at < output.length; chunk = this.#chunks[0]) {
      if (!this.#sounding || this.#open?.contextId !== chunk.contextId) {
        if (this.#open !== undefined && this.#open.contextId !== chunk.contextId) this.#finish(events)
        events.push({ type: 'started', contextId: chunk.contextId })
        this.#sounding = true
      }
      const count = Math.min(output.length - at, chunk.samples.length - this.#offset)
      for (let index = 0; index < count; index++) {
        output[at + index] = (chunk.samples[this.#offset + index] ?? 0) / fullScale
      }
      at += count
      this.#offset += count
      this.#queued -= count
      this.#silent = 0
      this.#open = { contextId: chunk.contextId, samples: chunk.start + this.#offset }
      if (this.#offset < chunk.samples.length) break
      this.#chunks.shift()
      this.#offset = 0
    }
    if (at < output.length) {
      this.#sounding = false
      this.#waited = 0
    }
    return at
  }

  #fade(output: Float32Array, tail: Float32Array): number {
    output.set(tail.subarray(0, output.length))
    this.#tail = undefined
    return Math.min(tail.length, output.length)
  }

  /** Whether an idle player may sound: enough has gathered, or the rest is not coming. */
  #mayStart(blockSamples: number): boolean {
    if (this.#queued === 0) return false
    if (this.#queued >= leadSamples) return true
    this.#waited += blockSamples
    return this.#waited >= leadSamples
  }

  #finish(events: PlayoutEvent[]): void {
    if (this.#open === undefined) return
    events.push({ type: 'finished', ...this.#open })
    const reached = this.#reached.get(this.#open.contextId)
    if (reached !== undefined) reached.played = this.#open.samples
    this.#latest = this.#open
    this.#open = undefined
    this.#silent = 0
  }

  #measure(output: Float32Array, sounding: number, events: PlayoutEvent[]): void {
    for (let index = 0; index < sounding; index++) this.#energy += (output[index] ?? 0) ** 2
    this.#counted += output.length
    if (this.#counted < levelSamples) return
    if (this.#energy > 0) events.push({ type: 'level', rms: Math.sqrt(this.#energy / this.#counted) })
    this.#energy = 0
    this.#counted = 0
  }
}
