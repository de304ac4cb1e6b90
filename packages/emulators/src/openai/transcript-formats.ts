/** A word and when it was said, in seconds. */
interface TimedWord {
  readonly word: string
  readonly start: number
  readonly end: number
}

const round = (secs: number): number => Math.round(secs * 100) / 100

const timedWords = (text: string, durationSecs: number): readonly TimedWord[] => {
  const words = text.split(/\s+/).filter((word) => word !== '')
  const each = durationSecs / words.length
  return words.map((word, index) => ({
    word: word.replace(/[.,!?;:]+$/, ''),
    start: round(index * each),
    end: round((index + 1) * each),
  }))
}

/** The fields of `verbose_json`: one segment over the whole audio, and on request words spread evenly over it. */
export const verboseTranscription = (
  text: string,
  { durationSecs, language }: { durationSecs: number; language?: string },
  withWords: boolean,
): object => ({
  task: 'transcribe',
  language: language ?? 'english',
  duration: durationSecs,
  text,
  segments:
    text === ''
      ? []
      : [
          {
            id: 0,
            seek: 0,
            start: 0,
            end: durationSecs,
            text,
            tokens: [],
            temperature: 0,
            avg_logprob: -0.2,
            compression_ratio: 1,
            no_speech_prob: 0.01,
          },
        ],
  ...(withWords && { words: timedWords(text, durationSecs) }),
})

const clockTime = (secs: number, decimalSign: string): string => {
  const ms = Math.round(secs * 1000)
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const time = `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}`
  return time + decimalSign + String(ms % 1000).padStart(3, '0')
}

/** The transcript as one caption, in SubRip (`srt`) or WebVTT (`vtt`) form. */
export const captions = (text: string, durationSecs: number, format: 'srt' | 'vtt'): string => {
  const sign = format === 'srt' ? ',' : '.'
  const cue = `${clockTime(0, sign)} --> ${clockTime(durationSecs, sign)}\n${text}\n\n`
  return format === 'srt' ? `1\n${cue}` : `WEBVTT\n\n${cue}`
}
