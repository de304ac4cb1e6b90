/** A tone that counts as speech. */
export const tone = (secs: number, sampleRate: number): Int16Array =>
  Int16Array.from({ length: Math.round(secs * sampleRate) }, (_, index) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 220 * index) / sampleRate)),
  )

/** Silence. */
export const silence = (secs: number, sampleRate: number): Int16Array => new Int16Array(Math.round(secs * sampleRate))

/** One after the other. */
export const joined = (...parts: readonly Int16Array[]): Int16Array =>
  Int16Array.from(parts.flatMap((part) => [...part]))
