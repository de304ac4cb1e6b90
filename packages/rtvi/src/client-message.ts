import type { KeypadEntry } from '@pc/core'
import { type About, RTVI_LABEL } from './messages.ts'

/** An envelope from a client whose `data` was not looked at yet. */
export interface ClientEnvelope {
  readonly id: string
  readonly type: string
  readonly data: unknown
}

/** A message of a client does not have the shape that its type demands. The text goes back to the client. */
export class InvalidClientMessage extends Error {
  override readonly name = 'InvalidClientMessage'
}

type Fields = Readonly<Record<string, unknown>>

/** Whether a message from a transport is RTVI's at all. */
export function hasRtviLabel(message: unknown): message is Fields {
  return isFields(message) && message['label'] === RTVI_LABEL
}

/**
 * Reads an envelope that has the label.
 *
 * @throws InvalidClientMessage when it has no `id` or `type`.
 */
export function readEnvelope(message: Fields): ClientEnvelope {
  const { id, type, data } = message
  if (typeof id !== 'string' || typeof type !== 'string') {
    throw new InvalidClientMessage('An RTVI message needs the strings id and type.')
  }
  return { id, type, data }
}

/** What a client says of itself in `client-ready`; nothing in it is required, as a bad one must not stop a session. */
export function readClientReady(data: unknown): { version: unknown; about: About } {
  const fields = isFields(data) ? data : {}
  const about = fields['about']
  return { version: fields['version'], about: isAbout(about) ? about : { library: 'unknown' } }
}

/** A custom message: its type and its data. */
export function readCustom(data: unknown): { t: string; d: unknown } {
  const fields = demandFields(data)
  return { t: demandString(fields, 't'), d: fields['d'] }
}

/** A text that the user typed. */
export function readSendText(data: unknown): { content: string; runImmediately: boolean; audioResponse: boolean } {
  const fields = demandFields(data)
  const options = fields['options'] ?? {}
  if (!isFields(options)) throw new InvalidClientMessage('data.options must be an object.')
  return {
    content: demandString(fields, 'content'),
    runImmediately: optionalBoolean(options, 'run_immediately') ?? true,
    audioResponse: optionalBoolean(options, 'audio_response') ?? true,
  }
}

/** A message for the conversation, in the older form. */
export function readAppendToContext(data: unknown): {
  role: 'user' | 'assistant'
  content: string
  runImmediately: boolean
} {
  const fields = demandFields(data)
  const role = fields['role']
  if (role !== 'user' && role !== 'assistant') {
    throw new InvalidClientMessage('data.role must be "user" or "assistant".')
  }
  return {
    role,
    content: demandString(fields, 'content'),
    runImmediately: optionalBoolean(fields, 'run_immediately') ?? false,
  }
}

/** Keys that the user pressed, in order; one key in `button` is the form of protocol 2.0. */
export function readDtmf(data: unknown): readonly KeypadEntry[] {
  const fields = demandFields(data)
  const buttons = fields['buttons'] ?? (fields['button'] === undefined ? undefined : [fields['button']])
  if (!Array.isArray(buttons) || buttons.length === 0 || !buttons.every(isKey)) {
    throw new InvalidClientMessage('data.buttons must be a list of keys out of 0-9, * and #.')
  }
  return buttons
}

/** What a function returned that ran in the client. */
export function readFunctionCallResult(data: unknown): { toolCallId: string; result: unknown } {
  const fields = demandFields(data)
  return { toolCallId: demandString(fields, 'tool_call_id'), result: fields['result'] }
}

/** Audio in messages: 16-bit little-endian PCM. */
export function readRawAudio(data: unknown): {
  chunks: readonly Int16Array[]
  sampleRate: number
  numChannels: number
} {
  const fields = demandFields(data)
  const batch = fields['base64AudioBatch'] ?? [fields['base64Audio']]
  if (!Array.isArray(batch)) throw new InvalidClientMessage('data.base64AudioBatch must be a list of strings.')
  const sampleRate = demandCount(fields, 'sampleRate')
  const numChannels = demandCount(fields, 'numChannels')
  return { chunks: batch.map(decodePcm), sampleRate, numChannels }
}

