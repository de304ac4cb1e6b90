import { AudioError } from './errors.ts'

/** One input of {@link mixAudio}. */
export interface MixTrack {
  pcm: Int16Array
  /** Linear factor: 1 keeps the level, 0.5 is 6 dB less. Default 1. */
  gain?: number
}

/**
 * Sums tracks sample by sample. The result is as long as the longest track (shorter ones count as silence after their
 * end); only the final sum is rounded and clipped, so the order of the tracks is of no effect.
 *
 * All tracks have the same rate and channel layout. No track gives an empty result.
 *
 * @throws {@link AudioError} `invalid-argument` for a gain that is not finite.
 */
export const mixAudio = (tracks: readonly MixTrack[]): Int16Array => {
  const length = tracks.reduce((longest, track) => Math.max(longest, track.pcm.length), 0)
  const sum = new Float64Array(length)
  for (const { pcm, gain = 1 } of tracks) {
    if (!Number.isFinite(gain)) {
      throw new AudioError('invalid-argument', `mixAudio: gain ${gain} is not supported; pass a finite number`)
    }
    for (let i = 0; i < pcm.length; i++) sum[i] = (sum[i] ?? 0) + gain * (pcm[i] ?? 0)
  }
  const mixed = new Int16Array(length)
  for (let i = 0; i < length; i++) mixed[i] = Math.max(-32768, Math.min(32767, Math.round(sum[i] ?? 0)))
  return mixed
}
