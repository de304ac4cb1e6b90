import {
  BaseInputTransport,
  sleep,
  type STTEvent,
  STTService,
  type STTServiceOptions,
  type TranscribeOptions,
  VADAnalyzer,
} from '../src/index.ts'

/** An input transport whose client is the test. */
export class Microphone extends BaseInputTransport {
  hear(audio: Uint8Array | Int16Array, sampleRate = 16_000, numChannels = 1): void {
    this.receiveAudio(audio, sampleRate, numChannels)
  }
}

/** Takes loud windows for speech. */
export class LoudnessVAD extends VADAnalyzer {
  readonly windowSamples = 512
  constructor() {
    super({ minVolume: 0 })
  }
  async load(): Promise<void> {}
  confidence(window: Int16Array): number {
    return window.some((sample) => Math.abs(sample) > 2000) ? 1 : 0
  }
  resetModel(): void {}
}

/** One connection of a recogniser. */
export type Connection = (
  this: ScriptedEars,
  audio: AsyncIterable<Int16Array>,
  options: TranscribeOptions,
) => AsyncIterable<STTEvent>

/** Recognises one line after the other, 0.15 s after each end of speech. The first connections may be others. */
export class ScriptedEars extends STTService {
  /** Samples that reached the recogniser. */
  samples = 0
  readonly #lines: string[]
  readonly #connections: Connection[]

  constructor(lines: readonly string[], connections: readonly Connection[] = [], options: STTServiceOptions = {}) {
    super({ name: 'ears', ...options })
    this.#lines = [...lines]
    this.#connections = [...connections]
  }

  override transcribe(audio: AsyncIterable<Int16Array>, options: TranscribeOptions): AsyncIterable<STTEvent> {
    const connection = this.#connections.shift()
    return connection === undefined ? this.usual(audio, options) : connection.call(this, audio, options)
  }

  async *usual(audio: AsyncIterable<Int16Array>, { signal, onFinalize }: TranscribeOptions): AsyncIterable<STTEvent> {
    let wanted = 0
    let over = false
    let wake = Promise.withResolvers<void>()
    const stir = (): void => wake.resolve()
    onFinalize(() => {
      wanted++
      stir()
    })
    signal.addEventListener('abort', stir, { once: true })
    const ended = this.#listen(audio).then(() => {
      over = true
      stir()
    })
    yield { type: 'open' }
    while (!signal.aborted && (wanted > 0 || !over)) {
      if (wanted === 0) {
        await wake.promise
        wake = Promise.withResolvers<void>()
        continue
      }
      wanted--
      await sleep(this.runtime.clock, 150, signal).catch(() => {})
      const text = this.#lines.shift()
      if (text !== undefined && !signal.aborted) yield { type: 'final', text, finalized: true }
    }
    if (!signal.aborted) await ended
  }

  async #listen(audio: AsyncIterable<Int16Array>): Promise<void> {
    for await (const piece of audio) this.samples += piece.length
  }
}

/** So many milliseconds of a tone that counts as speech, or of silence. */
export function sound(ms: number, loud: boolean, sampleRate = 16_000): Int16Array {
  const amplitude = loud ? 9000 : 0
  return Int16Array.from({ length: (ms * sampleRate) / 1000 }, (_, i) => amplitude * Math.sin(i / 3))
}
