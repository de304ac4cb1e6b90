import { PcError } from '../../runtime/errors.ts'
import { STTService } from '../../services/stt-service.ts'
import type { STTEvent, TranscribeOptions } from '../../services/stt-types.ts'
import { BaseInputTransport } from '../../transport/input-transport.ts'
import { VADAnalyzer } from '../../turns/vad-analyzer.ts'
import type { Facts } from './facts.ts'
import type { Word } from './lexicon.ts'
import { Plans } from './plans.ts'
import type { ConnectionPlan } from './scenario.ts'
import type { World } from './world.ts'

/** The samples of a user's word are its number and this. */
export const LOUD = 4000
/** A word of which less was heard is not recognised, in samples to those it has. */
const ENOUGH = 0.6
/** A recogniser that nobody tells takes this much silence for the end, milliseconds. */
const SILENCE_MS = 250
const LOOK_MS = 40

/** An input transport for the audio of simulated users. */
export class SimulatedInput extends BaseInputTransport {
  hear(audio: Int16Array, sampleRate: number): void {
    this.receiveAudio(audio, sampleRate)
  }
}

/** Takes loud windows for speech. */
export class LoudnessDetector extends VADAnalyzer {
  readonly windowSamples: number

  /** @param sampleRate - Hz: windows are 32 ms. */
  constructor(sampleRate: number) {
    super({ minVolume: 0 })
    this.windowSamples = (sampleRate * 32) / 1000
  }

  async load(): Promise<void> {}

  confidence(window: Int16Array): number {
    return window.some((sample) => sample >= LOUD) ? 1 : 0
  }

  resetModel(): void {}
}

interface Heard {
  readonly word: Word
  samples: number
  endSample: number
}

/** A recogniser that reads words out of the samples. */
export class SimulatedEars extends STTService {
  readonly #world: World
  readonly #facts: Facts
  readonly #plans: Plans<ConnectionPlan>
  readonly #recognitionMs: number
  readonly #wordSamples: (word: Word) => number

  constructor(
    world: World,
    facts: Facts,
    options: {
      readonly plans: readonly ConnectionPlan[]
      readonly recognitionMs: number
      readonly wordSamples: (word: Word) => number
    },
  ) {
    super({ name: 'ears' })
    this.#world = world
    this.#facts = facts
    this.#plans = new Plans(options.plans, { openAfterMs: 50, fault: undefined })
    this.#recognitionMs = options.recognitionMs
    this.#wordSamples = options.wordSamples
    this.on('usableChanged', (usable) => {
      if (!usable) facts.earsFailed = true
    })
  }

  override async *transcribe(audio: AsyncIterable<Int16Array>, options: TranscribeOptions): AsyncIterable<STTEvent> {
    const { signal, sampleRate, onFinalize } = options
    const world = this.#world
    const plan = this.#plans.next()
    await world.sleep(plan.openAfterMs, signal)
    world.note('ears', 'open')
    yield { type: 'open' }
    const openedMs = world.nowMs
    const hearing = new Hearing(world, (word) => this.#wordSamples(word) * ENOUGH)
    let finalizeMs: number | undefined
    onFinalize(() => (finalizeMs ??= world.nowMs))
    hearing.listen(audio)
    for (;;) {
      const { fault } = plan
      if (fault !== undefined && world.nowMs - openedMs >= fault.afterMs) {
        world.note('ears', fault.kind)
        if (fault.kind === 'closes') return
        throw new PcError('the simulated recogniser broke', { code: 'simulated-ears', kind: 'transient' })
      }
      if (hearing.silentSamples >= (SILENCE_MS * sampleRate) / 1000) finalizeMs ??= world.nowMs
      const due = finalizeMs !== undefined && world.nowMs - finalizeMs >= this.#recognitionMs
      if (due || hearing.over) {
        finalizeMs = undefined
        const heard = hearing.take()
        const last = heard.at(-1)
        if (last !== undefined) {
          const text = heard.map(({ word }) => word.text).join(' ')
          world.note('ears', `recognise "${text}"`)
          this.#facts.recognised.push(...heard.map(({ word }) => word))
          yield { type: 'final', text, finalized: true, endSecs: last.endSample / sampleRate }
        }
      }
      if (hearing.over) return
      await world.sleep(LOOK_MS, signal)
    }
  }
}

/** The words in a stream of audio. */
class Hearing {
  readonly #world: World
  readonly #enough: (word: Word) => number
  readonly #words: Heard[] = []
  #position = 0
  silentSamples = 0
  over = false

  constructor(world: World, enough: (word: Word) => number) {
    this.#world = world
    this.#enough = enough
  }

  listen(audio: AsyncIterable<Int16Array>): void {
    const read = async (): Promise<void> => {
      for await (const piece of audio) this.#take(piece)
      this.over = true
    }
    read().catch(() => {})
  }

  /** The words that are complete. One that has just begun stays. */
  take(): readonly Heard[] {
    const isComplete = (each: Heard): boolean => each.samples >= this.#enough(each.word)
    const latest = this.#words.at(-1)
    const heard = this.#words.filter(isComplete)
    this.#words.splice(0, Infinity, ...(latest === undefined || isComplete(latest) ? [] : [latest]))
    return heard
  }

  #take(piece: Int16Array): void {
    for (const sample of piece) {
      this.#position++
      const word = sample >= LOUD ? this.#world.lexicon.byId(sample - LOUD) : undefined
      if (word === undefined) {
        this.silentSamples++
        continue
      }
      this.silentSamples = 0
      let heard = this.#words.at(-1)
      if (heard?.word !== word) {
        heard = { word, samples: 0, endSample: 0 }
        this.#words.push(heard)
      }
      heard.samples++
      heard.endSample = this.#position
    }
  }
}
