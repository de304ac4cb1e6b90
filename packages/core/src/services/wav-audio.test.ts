import { encodeWav } from '@pc/audio'
import { expect, test } from 'vitest'
import { TTSAudioRawFrame } from '../frames/audio.ts'
import { TTSSpeakFrame } from '../frames/speech.ts'
import { runTest } from '../testing/run-test.ts'
import type { TTSEvent } from './tts-types.ts'
import { TTSService } from './tts-service.ts'
import { wavAudio } from './wav-audio.ts'

/** A WAV file with a comment in front of the audio, so that its header has not the usual length. */
function commented(pcm: Int16Array, sampleRate: number, channels: number): Uint8Array {
  const file = encodeWav(pcm, sampleRate, channels)
  const comment = new TextEncoder().encode('LIST\u0004\0\0\0INFO')
  return Uint8Array.from([...file.subarray(0, 36), ...comment, ...file.subarray(36)])
}

class FileTTS extends TTSService {
  readonly #file: Uint8Array
  readonly #pieceBytes: number

  constructor(file: Uint8Array, pieceBytes: number) {
    super()
    this.#file = file
    this.#pieceBytes = pieceBytes
  }

  override async *synthesize(): AsyncIterable<TTSEvent> {
    yield* wavAudio(this.#pieces())
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < this.#file.length; at += this.#pieceBytes)
      yield this.#file.subarray(at, at + this.#pieceBytes)
  }
}

test.each([7, 45, 101, 100_000])(
  'audio of a WAV file in pieces of %d bytes is whole, at its own rate, and all of it belongs to its utterance',
  async (pieceBytes) => {
    const pcm = new Int16Array(2 * 2400).fill(500)
    const tts = new FileTTS(commented(pcm, 12_000, 2), pieceBytes)
    const { down, up } = await runTest(tts, {
      frames: [new TTSSpeakFrame('Hello.')],
      params: { audioOutSampleRate: 24_000 },
    })
    const audio = down.filter((frame) => frame instanceof TTSAudioRawFrame)
    expect(audio.reduce((sum, frame) => sum + frame.audio.length, 0)).toBe(4800)
    expect(new Set(audio.map(({ sampleRate }) => sampleRate))).toEqual(new Set([24_000]))
    expect(new Set(audio.map(({ contextId }) => contextId)).size).toBe(1)
    expect(audio[0]?.contextId).toBeTypeOf('string')
    expect(up.filter(({ type }) => type === 'ErrorFrame')).toEqual([])
  },
)
