import { seededRandom } from './recordings.ts'

const SECONDS = 8

/** Audio that is nothing like speech in a quiet room, eight seconds each, made from a recording of speech. */
export function hardSignals(sampleRate: number, speech: Int16Array): Record<string, Float32Array> {
  const random = seededRandom(11)
  const length = SECONDS * sampleRate
  const signal = (sample: (i: number) => number): Float32Array => Float32Array.from({ length }, (_, i) => sample(i))
  const spoken = signal((i) => (speech[i] ?? 0) / 32768)
  return {
    silence: signal(() => 0),
    'one step of 16 bits': signal((i) => (i % 2 ? 1 : -1) / 32768),
    'white noise': signal(() => 2 * random() - 1),
    'a square wave': signal((i) => (Math.floor((i * 440) / sampleRate) % 2 ? 1 : -1)),
    'a chirp': signal((i) => Math.sin(Math.PI * (i / length) * 0.5 * i)),
    'a constant': signal(() => 0.9),
    'speech at -60 dB': spoken.map((value) => value * 0.001),
    'clipped speech': spoken.map((value) => Math.max(-1, Math.min(1, value * 50))),
    'speech in 16-bit steps taken for floats': spoken.map((value) => value * 32768),
    'numbers of 1e-30': signal(() => 1e-30 * (2 * random() - 1)),
    'single impulses': signal((i) => (i % 4001 === 0 ? 1 : 0)),
  }
}
