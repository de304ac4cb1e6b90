/** One stage of the pipeline, as the page names it. */
export interface Engine {
  readonly stage: 'vad' | 'stt' | 'llm' | 'tts'
  readonly name: string
  readonly note?: string
}

/** A key that would change something. */
export interface Key {
  readonly env: string
  readonly set: boolean
  readonly changes: string
}

/** Something the caller should know. */
export interface Notice {
  readonly kind: 'no-recognizer' | 'download'
  readonly text: string
  /** 0 to 1. */
  readonly progress?: number
}

/** What the page is told of a session. */
export interface SessionMessage {
  readonly type: 'pc/session'
  readonly engines: readonly Engine[]
  readonly keys: readonly Key[]
  readonly notices: readonly Notice[]
}

export function about(engines: readonly Engine[], keys: readonly Key[], notices: readonly Notice[]): SessionMessage {
  return { type: 'pc/session', engines, keys, notices }
}

/** Whether the agent speaks first: not to a caller who already typed. */
export function greets(body: unknown): boolean {
  return !(typeof body === 'object' && body !== null && 'greet' in body && body.greet === false)
}
