import { toMono, WavStreamParser } from '@pc/audio'
import type { TTSEvent } from './tts-types.ts'

/**
 * The audio of a WAV file that arrives in pieces cut anywhere, for providers that answer with one: the header may have
 * any length and its rate counts. Several channels become one.
 *
 * ```ts
 * override async *synthesize(text: string, { signal }: SynthesisOptions) {
 *   const response = await this.runtime.fetch(url, { method: 'POST', body: text, signal })
 *   if (response.body !== null) yield* wavAudio(response.body)
 * }
 * ```
 *
 * @throws AudioError `not-wav`, `unsupported-wav` or `truncated-wav`.
 */
export async function* wavAudio(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<TTSEvent, void, undefined> {
  const parser = new WavStreamParser()
  for await (const piece of pieces) {
    const audio = parser.process(piece)
    const { format } = parser
    if (audio.length > 0 && format !== undefined) {
      yield { type: 'audio', audio: toMono(audio, format.channels), sampleRate: format.sampleRate }
    }
  }
  parser.finish()
}
