/** A word with its place in the synthesised audio, in seconds from its start. */
export interface SpokenWord {
  /** The word as it was written, with its punctuation. */
  text: string
  startSecs: number
  endSecs: number
}

/** A speech sound and where it lies in the audio. */
export interface TimedPhone {
  name: string
  startSecs: number
  endSecs: number
}

/** The phone that flite writes for silence. */
const pause = 'pau'
const vowels = new Set(['aa', 'ae', 'ah', 'ao', 'aw', 'ax', 'ay', 'eh', 'er', 'ey', 'ih', 'iy', 'ow', 'oy', 'uh', 'uw'])

/** Reads what flite prints with `-psdur`: `phone:end` pairs, the end in seconds. Pauses are left out. */
export function parseTimedPhones(printed: string): TimedPhone[] {
  const phones: TimedPhone[] = []
  let startSecs = 0
  for (const pair of printed.split(/\s+/)) {
    const match = /^([a-z]+):(\d+\.?\d*)$/.exec(pair)
    if (match === null) continue
    const [, name = '', end = '0'] = match
    const endSecs = Number(end)
    if (name !== pause) phones.push({ name, startSecs, endSecs })
    startSecs = endSecs
  }
  return phones
}

/** Reads what flite prints with `-ps` for a text of one word a paragraph: one line of phones for each word. */
export function parseWordPhones(printed: string): string[][] {
  return printed
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(/\s+/).filter((phone) => phone !== '' && phone !== pause))
}

/**
 * Gives each word its time: aligns the sounds of the words said one by one with the sounds of the sentence, which
 * differ where words run together (`the apple`). The alignment has the least edit distance (Needleman and Wunsch,
 * 1970; a vowel for a vowel costs half). A word without sounds gets an empty span at the end of the word before it.
 */
export function alignWords(
  words: readonly { text: string; phones: readonly string[] }[],
  heard: TimedPhone[],
): SpokenWord[] {
  const expected = words.flatMap((word, index) => word.phones.map((name) => ({ name, word: index })))
  const owners = ownersOf(expected, heard)
  const spans: { startSecs: number; endSecs: number }[] = words.map(() => ({ startSecs: Infinity, endSecs: 0 }))
  heard.forEach((phone, index) => {
    const span = spans[owners[index] ?? -1]
    if (span === undefined) return
    span.startSecs = Math.min(span.startSecs, phone.startSecs)
    span.endSecs = Math.max(span.endSecs, phone.endSecs)
  })
  let endSecs = 0
  return words.map((word, index) => {
    const span = spans[index]
    if (span === undefined || span.startSecs === Infinity) return { text: word.text, startSecs: endSecs, endSecs }
    endSecs = span.endSecs
    return { text: word.text, ...span }
  })
}

/** For each sound heard, the index of the word that it belongs to. */
function ownersOf(expected: readonly { name: string; word: number }[], heard: readonly TimedPhone[]): number[] {
  const width = heard.length + 1
  const cost = new Float64Array((expected.length + 1) * width)
  for (let column = 0; column < width; column += 1) cost[column] = column
  for (let row = 1; row <= expected.length; row += 1) {
    cost[row * width] = row
    for (let column = 1; column < width; column += 1) {
      cost[row * width + column] = Math.min(
        at(cost, (row - 1) * width + column - 1) + difference(expected[row - 1]?.name, heard[column - 1]?.name),
        at(cost, (row - 1) * width + column) + 1,
        at(cost, row * width + column - 1) + 1,
      )
    }
  }
  const owners: number[] = heard.map(() => 0)
  let row = expected.length
  let column = heard.length
  while (column > 0) {
    const here = at(cost, row * width + column)
    const owner = expected[Math.max(row - 1, 0)]?.word ?? 0
    if (row > 0 && here === at(cost, (row - 1) * width + column) + 1) {
      row -= 1
      continue
    }
    owners[column - 1] = owner
    column -= 1
    if (row > 0 && here !== at(cost, row * width + column) + 1) row -= 1
  }
  return owners
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? Infinity
}

function difference(left: string | undefined, right: string | undefined): number {
  if (left === right) return 0
  return left !== undefined && right !== undefined && vowels.has(left) && vowels.has(right) ? 0.5 : 1
}
