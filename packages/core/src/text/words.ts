/** A word of a text. */
export interface TextWord {
  /** In lower case. */
  readonly word: string
  /** Where it ends in the text. */
  readonly end: number
}

let segmenter: Intl.Segmenter | undefined

/** The words of a text with their places, without punctuation. */
export function placedWordsOf(text: string): readonly TextWord[] {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'word' })
  const words: TextWord[] = []
  for (const { segment, index, isWordLike } of segmenter.segment(text)) {
    if (isWordLike !== true) continue
    words.push({ word: segment.normalize('NFKC').toLowerCase().replaceAll('’', "'"), end: index + segment.length })
  }
  return words
}

/** The words of a text in lower case, without punctuation: what two spellings of one utterance share. */
export function wordsOf(text: string): readonly string[] {
  return placedWordsOf(text).map(({ word }) => word)
}

/** Whether two texts differ in nothing but punctuation, spaces and case. */
export function haveSameWords(one: string, other: string): boolean {
  return one === other || wordsOf(one).join(' ') === wordsOf(other).join(' ')
}
