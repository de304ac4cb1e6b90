/**
 * What went wrong, for code that has to tell the cases apart:
 * `invalid-argument` (a rate, channel count, gain or digit outside its range), `not-wav` (the bytes are no RIFF/WAVE
 * file), `unsupported-wav` (a WAV file in a sample format this package does not read), `truncated-wav` (the file ended
 * before its audio began).
 */
export type AudioErrorCode = 'invalid-argument' | 'not-wav' | 'unsupported-wav' | 'truncated-wav'

/** Every error this package throws. The message names the place, the offending value and the remedy. */
export class AudioError extends Error {
  override readonly name: string = 'AudioError'
  readonly code: AudioErrorCode

  constructor(code: AudioErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

const MIN_RATE_HZ = 4_000
const MAX_RATE_HZ = 384_000

/** @internal Throws unless `rate` is a whole number of hertz in the supported range. */
export const assertSampleRate = (rate: number, where: string): void => {
  if (Number.isInteger(rate) && rate >= MIN_RATE_HZ && rate <= MAX_RATE_HZ) return
  throw new AudioError(
    'invalid-argument',
    `${where}: sample rate ${rate} is not supported; pass whole hertz from ${MIN_RATE_HZ} to ${MAX_RATE_HZ}`,
  )
}

const MAX_CHANNELS = 64

/** @internal Throws unless `channels` is a whole number from 1 to 64. */
export const assertChannels = (channels: number, where: string): void => {
  if (Number.isInteger(channels) && channels >= 1 && channels <= MAX_CHANNELS) return
  throw new AudioError(
    'invalid-argument',
    `${where}: channel count ${channels} is not supported; pass 1 to ${MAX_CHANNELS}`,
  )
}
