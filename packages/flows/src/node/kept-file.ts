/** What a file of the file store says. @internal */
export interface KeptFile {
  readonly conversationId: string
  /** Milliseconds since 1970; `null`: never. */
  readonly expiresAtMs: number | null
  readonly snapshot: string
}

const VERSION = 1

/** The text of a file. Its end closes the object, so that one that was cut is never taken for whole. @internal */
export function writeKept(kept: KeptFile): string {
  return JSON.stringify({ v: VERSION, ...kept })
}

/** Reads the text of a file; a text when it is none, which says why and quotes nothing. @internal */
export function keptIn(text: string): KeptFile | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return text === '' ? 'it is empty' : 'it is no JSON, or only the beginning of it'
  }
  if (typeof value !== 'object' || value === null || !('v' in value)) return 'it has no version'
  if (value.v !== VERSION) return `it has another version than ${VERSION}`
  if (!('conversationId' in value && 'expiresAtMs' in value && 'snapshot' in value)) return 'it lacks a field'
  const { conversationId, expiresAtMs, snapshot } = value
  const expires = expiresAtMs === null || typeof expiresAtMs === 'number'
  if (typeof conversationId !== 'string' || !expires || typeof snapshot !== 'string') return 'a field has another type'
  return { conversationId, expiresAtMs, snapshot }
}
