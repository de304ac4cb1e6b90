import type { Frame } from '../frames/frame.ts'
import { TTSSpeakFrame } from '../frames/speech.ts'
import { type AggregatedTextFrame, LLMTextFrame, TextFrame, type TTSTextFrame } from '../frames/text.ts'
import type { PcError } from '../runtime/errors.ts'
import { isApplicationError, type Request, type RequestLog } from './request-log.ts'

/** A text and how much of it was spoken. */
class SpokenText {
  #text = ''
  #cursor = 0

  add(text: string): void {
    this.#text += text
  }

  /** A unit is through. Units come in order, so one that is not found was changed and leaves the place where it is. */
  through(unit: string): void {
    const at = this.#text.indexOf(unit, this.#cursor)
    if (at >= 0) this.#cursor = at + unit.length
  }

  get rest(): string {
    return this.#text.slice(this.#cursor)
  }

  clear(): void {
    this.#text = ''
    this.#cursor = 0
  }
}

const down = (frame: Frame): Request => ({ frame, direction: 'downstream' })

/**
 * Of a synthesis service: the text it was given and how much of it was spoken. The next service gets the rest from the
 * sentence on that was not spoken to its end.
 */
export class SpeechLog implements RequestLog {
  readonly keepsText = true
  readonly #text = new SpokenText()
  /** Of a TTSSpeakFrame, apart from the response around it. */
  readonly #apart = new SpokenText()
  #response: Frame | undefined
  #speak: Frame | undefined

  begins({ type }: Frame): boolean {
    return type === 'LLMFullResponseStartFrame' || (type === 'TTSSpeakFrame' && this.#response === undefined)
  }

  entered(frame: Frame): void {
    if (frame.type === 'TTSSpeakFrame') {
      this.#speak = frame
      this.#apart.clear()
      this.#apart.add((frame as TTSSpeakFrame).text)
    } else if (isSpeakable(frame)) this.#text.add(frame.text)
  }

  left(frame: Frame): void {
    const unit = unitThrough(frame)
    if (unit !== undefined) (this.#speak === undefined ? this.#text : this.#apart).through(unit)
  }

  settled(frame: Frame): void {
    if (frame.type === 'TTSSpeakFrame') this.#speak = undefined
    else if (frame.type === 'LLMFullResponseStartFrame') {
      this.#text.clear()
      this.#response = frame
    } else if (frame.type === 'LLMFullResponseEndFrame') this.interrupted()
  }

  interrupted(): void {
    this.#text.clear()
    this.#response = undefined
    this.#speak = undefined
  }

  isLost(error: PcError, _request: Request | undefined): boolean {
    return !isApplicationError(error)
  }

  handOver(request: Request | undefined): readonly Request[] {
    const frames: Frame[] = []
    const rest = this.#text.rest
    if (this.#response !== undefined) frames.push(this.#response)
    if (rest.trim() !== '') {
      frames.push(this.#response === undefined ? new TextFrame(rest) : new LLMTextFrame(rest))
    }
    this.#text.clear()
    this.#text.add(rest)
    const handed = frames.map(down)
    if (request === undefined || isSpeakable(request.frame)) return handed
    if (request.frame instanceof TTSSpeakFrame) {
      return [...handed, down(request.frame.with({ text: this.#apart.rest }))]
    }
    return [...handed, request]
  }
}

function isSpeakable(frame: Frame): frame is TextFrame {
  return frame.family.includes('TextFrame') && frame.type !== 'TTSTextFrame' && (frame as TextFrame).skipTts !== true
}

/** The unit that a frame says is through: spoken to its end, or shown in its place. */
function unitThrough(frame: Frame): string | undefined {
  if (frame.type === 'TTSTextFrame') {
    const { offsetUs, rawText, text } = frame as TTSTextFrame
    return offsetUs === undefined ? (rawText ?? text) : undefined
  }
  if (frame.type !== 'AggregatedTextFrame') return undefined
  const { willBeSpoken, rawText } = frame as AggregatedTextFrame
  return willBeSpoken ? undefined : rawText
}
