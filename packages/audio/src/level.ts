const FULL_SCALE = 32768
const SILENCE_PEAK = 20

/** Root mean square of the samples in sample steps, 0 to 32768; 0 for no samples. */
export const rms = (pcm: Int16Array): number => {
  let sum = 0
  for (let i = 0; i < pcm.length; i++) sum += (pcm[i] ?? 0) ** 2
  return pcm.length === 0 ? 0 : Math.sqrt(sum / pcm.length)
}

/** Largest distance from zero in sample steps, 0 to 32768; 0 for no samples. */
export const peak = (pcm: Int16Array): number => {
  let largest = 0
  for (let i = 0; i < pcm.length; i++) largest = Math.max(largest, Math.abs(pcm[i] ?? 0))
  return largest
}

/**
 * A level in sample steps ({@link rms}, {@link peak}) as dBFS, where 0 dBFS is an amplitude of 32768: a full-scale sine
 * peaks at 0 and has an RMS of -3.01. Zero is -Infinity.
 */
export const toDbfs = (amplitude: number): number => 20 * Math.log10(amplitude / FULL_SCALE)

/** Whether no sample is further from zero than 20 steps (-64 dBFS); true for no samples. */
export const isSilence = (pcm: Int16Array): boolean => peak(pcm) <= SILENCE_PEAK
