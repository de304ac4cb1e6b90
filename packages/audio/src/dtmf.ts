import { AudioError, assertSampleRate } from './errors.ts'

/** @internal Row tones by ITU-T Q.23: a key is the tone of its row and the tone of its column. */
export const ROW_HZ: readonly number[] = [697, 770, 852, 941]
/** @internal Column tones by ITU-T Q.23. */
export const COLUMN_HZ: readonly number[] = [1209, 1336, 1477, 1633]
/** @internal The keys, row by row. */
export const KEYS: readonly string[] = ['123A', '456B', '789C', '*0#D']

/** Options of {@link generateDtmf}. */
export interface DtmfOptions {
  /** Length of each tone in seconds. Default 0.1; receivers need 0.04. */
  toneSecs?: number
  /** Silence after each tone in seconds. Default 0.1; receivers need 0.04. */
  gapSecs?: number
  /** Peak level of each of the two sines in dBFS, -60 to -7 (above, their sum would clip). Default -9. */
  levelDbfs?: number
}

const numberBetween = (value: number, range: readonly [number, number], name: string): number => {
  if (value >= range[0] && value <= range[1]) return value
  throw new AudioError(
    'invalid-argument',
    `generateDtmf: ${name} ${value} is not supported; pass ${range[0]} to ${range[1]}`,
  )
}

const frequenciesOf = (key: string): [rowHz: number, columnHz: number] => {
  for (const [row, keys] of KEYS.entries()) {
    const rowHz = ROW_HZ[row]
    const columnHz = COLUMN_HZ[keys.indexOf(key.toUpperCase())]
    if (key.length === 1 && rowHz !== undefined && columnHz !== undefined) return [rowHz, columnHz]
  }
  throw new AudioError('invalid-argument', `generateDtmf: "${key}" is no DTMF key; use 0-9, *, #, A-D`)
}

/**
 * The tones of a key sequence (0-9, `*`, `#`, A-D) at a rate, each followed by a gap, so that sequences can be joined.
 * Frequencies are those of ITU-T Q.23; both sines have the same level.
 *
 * @throws {@link AudioError} `invalid-argument` for another character, a rate that is not whole Hz from 4000 to
 * 384000, a duration that is not 0 to 60 s or a level outside its range.
 */
export const generateDtmf = (keys: string, sampleRate: number, options: DtmfOptions = {}): Int16Array => {
  assertSampleRate(sampleRate, 'generateDtmf')
  const toneSecs = numberBetween(options.toneSecs ?? 0.1, [0, 60], 'toneSecs')
  const gapSecs = numberBetween(options.gapSecs ?? 0.1, [0, 60], 'gapSecs')
  const amplitude = 32767 * 10 ** (numberBetween(options.levelDbfs ?? -9, [-60, -7], 'levelDbfs') / 20)
  const toneLength = Math.round(toneSecs * sampleRate)
  const keyLength = toneLength + Math.round(gapSecs * sampleRate)
  const pcm = new Int16Array(keys.length * keyLength)
  for (let k = 0; k < keys.length; k++) {
    const [rowHz, columnHz] = frequenciesOf(keys.charAt(k))
    for (let i = 0; i < toneLength; i++) {
      const turn = (2 * Math.PI * i) / sampleRate
      pcm[k * keyLength + i] = Math.round(amplitude * (Math.sin(rowHz * turn) + Math.sin(columnHz * turn)))
    }
  }
  return pcm
}
