/** One word of a text as it was written, and as the synthesizer can read it (plain ASCII; empty when it is silent). */
export interface SpeakableWord {
  text: string
  spoken: string
}

const replacements: readonly (readonly [RegExp, string])[] = [
  [/[\u2018\u2019\u02bc\u2032]/g, "'"],
  [/[\u201c\u201d\u00ab\u00bb\u2033]/g, '"'],
  [/[\u2010\u2011]/g, '-'],
  [/[\u2012-\u2015\u2212]/g, ', '],
  [/\u2026/g, '...'],
  [/\u00bd/g, ' and a half'],
  [/\u00df/g, 'ss'],
  [/\u00e6/gi, 'ae'],
  [/\u0153/gi, 'oe'],
  [/\u00f8/gi, 'o'],
  [/\u0142/gi, 'l'],
  [/\u00d7/g, ' times '],
  [/\u00b0C\b/g, ' degrees Celsius'],
  [/\u00b0F\b/g, ' degrees Fahrenheit'],
  [/\u00b0/g, ' degrees'],
  [/\u20ac\s?([\d.,]*\d)/g, '$1 euros'],
  [/\u00a3\s?([\d.,]*\d)/g, '$1 pounds'],
  [/\u20ac/g, ' euros'],
  [/\u00a3/g, ' pounds'],
]

/**
 * Splits a text at white space into words and writes each in the ASCII letters that flite reads: typographic quotes
 * and dashes become plain ones, accents fall away, a few symbols become words, everything else is left silent.
 */
export function speakableWords(text: string): SpeakableWord[] {
  return text
    .split(/\s+/u)
    .filter((word) => word !== '')
    .map((word) => ({ text: word, spoken: spokenForm(word) }))
}

function spokenForm(word: string): string {
  const plain = replacements.reduce((form, [pattern, by]) => form.replace(pattern, by), word.normalize('NFC'))
  const ascii = plain.normalize('NFKD').replace(/[^\x20-\x7e]/g, '')
  return /[\p{L}\p{N}$%&@+=#]/u.test(ascii) ? ascii.trim() : ascii.replace(/[^.,;:!?]/g, '')
}
