import type { STTEvent } from '@pc/core'
import { isJson, type Json } from './json.ts'

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
  const words = {
    text: best['transcript'],
    language: heardLanguage(best['languages']) ?? language,
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

/** The first of the languages that a model says it heard, BCP-47. */
export function heardLanguage(languages: unknown): string | undefined {
  const first: unknown = Array.isArray(languages) ? languages[0] : undefined
  return typeof first === 'string' ? first : undefined
}
