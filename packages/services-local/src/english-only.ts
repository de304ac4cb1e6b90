import { localError } from './local-error.ts'
import type { LocalEngine } from './local-error.ts'

/** Whether a language setting is English or not given. @internal */
export function isEnglish(language: string | undefined): boolean {
  return language === undefined || /^en(?:-|$)/i.test(language)
}

/** Refuses a language setting that an English engine cannot serve. @internal */
export function requireEnglish(engine: LocalEngine, language: string | undefined): void {
  if (isEnglish(language)) return
  const message = `${engine} knows English only, not ${language}; use another service for that language.`
  throw localError(engine, 'invalid-option', message)
}
