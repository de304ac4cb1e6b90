/** Where words come from: one answer, one announcement, one act of a user. */
export interface Source {
  readonly kind: 'answer' | 'announcement' | 'filler' | 'user'
  /** An interruption, or the end of the conversation, cut it at this time. */
  cutMs: number | undefined
}

/** A word that occurs once in a conversation, so that wherever it turns up it is known whose it is. */
export interface Word {
  /** Above 0; the samples of its audio are all this number. */
  readonly id: number
  readonly text: string
  readonly source: Source
}

const CONSONANTS = 'b d f g h j k l m n p r s t v z'.split(' ')
const VOWELS = 'a e i o u'.split(' ')
const SYLLABLES = CONSONANTS.flatMap((consonant) => VOWELS.map((vowel) => consonant + vowel))

/** Makes words and knows them again. */
export class Lexicon {
  readonly #byText = new Map<string, Word>()
  readonly #byId: Word[] = []

  make(source: Source): Word {
    const id = this.#byId.length + 1
    const first = SYLLABLES[id % SYLLABLES.length] ?? ''
    const second = SYLLABLES[Math.floor(id / SYLLABLES.length) % SYLLABLES.length] ?? ''
    const word: Word = { id, text: second + first + 'la'.repeat(id % 3), source }
    this.#byText.set(word.text, word)
    this.#byId.push(word)
    return word
  }

  /** All words so far. */
  get words(): readonly Word[] {
    return this.#byId
  }

  byId(id: number): Word | undefined {
    return this.#byId[id - 1]
  }

  /** The words of a text in order, `undefined` for what is none. */
  read(text: string): readonly (Word | undefined)[] {
    return (text.toLowerCase().match(/[a-z]+/g) ?? []).map((part) => this.#byText.get(part))
  }

  /** The words that begin so. */
  beginningWith(text: string): readonly Word[] {
    const [letters = ''] = text.toLowerCase().match(/[a-z]+/) ?? []
    return this.#byId.filter((word) => word.text.startsWith(letters))
  }

  /** Sentences of new words, spaces included. */
  sentences(counts: readonly number[], source: Source): string {
    const sentence = (count: number): string => {
      const words = Array.from({ length: count }, () => this.make(source).text).join(' ')
      return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`
    }
    return counts.map(sentence).join(' ')
  }
}
