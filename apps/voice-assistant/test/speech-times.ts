import { SentenceAggregator } from '@pc/core'
import { FliteSpeech } from '@pc/services-local'

/** A word of a reply and when its sound is over, seconds from the beginning of the reply's audio. */
export interface WordTime {
  readonly text: string
  readonly endSecs: number
}

/** A reply as the local voice speaks it. */
export interface SpeechTimes {
  readonly words: readonly WordTime[]
  /** Where the first sample that is not zero lies, seconds. */
  readonly firstSoundSecs: number
  readonly lengthSecs: number
}

/** Speaks a text sentence by sentence, as the pipeline does, and notes when each word is over. */
export async function speechTimes(text: string): Promise<SpeechTimes> {
  const sentences = new SentenceAggregator()
  const speech = new FliteSpeech()
  const words: WordTime[] = []
  let firstSoundSecs: number | undefined
  let lengthSecs = 0
  for (const sentence of [...sentences.aggregate(text), ...sentences.flush()]) {
    const { audio, sampleRate, words: spoken } = await speech.speak(sentence.text)
    for (const word of spoken) words.push({ text: word.text, endSecs: lengthSecs + word.endSecs })
    firstSoundSecs ??= audio.findIndex((sample) => sample !== 0) / sampleRate
    lengthSecs += audio.length / sampleRate
  }
  await speech.close()
  return { words, firstSoundSecs: firstSoundSecs ?? 0, lengthSecs }
}

/** The words of a text. */
export function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== '')
}
