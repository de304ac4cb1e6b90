import { resample } from '@pc/audio'

/** Samples per second of speech that is given without a rate. */
export const SPEECH_SAMPLE_RATE = 24_000

const SECS_PER_CHARACTER = 0.06
const PEAK = 0.5 * 32_767

/** Mono speech: samples at 24 kHz, or samples with their own rate in Hz. */
export type SpeechAudio = Int16Array | { readonly audio: Int16Array; readonly sampleRate: number }

/** Speech as samples of one rate. */
export const speechAt = (speech: SpeechAudio, sampleRate: number): Int16Array =>
  speech instanceof Int16Array
    ? resample(speech, SPEECH_SAMPLE_RATE, sampleRate)
    : resample(speech.audio, speech.sampleRate, sampleRate)

/** Resonance of a vocal tract: a two-pole filter. */
const resonator = (hz: number, bandwidthHz: number): ((input: number) => number) => {
  const radius = Math.exp((-Math.PI * bandwidthHz) / SPEECH_SAMPLE_RATE)
  const feedback = 2 * radius * Math.cos((2 * Math.PI * hz) / SPEECH_SAMPLE_RATE)
  let last = 0
  let beforeLast = 0
  return (input) => {
    const output = (1 - radius) * input + feedback * last - radius * radius * beforeLast
    beforeLast = last
    last = output
    return output
  }
}

/**
 * A buzz that stands for the text: 60 ms for each character, letters and digits as a pulse train at voice pitch through
 * two formants that depend on the character, everything else as silence. The same text gives the same samples.
 *
 * @param rate How many times faster than normal.
 * @returns Mono samples at {@link SPEECH_SAMPLE_RATE}.
 */
export const synthesizeBuzz = (text: string, rate = 1): Int16Array => {
  const characters = Array.from(text)
  const perCharacter = Math.round((SECS_PER_CHARACTER * SPEECH_SAMPLE_RATE) / rate)
  const signal = new Float32Array(characters.length * perCharacter)
  let phase = 0
  let peak = 0
  for (const [index, character] of characters.entries()) {
    if (!/[\p{L}\p{N}]/u.test(character)) continue
    const code = character.codePointAt(0) ?? 0
    const low = resonator(300 + ((code * 37) % 500), 80)
    const high = resonator(900 + ((code * 91) % 1500), 120)
    const pitchHz = 120 + 15 * Math.sin(index / 3)
    for (let offset = 0; offset < perCharacter; offset++) {
      phase += pitchHz / SPEECH_SAMPLE_RATE
      const pulse = phase >= 1 ? 1 : 0
      phase -= pulse
      const sample = low(pulse) + high(pulse)
      signal[index * perCharacter + offset] = sample
      peak = Math.max(peak, Math.abs(sample))
    }
  }
  return Int16Array.from(signal, (sample) => (peak === 0 ? 0 : Math.round((sample / peak) * PEAK)))
}
