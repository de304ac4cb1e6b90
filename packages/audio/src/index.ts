export { DtmfDetector } from './dtmf-detector.ts'
export { generateDtmf } from './dtmf.ts'
export type { DtmfOptions } from './dtmf.ts'
export { AudioError } from './errors.ts'
export type { AudioErrorCode } from './errors.ts'
export { ALAW_SILENCE, MULAW_SILENCE, decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from './g711.ts'
export { isSilence, peak, rms, toDbfs } from './level.ts'
export { LoudnessMeter } from './loudness-meter.ts'
export { mixAudio } from './mix.ts'
export type { MixTrack } from './mix.ts'
export {
  PcmByteStream,
  bytesToPcm,
  floatToPcm,
  interleaveChannels,
  pcmToBytes,
  pcmToFloat,
  splitChannels,
  toMono,
} from './pcm.ts'
export { StreamResampler, resample } from './resampler.ts'
export type { ResamplerOptions } from './resampler.ts'
export type { WavFormat } from './wav-format.ts'
export { WavStreamParser } from './wav-stream-parser.ts'
export { decodeWav, encodeWav } from './wav.ts'
export type { WavAudio } from './wav.ts'
