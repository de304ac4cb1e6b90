import type { STTEvent } from '@pc/core'

type Json = Readonly<Record<string, unknown>>

/** A message of a listen socket as an event; `undefined` for those that say nothing about speech. */
export function readListenMessage(message: Json, language: string | undefined): STTEvent | undefined {
  switch (message['type']) {
    case 'Results':
      return readResults(message, language)
    case 'SpeechStarted':
      return { type: 'speechStarted' }
    case 'UtteranceEnd':
      return { type: 'utteranceEnd' }
    default:
      return undefined
  }
}

function readResults(message: Json, language: string | undefined): STTEvent | undefined {
  const { channel, start, duration } = message
  const best: unknown =
    isJson(channel) && Array.isArray(channel['alternatives']) ? channel['alternatives'][0] : undefined
  if (!isJson(best) || typeof best['transcript'] !== 'string') return undefined
  const languages: unknown = best['languages']
  const heard: unknown = Array.isArray(languages) ? languages[0] : undefined
  const words = {
    text: best['transcript'],
    language: typeof heard === 'string' ? heard : language,
    result: message,
  }
  if (message['is_final'] !== true) return { type: 'interim', ...words }
  return {
    type: 'final',
    ...words,
    finalized: message['speech_final'] === true || message['from_finalize'] === true,
    ...(typeof start === 'number' && typeof duration === 'number' && { endSecs: start + duration }),
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
