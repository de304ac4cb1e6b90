/** Root mean square of 16-bit samples, 0..1. */
export function loudness(samples: Int16Array): number {
  if (samples.length === 0) return 0
  let energy = 0
  for (const sample of samples) energy += (sample / 32_768) ** 2
  return Math.sqrt(energy / samples.length)
}
