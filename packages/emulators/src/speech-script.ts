import { FaultQueue } from './faults.ts'
import type { Outbound } from './outbound.ts'
import type { Timeline } from './pacing.ts'
import { speechAt, synthesizeBuzz } from './synthetic-speech.ts'
import type { SpeechAudio } from './synthetic-speech.ts'

/** What a client asked to be spoken. */
export interface SpeechRequest {
  readonly text: string
  readonly model: string
  /** The OpenAI voice; for Deepgram the model, which names the voice. */
  readonly voice: string
  /** How many times faster than normal. */
  readonly speed: number
  /** The OpenAI style instructions. */
  readonly instructions?: string
}

/** Makes the speech for a text. */
export type SpeechResponder = (text: string, request: SpeechRequest) => SpeechAudio

const defaultSpeech: SpeechResponder = (text, { speed }) => synthesizeBuzz(text, speed)

/** The speech endpoint of a provider: the audio it answers with and its faults. */
export class SpeechScript {
  readonly faults: FaultQueue = new FaultQueue()
  #responder: SpeechResponder = defaultSpeech

  /** Answers with this function's audio in place of the built-in buzz of 60 ms for each character. */
  respond(responder: SpeechResponder): void {
    this.#responder = responder
  }

  /** Back to the built-in buzz, without faults. */
  reset(): void {
    this.#responder = defaultSpeech
    this.faults.clear()
  }

  /** @internal The speech as mono samples of the rate. */
  render(request: SpeechRequest, sampleRate: number): Int16Array {
    return speechAt(this.#responder(request.text, request), sampleRate)
  }
}

const FIRST_BYTE_SECS = 0.15
const CHUNK_SECS = 0.1
// Real services run ahead of the listener; without a lead a client that plays at once would run dry on any jitter.
const LEAD_SECS = 0.4

/**
 * Sends encoded speech in pieces of about 100 ms at the pace of the timeline. The first piece goes after 0.15 s, and
 * then the sender stays 0.4 s ahead of real time. Pieces do not end on whole samples.
 *
 * @returns False when it was cut short, because the signal aborted or `stopped` says so.
 */
export const sendPaced = async (
  bytes: Uint8Array,
  bytesPerSec: number,
  to: { out: Outbound; timeline: Timeline; send: (piece: Uint8Array) => void; stopped?: () => boolean },
): Promise<boolean> => {
  const size = Math.max(1, Math.floor(bytesPerSec * CHUNK_SECS)) | 1
  const cut = (): boolean => to.out.signal.aborted || (to.stopped?.() ?? false)
  for (let start = 0; start < bytes.length; start += size) {
    await to.timeline.at(FIRST_BYTE_SECS + Math.max(0, start / bytesPerSec - LEAD_SECS), to.out.signal)
    if (cut()) return false
    to.send(bytes.subarray(start, start + size))
  }
  return !cut()
}
