import type { ServiceUpdateSettingsFrame } from '../frames/control.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import { PcError } from '../runtime/errors.ts'
import { isRecord } from '../runtime/is-record.ts'

/** The settings of a language model service; what is left out is the provider's default. */
export interface LLMSettings {
  model?: string | undefined
  /** Stands before everything else the model reads. */
  systemInstruction?: string | undefined
  temperature?: number | undefined
  /** The longest answer, tokens. */
  maxTokens?: number | undefined
  topP?: number | undefined
  topK?: number | undefined
  frequencyPenalty?: number | undefined
  presencePenalty?: number | undefined
  seed?: number | undefined
  /** Sent to the provider as they are. */
  extra?: Readonly<Record<string, unknown>> | undefined
}

/** The settings of a recognition service. */
export interface STTSettings {
  model?: string | undefined
  /** BCP-47. */
  language?: string | undefined
  extra?: Readonly<Record<string, unknown>> | undefined
}

/** The settings of a synthesis service. */
export interface TTSSettings {
  model?: string | undefined
  voice?: string | undefined
  /** BCP-47. */
  language?: string | undefined
  /** 1 is the voice's own speed. */
  speed?: number | undefined
  extra?: Readonly<Record<string, unknown>> | undefined
}

/** Which settings a service has, and of what type. */
export type SettingsShape = Readonly<Record<string, 'string' | 'number'>>

export const LLM_SETTINGS: SettingsShape = {
  model: 'string',
  systemInstruction: 'string',
  temperature: 'number',
  maxTokens: 'number',
  topP: 'number',
  topK: 'number',
  frequencyPenalty: 'number',
  presencePenalty: 'number',
  seed: 'number',
}
export const STT_SETTINGS: SettingsShape = { model: 'string', language: 'string' }
export const TTS_SETTINGS: SettingsShape = { model: 'string', voice: 'string', language: 'string', speed: 'number' }

type Fields = { readonly extra?: Readonly<Record<string, unknown>> | undefined }

/**
 * Settings with a sparse delta applied: `undefined` is not given, `null` unsets, `extra` merges, and names that the
 * service does not know go to `extra`. Names may be in snake_case; `voiceId` means `voice`.
 *
 * @throws PcError `invalid-settings` for a value of the wrong type; nothing is applied then.
 */
function applySettings<S extends Fields>(
  settings: S,
  delta: Readonly<Record<string, unknown>>,
  shape: SettingsShape,
): { readonly settings: S; readonly changed: readonly string[] } {
  const next: Record<string, unknown> = { ...settings }
  const extra: Record<string, unknown> = { ...settings.extra }
  const changed: string[] = []
  const put = (target: Record<string, unknown>, name: string, value: unknown): void => {
    if (target[name] === value) return
    if (value === undefined) delete target[name]
    else target[name] = value
    changed.push(name)
  }
  for (const [key, value] of Object.entries(delta)) {
    if (value === undefined) continue
    const name = canonicalName(key)
    if (name === 'extra') {
      if (!isRecord(value)) throw wrongType(name, 'an object')
      for (const [inner, innerValue] of Object.entries(value)) put(extra, inner, innerValue ?? undefined)
      continue
    }
    const type = shape[name]
    if (value !== null && type !== undefined && typeof value !== type) throw wrongType(name, `a ${type}`)
    put(type === undefined ? extra : next, name, value ?? undefined)
  }
  next['extra'] = extra
  return { settings: next as S, changed }
}

/** The settings of one service, and the frames that change them. */
export class ServiceSettings<S extends Fields> {
  readonly #service: FrameProcessor
  readonly #shape: SettingsShape
  readonly #frameType: string
  #current: S

  /** @param frameType - the update frame that needs no address */
  constructor(service: FrameProcessor, frameType: string, shape: SettingsShape, initial: S) {
    this.#service = service
    this.#frameType = frameType
    this.#shape = shape
    this.#current = { ...initial }
  }

  get current(): Readonly<S> {
    return this.#current
  }

  /** Whether a frame is for this service: addressed to it, or to the first of its kind. */
  concerns(frame: ServiceUpdateSettingsFrame<string>): boolean {
    return frame.service === this.#service || (frame.service === undefined && frame.type === this.#frameType)
  }

  /**
   * Applies a frame; true when a setting has a new value.
   *
   * @throws PcError `invalid-settings`.
   */
  apply(frame: ServiceUpdateSettingsFrame<string>): boolean {
    const { settings, changed } = applySettings(this.#current, frame.delta, this.#shape)
    this.#current = settings
    return changed.length > 0
  }
}

function canonicalName(key: string): string {
  const name = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  return name === 'voiceId' ? 'voice' : name
}

function wrongType(name: string, wanted: string): PcError {
  return new PcError(`Setting ${name} must be ${wanted}; nothing was changed.`, {
    code: 'invalid-settings',
    kind: 'config',
    retryable: false,
  })
}
