import { TTSService } from '../../services/tts-service.ts'
import type { SynthesisOptions, TTSEvent, TTSServiceOptions } from '../../services/tts-types.ts'
import type { Facts, FillerFact, SpeechFact } from './facts.ts'
import { misbehave } from './faulty-stream.ts'
import type { Word } from './lexicon.ts'
import { Plans } from './plans.ts'
import type { SpeechPlan } from './scenario.ts'
import type { World } from './world.ts'

const PLAIN: SpeechPlan = { firstAfterMs: 100, pieceMs: 200, pieceEveryMs: 20, fault: undefined, deaf: false }
/** How far such an estimate may be from the truth, milliseconds. */
const ESTIMATED_MS = 150
const GARBAGE: readonly unknown[] = ['text', 5, {}, new Float32Array(8)]

/** The options of a {@link SimulatedVoice}. */
export interface SimulatedVoiceOptions extends TTSServiceOptions {
  readonly plans: readonly SpeechPlan[]
  readonly wordTimes: boolean
  readonly charsPerSec: number
}

interface SpokenWord {
  readonly word: Word
  readonly text: string
  readonly startSample: number
  readonly endSample: number
}

/** A speech service whose samples say which word they speak. */
export class SimulatedVoice extends TTSService {
  readonly #world: World
  readonly #facts: Facts
  readonly #plans: Plans<SpeechPlan>
  readonly #options: SimulatedVoiceOptions

  constructor(world: World, facts: Facts, options: SimulatedVoiceOptions) {
    const { plans, wordTimes: _wordTimes, charsPerSec: _charsPerSec, ...rest } = options
    super({ name: 'voice', ...rest })
    this.#world = world
    this.#facts = facts
    this.#plans = new Plans(plans, PLAIN)
    this.#options = options
    this.on('usableChanged', (usable) => {
      if (!usable) facts.voiceFailed = true
    })
  }

  override synthesize(text: string, { signal, contextId, sampleRate }: SynthesisOptions): AsyncIterable<TTSEvent> {
    const world = this.#world
    // The beginning of a word that breaks off is something said, too.
    this.#facts.saidSince = true
    if (this.#facts.speeches.some(({ live }) => live)) world.violate('one floor owner', 'two texts are being spoken')
    const words = this.#layOut(text, sampleRate)
    const source = words[0]?.word.source
    const speech: SpeechFact = { source, signal, begun: false, live: true, held: false, lastMs: world.nowMs }
    this.#facts.speeches.push(speech)
    const onAbort = (): void => void (speech.live = false)
    signal.addEventListener('abort', onAbort, { once: true })
    const utterance = this.#facts.utterance(contextId)
    for (const { word, startSample, endSample } of words) utterance.words.set(word, endSample - startSample)
    const plan = this.#plans.next()
    if (plan.fault !== undefined) utterance.faulty = true
    world.note('voice', `is to say "${text}" in ${contextId}`)
    return this.#speak(speech, words, { plan, sampleRate })
  }

  async *#speak(
    speech: SpeechFact,
    words: readonly SpokenWord[],
    { plan, sampleRate }: { readonly plan: SpeechPlan; readonly sampleRate: number },
  ): AsyncIterable<TTSEvent> {
    const world = this.#world
    const { fault } = plan
    const signal = plan.deaf ? undefined : speech.signal
    const length = words.at(-1)?.endSample ?? 0
    const pieceSamples = Math.round((plan.pieceMs * sampleRate) / 1000)
    let told = 0
    try {
      await world.sleep(plan.firstAfterMs, signal)
      for (let at = 0, piece = 0; at < length; at += pieceSamples, piece++) {
        if (piece > 0) await world.sleep(plan.pieceEveryMs, signal)
        if (fault !== undefined && piece >= fault.afterPieces) {
          this.#breakOff(words, at, sampleRate)
          const next = await misbehave(fault)
          // A stream of audio has no sign of being complete: what is missing can't be known.
          if (piece > 0) for (const { word } of words) this.#facts.uncertain.add(word)
          if (next === 'garbage') yield* GARBAGE as readonly TTSEvent[]
          return
        }
        speech.begun = true
        speech.lastMs = world.nowMs
        const end = Math.min(length, at + pieceSamples)
        for (let next = words[told]; next !== undefined && next.startSample < end; next = words[++told]) {
          if (this.#options.wordTimes)
            yield { type: 'word', text: next.text, startUs: (next.startSample / sampleRate) * 1e6 }
        }
        speech.held = true
        yield audioOf(words, at, end)
        speech.held = false
        speech.lastMs = world.nowMs
      }
    } finally {
      speech.live = false
    }
  }

  /** Where audio breaks off, the end of the word before is estimated. */
  #breakOff(words: readonly SpokenWord[], at: number, sampleRate: number): void {
    const near = (ESTIMATED_MS * sampleRate) / 1000
    for (const { word, endSample } of words)
      if (endSample > at - near && endSample < at + near) this.#facts.uncertain.add(word)
  }

  /** An answer that breaks off may do so inside a word. */
  #checkPart(text: string): void {
    const whole = this.#world.lexicon.beginningWith(text)
    if (whole.length === 0)
      this.#world.violate('nothing is made up', `the voice is to say "${text}", which nobody said`)
    if (whole[0] !== undefined && whole.length === 1) this.#checkWanted(whole[0])
  }

  #checkWanted({ text, source }: Word): void {
    const world = this.#world
    const facts = this.#facts
    if (source.cutMs !== undefined && source.cutMs < world.nowMs)
      world.violate('what was cut is silent', `the voice is to say "${text}" after the cut`)
    const request = facts.requests.find((each) => each === source)
    if (request !== undefined && request.standing !== 'asked')
      world.violate('nothing unconfirmed is said', `"${text}" is part of an answer that nobody asked for`)
    if (request !== undefined && request.order > facts.committed) facts.answered = request.order
    const filler = facts.fillers.find((each) => each === source)
    if (filler !== undefined) this.#checkFiller(filler, text)
  }

  #checkFiller(filler: FillerFact, text: string): void {
    const world = this.#world
    const facts = this.#facts
    if (filler.said) return
    filler.said = true
    if (filler.standing === 'unused') world.violate('a filler only fills', `nobody wanted "${text}"`)
    if (facts.answered > facts.committed)
      world.violate('a filler only fills', `"${text}" is said when the answer has begun`)
    if (!facts.awaitsAnswer(world.nowMs))
      world.violate('a filler only fills', `"${text}" is said when there is no answer to come`)
  }

  /** Every word has the samples from its beginning to that of the next. */
  #layOut(text: string, sampleRate: number): readonly SpokenWord[] {
    const sampleAt = (index: number): number => Math.round((index / this.#options.charsPerSec) * sampleRate)
    const matches = [...text.matchAll(/\S+/g)]
    return matches.flatMap((match, index) => {
      const [word] = this.#world.lexicon.read(match[0])
      if (word === undefined) {
        this.#checkPart(match[0])
        return []
      }
      this.#checkWanted(word)
      const end = matches[index + 1]?.index ?? text.length
      return [{ word, text: match[0], startSample: sampleAt(match.index), endSample: sampleAt(end) }]
    })
  }
}

function audioOf(words: readonly SpokenWord[], from: number, to: number): Int16Array {
  const audio = new Int16Array(to - from)
  for (const { word, startSample, endSample } of words) {
    if (endSample > from && startSample < to) audio.fill(word.id, Math.max(0, startSample - from), endSample - from)
  }
  return audio
}
