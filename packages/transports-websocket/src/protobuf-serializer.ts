import { bytesToPcm, pcmToBytes } from '@pc/audio'
import {
  type AnyFrame,
  type AudioRaw,
  type Frame,
  type FrameSerializer,
  InputAudioRawFrame,
  InputTransportMessageFrame,
  InterruptionFrame,
  type OutputChunk,
  PcError,
  TextFrame,
  TranscriptionFrame,
} from '@pc/core'
import { CodecError, decodeFrame, encodeFrame, type WireFrame } from './codec.ts'

/** The options of {@link ProtobufFrameSerializer}. */
export interface ProtobufFrameSerializerOptions {
  /**
   * Tell the client of interruptions, so that it drops what it has not played. The official JavaScript client does not
   * know this message; others do. Default false.
   */
  interruptions?: boolean
}

/**
 * The protobuf messages of the official Pipecat clients. Audio goes out with the utterance's id as `name` ("audio" where
 * there is none) and its place in the utterance as `pts`, nanoseconds; messages go both ways as JSON; text,
 * transcriptions and interruptions of a client come in as frames.
 */
export class ProtobufFrameSerializer implements FrameSerializer {
  readonly #interruptions: boolean

  constructor(options: ProtobufFrameSerializerOptions = {}) {
    this.#interruptions = options.interruptions ?? false
  }

  serializeAudio(chunk: OutputChunk): Uint8Array {
    const pts = chunk.contextId === undefined ? undefined : chunk.positionUs * 1000
    return encodeFrame({ ...wireAudio(chunk, chunk.contextId), pts })
  }

  /** @throws PcError `message-not-json` for a message that cannot be written as JSON. */
  serialize(frame: Frame): Uint8Array | undefined {
    const wire = this.#toWire(frame as AnyFrame)
    return wire === undefined ? undefined : encodeFrame(wire)
  }

  /** @throws PcError of kind `protocol`: `not-protobuf`, `not-json`, `odd-audio`. */
  deserialize(data: Uint8Array | string): Frame | undefined {
    const frame = decode(data)
    switch (frame?.kind) {
      case 'audio':
        return new InputAudioRawFrame(samplesOf(frame.audio), frame.sampleRate, frame.numChannels)
      case 'message':
        return new InputTransportMessageFrame(parse(frame.data))
      case 'text':
        return new TextFrame(frame.text)
      case 'transcription':
        return new TranscriptionFrame(frame.text, frame.userId, frame.timestamp)
      case 'interruption':
        return new InterruptionFrame()
      case undefined:
        return undefined
    }
  }

  #toWire(frame: AnyFrame): WireFrame | undefined {
    const { id, name } = frame
    switch (frame.type) {
      case 'OutputTransportMessageFrame':
      case 'OutputTransportMessageUrgentFrame':
        return { kind: 'message', data: stringify(frame.message) }
      case 'TTSAudioRawFrame':
        return wireAudio(frame, frame.contextId)
      case 'OutputAudioRawFrame':
      case 'SpeechOutputAudioRawFrame':
      case 'InputAudioRawFrame':
        return wireAudio(frame, undefined)
      case 'TextFrame':
      case 'LLMTextFrame':
      case 'TTSTextFrame':
      case 'AggregatedTextFrame':
        return { kind: 'text', id, name, text: frame.text }
      case 'TranscriptionFrame':
        return { kind: 'transcription', id, name, text: frame.text, userId: frame.userId, timestamp: frame.timestamp }
      case 'InterruptionFrame':
        return this.#interruptions ? { kind: 'interruption', id, name } : undefined
      default:
        return undefined
    }
  }
}

function wireAudio(
  { audio, sampleRate, numChannels }: AudioRaw,
  contextId: string | undefined,
): WireFrame & { kind: 'audio' } {
  return { kind: 'audio', id: 0, name: contextId ?? 'audio', audio: pcmToBytes(audio), sampleRate, numChannels }
}

function decode(data: Uint8Array | string): WireFrame | undefined {
  if (typeof data === 'string')
    throw protocolError('not-protobuf', 'The client sent a text message; this protocol is binary.')
  try {
    return decodeFrame(data)
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    throw protocolError('not-protobuf', `The client sent a damaged message. ${error.message}`, error)
  }
}

function samplesOf(bytes: Uint8Array): Int16Array {
  if (bytes.byteLength % 2 === 0) return bytesToPcm(bytes)
  throw protocolError('odd-audio', `The client sent ${bytes.byteLength} bytes of audio; samples have two bytes each.`)
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw protocolError('not-json', 'The client sent a message that is not JSON.', error)
  }
}

function stringify(message: unknown): string {
  try {
    const json: unknown = JSON.stringify(message)
    if (typeof json === 'string') return json
  } catch (error) {
    throw new PcError('A message for the client cannot be written as JSON.', {
      code: 'message-not-json',
      kind: 'config',
      cause: error,
    })
  }
  throw new PcError('A message for the client is empty.', { code: 'message-not-json', kind: 'config' })
}

function protocolError(code: string, message: string, cause?: unknown): PcError {
  return new PcError(message, { code, kind: 'protocol', cause })
}
