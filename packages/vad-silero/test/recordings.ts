import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { decodeWav, resample } from '@pc/audio'

const SPEECH_RATE = 16000

const SENTENCES = [
  'Hello, I would like to book a table for four people on Friday evening.',
  'Could you tell me when the next train to the airport leaves?',
  'Yes.',
  'My number is five five five, zero one nine, seven three two eight.',
  'No, that is not what I meant, please cancel the order and start again.',
  'Thank you very much.',
  'The weather was so bad that all of the boats had to stay in the harbour.',
  'Six thick thistle sticks shook in the hissing wind.',
  'I will be there at half past nine, but do not wait for me.',
  'Please repeat the last part more slowly.',
]

/** Speech level over the noise of one pass through the sentences, in dB; the last pass is louder noise than speech. */
const SNRS_DB = [30, 10, 3, -3]

/** A small repeatable generator of numbers in [0, 1) (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** The sentences as spoken by flite, 16 kHz. Kept between runs in the folder for temporary files. */
function spokenSentences(): Int16Array[] {
  const script = fileURLToPath(new URL('speak.ts', import.meta.url))
  const key = createHash('sha256').update(SENTENCES.join('\n')).update(readFileSync(script)).digest('hex').slice(0, 16)
  const folder = join(tmpdir(), `pc-vad-silero-speech-${key}`)
  if (!existsSync(folder)) {
    const unfinished = mkdtempSync(`${folder}-`)
    execFileSync(process.execPath, ['--no-warnings', script, unfinished, ...SENTENCES], { stdio: 'pipe' })
    try {
      renameSync(unfinished, folder)
    } catch (error) {
      // Another test file was faster.
      if (!existsSync(folder)) throw error
      rmSync(unfinished, { recursive: true })
    }
  }
  return SENTENCES.map((_, index) => decodeWav(readFileSync(join(folder, `${index}.wav`))).pcm)
}

/** A recording of speech in noise, about two minutes, with pauses between the sentences. */
export function noisySpeech(sampleRate: 8000 | 16000): Int16Array {
  const random = seededRandom(7)
  const sentences = spokenSentences()
  const speechRms = rms(sentences.flatMap((sentence) => [...sentence]))
  const parts: Int16Array[] = []
  for (const snrDb of SNRS_DB) {
    for (const sentence of sentences) {
      const pause = Math.round((0.3 + 0.9 * random()) * SPEECH_RATE)
      const level = speechRms * 10 ** (-snrDb / 20)
      const noise = pinkAndBrownNoise(pause + sentence.length, level, random)
      parts.push(
        Int16Array.from(noise, (value, i) => {
          const spoken = i < pause ? 0 : (sentence[i - pause] ?? 0)
          return Math.max(-32768, Math.min(32767, Math.round(value + spoken)))
        }),
      )
    }
  }
  const recording = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let end = 0
  for (const part of parts) {
    recording.set(part, end)
    end += part.length
  }
  return sampleRate === SPEECH_RATE ? recording : resample(recording, SPEECH_RATE, sampleRate)
}

/** Equal parts of pink noise (Kellet's filter) and brown noise (a leaky sum), at a root mean square of `level`. */
function pinkAndBrownNoise(samples: number, level: number, random: () => number): Float64Array {
  const pink = new Float64Array(samples)
  const brown = new Float64Array(samples)
  let slow = 0
  let middle = 0
  let fast = 0
  let sum = 0
  for (let i = 0; i < samples; i++) {
    const white = 2 * random() - 1
    slow = 0.99765 * slow + white * 0.099046
    middle = 0.963 * middle + white * 0.2965164
    fast = 0.57 * fast + white * 1.0526913
    pink[i] = slow + middle + fast + white * 0.1848
    sum = 0.995 * sum + (2 * random() - 1)
    brown[i] = sum
  }
  const pinkGain = 1 / rms(pink)
  const brownGain = 1 / rms(brown)
  const gain = level * Math.SQRT1_2
  return pink.map((value, i) => gain * (value * pinkGain + brown[i]! * brownGain))
}

function rms(samples: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < samples.length; i++) sum += samples[i]! ** 2
  return Math.sqrt(sum / samples.length)
}