/** An event, a picture or a wish of the client's page. */
export type UIMessage =
  | { readonly type: 'ui-event'; readonly id: string; readonly event: string; readonly payload: unknown }
  | { readonly type: 'ui-snapshot'; readonly id: string; readonly tree: Fields }
  | {
      readonly type: 'ui-cancel-job-group'
      readonly id: string
      readonly jobId: string
      readonly reason: string | undefined
    }

/** Reads one of the three messages that a page's user interface sends. */
export function readUIMessage({ id, type, data }: ClientEnvelope): UIMessage | undefined {
  switch (type) {
    case 'ui-event': {
      const fields = demandFields(data)
      return { type, id, event: demandString(fields, 'event'), payload: fields['payload'] }
    }
    case 'ui-snapshot': {
      const tree = demandFields(data)['tree']
      if (!isFields(tree) || !isFields(tree['root'])) throw new InvalidClientMessage('data.tree must hold a root node.')
      return { type, id, tree }
    }
    case 'ui-cancel-job-group': {
      const fields = demandFields(data)
      const reason = fields['reason']
      return {
        type,
        id,
        jobId: demandString(fields, 'job_id'),
        reason: typeof reason === 'string' ? reason : undefined,
      }
    }
    default:
      return undefined
  }
}

/** What a player that reports its progress says: that it will, or how much of an utterance it has played. */
export type PlayoutMessage =
  | { readonly enabled: true }
  | { readonly enabled: false; readonly contextId: string; readonly playedMs: number; readonly flushed: boolean }

/** Reads a `pc/playout` message. */
export function readPlayout(data: unknown): PlayoutMessage {
  const fields = demandFields(data, 'd')
  if (fields['enabled'] === true) return { enabled: true }
  const playedMs = fields['playedMs']
  if (typeof playedMs !== 'number' || !Number.isFinite(playedMs) || playedMs < 0) {
    throw new InvalidClientMessage('d.playedMs must be a number of milliseconds from 0 up.')
  }
  return {
    enabled: false,
    contextId: demandString(fields, 'contextId', 'd'),
    playedMs,
    flushed: fields['flushed'] === true,
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isAbout(value: unknown): value is About {
  return isFields(value) && typeof value['library'] === 'string'
}

function isKey(value: unknown): value is KeypadEntry {
  return typeof value === 'string' && /^[0-9*#]$/.test(value)
}

function demandFields(value: unknown, name = 'data'): Fields {
  if (!isFields(value)) throw new InvalidClientMessage(`${name} must be an object.`)
  return value
}

function demandString(fields: Fields, key: string, name = 'data'): string {
  const value = fields[key]
  if (typeof value !== 'string') throw new InvalidClientMessage(`${name}.${key} must be a string.`)
  return value
}

function demandCount(fields: Fields, key: string): number {
  const value = fields[key]
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw new InvalidClientMessage(`data.${key} must be a whole number from 1 up.`)
  }
  return value
}

function optionalBoolean(fields: Fields, key: string): boolean | undefined {
  const value = fields[key] ?? undefined
  if (value !== undefined && typeof value !== 'boolean') throw new InvalidClientMessage(`${key} must be true or false.`)
  return value
}

function decodePcm(base64: unknown): Int16Array {
  if (typeof base64 !== 'string') throw new InvalidClientMessage('Audio must be given as base64 text.')
  let bytes: string
  try {
    bytes = atob(base64)
  } catch {
    throw new InvalidClientMessage('Audio is not valid base64.')
  }
  const samples = new Int16Array(bytes.length >> 1)
  for (let index = 0; index < samples.length; index++) {
    samples[index] = bytes.charCodeAt(2 * index) | (bytes.charCodeAt(2 * index + 1) << 8)
  }
  return samples
}
