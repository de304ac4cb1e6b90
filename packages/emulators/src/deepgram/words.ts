/** A word of a transcript and when it was said, in seconds from the start of the stream. */
export interface TimedWord {
  readonly text: string
  readonly startSecs: number
  readonly endSecs: number
}

/** The words of a text. */
export const splitWords = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '')

/** Spreads words evenly over a stretch of time. */
export const spreadWords = (words: readonly string[], startSecs: number, endSecs: number): readonly TimedWord[] => {
  const each = (endSecs - startSecs) / words.length
  return words.map((text, index) => ({
    text,
    startSecs: startSecs + index * each,
    endSecs: startSecs + (index + 1) * each,
  }))
}

/** A word without punctuation, in lower case. */
export const bareWord = (word: string): string => word.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '')

/** Seconds rounded to milliseconds. */
export const roundSecs = (secs: number): number => Math.round(secs * 1000) / 1000
