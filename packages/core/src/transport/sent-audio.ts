import { isSilence } from '@pc/audio'
import type { QueuedChunk } from './chunk-queue.ts'
import { Fifo } from '../runtime/fifo.ts'
import type { SoundKind } from './output-chunk.ts'

/** A stretch of written audio that is not played yet. */
interface Stretch {
  /** Its place on the wire, samples. */
  wireStart: number
  /** Its place in the queue of what was to be played, samples. */
  queueStart: number
  samples: number
  readonly kind: SoundKind
  readonly contextId: string | undefined
  contextStart: number
  /** Samples of the utterance; the rest is padding. */
  contextSamples: number
}

/** Somebody to tell of audio that is being played. */
export interface PlayedListener {
  /** The utterance was played up to `position`, samples. */
  played(contextId: string, position: number): void
  voice(kind: SoundKind): void
}

/** Audio between the write and the ear, in order; translates progress on the wire into progress of utterances. */
export class SentAudio {
  readonly #stretches = new Fifo<Stretch>()
  readonly #chunkSamples: number

  /** @param chunkSamples - of one channel, padding included. */
  constructor(chunkSamples: number) {
    this.#chunkSamples = chunkSamples
  }

  get empty(): boolean {
    return this.#stretches.size === 0
  }

  add(chunk: QueuedChunk, wireStart: number, queueStart: number): void {
    const last = this.#stretches.last
    const samples = this.#chunkSamples
    const { contextId } = chunk.source
    const kind = chunk.source.kind === 'stream' && isSilence(chunk.audio) ? 'sound' : chunk.source.kind
    const follows = last?.kind === kind && last.queueStart + last.samples === queueStart
    if (last !== undefined && follows && continues(last, chunk, wireStart)) {
      last.samples += samples
      last.contextSamples += chunk.samples
      return
    }
    const { startSample } = chunk
    this.#stretches.push({
      wireStart,
      queueStart,
      samples,
      kind,
      contextId,
      contextStart: startSample,
      contextSamples: chunk.samples,
    })
  }

  /** Where in the queue playing is when the wire was played up to `wirePlayed`; `undefined` when all was played. */
  position(wirePlayed: number): number | undefined {
    let position: number | undefined
    for (let i = 0; i < this.#stretches.size; i++) {
      const { wireStart, queueStart, samples } = this.#stretches.at(i)!
      if (position !== undefined && wirePlayed <= wireStart) break
      position = queueStart + Math.max(0, Math.min(samples, wirePlayed - wireStart))
    }
    return position
  }

  /** Playing reached this place of the queue. */
  playTo(position: number, listener: PlayedListener): void {
    for (let first = this.#stretches.first; first !== undefined; first = this.#stretches.first) {
      const played = Math.min(position - first.queueStart, first.samples)
      if (played <= 0) return
      if (played === first.samples) this.#stretches.shift()
      if (first.kind !== 'sound') listener.voice(first.kind)
      if (first.contextId !== undefined) {
        listener.played(first.contextId, first.contextStart + Math.min(played, first.contextSamples))
      }
      if (played < first.samples) return
    }
  }

  /** The kind of what plays at this place of the wire. */
  kindAt(wirePlayed: number): SoundKind {
    const first = this.#stretches.first
    return first !== undefined && first.wireStart <= wirePlayed ? first.kind : 'sound'
  }

  /** Nobody asks any more what it says. */
  clear(): void {
    this.#stretches.clear()
  }
}

function continues(last: Stretch, chunk: QueuedChunk, wireStart: number): boolean {
  return (
    last.contextId === chunk.source.contextId &&
    last.wireStart + last.samples === wireStart &&
    last.contextSamples === last.samples &&
    (last.contextId === undefined || last.contextStart + last.contextSamples === chunk.startSample)
  )
}
