import type { AnyFrame } from '../frames/frame.ts'
import { PcError } from '../runtime/errors.ts'
import { placedWordsOf, wordsOf } from '../text/words.ts'
import { BaseOutputTransport } from '../transport/output-transport.ts'

/** How the agent's own words are told from the user's. */
export interface EchoGateOptions {
  /** How long after the agent has fallen silent its words may still come back, seconds. Default 1.5. */
  readonly tailSecs?: number | undefined
  /**
   * How many words in a row must be the agent's once it is silent, so that a user may answer with one of them. Default 3.
   */
  readonly minWords?: number | undefined
}

/** How much of an utterance the recogniser may have got wrong and it still counts as an echo. */
const WRONG_RATIO = 0.25
/** How long after the agent has fallen silent an utterance from before may still be revised, milliseconds. */
const REVISED_MS = 3000

/**
 * Compares transcripts with what is being played. While the agent speaks, a transcript that repeats even one word of it
 * is its echo; after that it takes several in a row.
 *
 * @throws PcError `invalid-turn-options` for a number out of its range.
 */
export class EchoGate {
  readonly #tailMs: number
  readonly #minWords: number
  #botSpeaking = false
  #silentSinceMs = -Infinity
  /** What was played when an utterance came that repeats it and is not final yet. */
  #echoing: string | undefined = undefined

  constructor(options: EchoGateOptions = {}) {
    const { tailSecs = 1.5, minWords = 3 } = options
    if (!Number.isFinite(tailSecs) || tailSecs < 0 || !Number.isInteger(minWords) || minWords < 1) {
      const message = `echoGate: tailSecs is ${tailSecs} and minWords ${minWords}; use seconds from 0 and whole numbers from 1.`
      throw new PcError(message, { code: 'invalid-turn-options', kind: 'config' })
    }
    this.#tailMs = tailSecs * 1000
    this.#minWords = minWords
  }

  /** The gate for an option; one that takes the place of another goes on from where that was. */
  static from(options: EchoGateOptions | boolean | undefined, before?: EchoGate): EchoGate | undefined {
    if (options === undefined || options === false) return undefined
    const gate = new EchoGate(options === true ? {} : options)
    if (before !== undefined) {
      gate.#botSpeaking = before.#botSpeaking
      gate.#silentSinceMs = before.#silentSinceMs
    }
    return gate
  }

  /** What goes on of a frame: a transcript that is all echo does not. `played` tells what the agent was just saying. */
  take(frame: AnyFrame, nowMs: number, played: () => string): AnyFrame | undefined {
    switch (frame.type) {
      case 'BotStartedSpeakingFrame':
      case 'BotStoppedSpeakingFrame':
        this.botSpeaks(frame.type === 'BotStartedSpeakingFrame', nowMs)
        return frame
      case 'InterimTranscriptionFrame':
      case 'TranscriptionFrame': {
        if (!this.#botSpeaking && nowMs - this.#silentSinceMs >= REVISED_MS) this.#echoing = undefined
        if (this.isOpen(nowMs)) return frame
        // What was about to be played when the agent was cut may have been heard.
        const said = `${this.#echoing ?? ''} ${played()}`
        const text = this.userPart(frame.text, said)
        const goesOn = this.#overlaps && frame.type === 'InterimTranscriptionFrame' && text !== frame.text
        this.#echoing = goesOn ? said : undefined
        if (text === '' && frame.text.trim() !== '') return undefined
        return text === frame.text ? frame : frame.with({ text })
      }
      default:
        return frame
    }
  }

  /** The agent began or stopped speaking. */
  botSpeaks(speaking: boolean, nowMs: number): void {
    if (this.#botSpeaking && !speaking) this.#silentSinceMs = nowMs
    this.#botSpeaking = speaking
  }

  /** What is heard was begun while the agent spoke. */
  get #overlaps(): boolean {
    return this.#botSpeaking || this.#echoing !== undefined
  }

  /** Whether the agent's words may come back now. */
  isOpen(nowMs: number): boolean {
    return !this.#overlaps && nowMs - this.#silentSinceMs >= this.#tailMs
  }

  /**
   * What of a transcript is the user's: all of it, what follows an echo, or nothing.
   *
   * @param played - what the agent has just said and is saying.
   */
  userPart(transcript: string, played: string): string {
    const heard = wordsOf(transcript)
    if (heard.length === 0) return transcript
    const said = wordsOf(played)
    const echoed = longestEcho(heard, said)
    const least = this.#overlaps ? 1 : this.#minWords
    if (echoed.whole && heard.length >= least) return ''
    // Who begins to speak when the agent is silent, repeats its words and goes on is the user.
    const mixed = this.#overlaps && echoed.prefix >= this.#minWords
    return mixed ? afterWords(transcript, echoed.prefix) : transcript
  }
}

/** Whether all words were said in this order, but for a few; and how many of the first ones were said in a row. */
function longestEcho(heard: readonly string[], said: readonly string[]): { whole: boolean; prefix: number } {
  const mayMiss = Math.floor(heard.length * WRONG_RATIO)
  let prefix = 0
  let whole = false
  for (let from = 0; from < said.length; from++) {
    let run = 0
    while (run < heard.length && heard[run] === said[from + run]) run++
    prefix = Math.max(prefix, run)
    whole ||= misses(heard, said.slice(from), mayMiss) <= mayMiss
  }
  return { whole, prefix }
}

/** Words heard that do not follow one another in what was said; either side may have a word that the other lacks. */
function misses(heard: readonly string[], said: readonly string[], limit: number): number {
  let at = 0
  let missed = 0
  for (const word of heard) {
    const found = said.slice(at, at + 2).indexOf(word)
    if (found >= 0) at += found + 1
    else {
      // A word that was misheard stands in the place of the one that was said.
      missed++
      at++
      if (missed > limit) return missed
    }
  }
  return missed
}

/** What stands behind the first words of a text. */
function afterWords(text: string, count: number): string {
  const end = placedWordsOf(text)[count - 1]?.end ?? text.length
  return text.slice(end).replace(/^[\s\p{P}]+/u, '')
}

/** What the outputs of a pipeline have played last, by their ledgers. */
export function playedText(processors: readonly object[]): string {
  const outputs = processors.filter((processor) => processor instanceof BaseOutputTransport)
  return outputs.map((output) => output.playout()?.recentText ?? '').join(' ')
}
