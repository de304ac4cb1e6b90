import { writeFile } from 'node:fs/promises'
import { encodeWav, resample } from '@pc/audio'
import { FliteSpeech } from '@pc/services-local'

/** What a caller does next. */
export type MicrophonePart = { readonly silenceSecs: number } | { readonly say: string }

const rateHz = 48_000
const silenceAfterSecs = 60

/** Writes what a caller says as a WAV file for the browser's fake microphone, with a minute of silence at its end. */
export async function writeMicrophoneFile(file: string, parts: readonly MicrophonePart[]): Promise<void> {
  const speech = new FliteSpeech({ voice: 'rms' })
  const pieces: Int16Array[] = []
  for (const part of [...parts, { silenceSecs: silenceAfterSecs }]) {
    if ('silenceSecs' in part) pieces.push(new Int16Array(part.silenceSecs * rateHz))
    else {
      const { audio, sampleRate } = await speech.speak(part.say)
      pieces.push(resample(audio, sampleRate, rateHz))
    }
  }
  await speech.close()
  const samples = new Int16Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    samples.set(piece, at)
    at += piece.length
  }
  await writeFile(file, encodeWav(samples, rateHz))
}
