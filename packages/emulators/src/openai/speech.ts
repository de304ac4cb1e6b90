import { encodeLinear16, encodeStreamedWav, silentMp3 } from '../audio-encoding.ts'
import type { EncodedSpeech } from '../audio-encoding.ts'
import { isObject, numberField, stringField } from '../json.ts'
import { isAnswer } from '../mount.ts'
import type { Answer, Endpoint, HttpReply, HttpRequest, Shared } from '../mount.ts'
import { sendPaced, SpeechScript } from '../speech-script.ts'
import type { SpeechRequest } from '../speech-script.ts'
import { SPEECH_SAMPLE_RATE } from '../synthetic-speech.ts'
import { errorAnswer, invalid, missing, modelNotFound } from './errors.ts'
import { SPEECH_MODELS, VOICES } from './models.ts'

const MAX_INPUT_CHARACTERS = 4096
const CHARACTERS_PER_TOKEN = 4
const TOKENS_PER_AUDIO_SEC = 20
const CONTENT_TYPES = { pcm: 'audio/pcm', wav: 'audio/wav', mp3: 'audio/mpeg' }

interface ParsedSpeech {
  readonly request: SpeechRequest
  readonly format: keyof typeof CONTENT_TYPES
  readonly streamFormat: 'audio' | 'sse'
}

const isFormat = (format: string): format is keyof typeof CONTENT_TYPES => Object.hasOwn(CONTENT_TYPES, format)

const parse = (body: unknown, models: ReadonlySet<string>): ParsedSpeech | Answer => {
  if (!isObject(body)) return errorAnswer(400, 'We could not parse the JSON body of your request.')
  const model = stringField(body, 'model')
  const text = stringField(body, 'input')
  const voice = isObject(body['voice']) ? stringField(body['voice'], 'id') : stringField(body, 'voice')
  if (model === undefined) return missing('model')
  if (!models.has(model)) return modelNotFound(model)
  if (text === undefined) return missing('input')
  if (text.length === 0 || Array.from(text).length > MAX_INPUT_CHARACTERS) {
    return invalid('input', `expected a string of 1 to ${MAX_INPUT_CHARACTERS} characters.`)
  }
  if (voice === undefined) return missing('voice')
  if (!isObject(body['voice']) && !VOICES.has(voice)) {
    return invalid('voice', `'${voice}'. Supported values are: ${[...VOICES].map((name) => `'${name}'`).join(', ')}.`)
  }
  const format = stringField(body, 'response_format') ?? 'mp3'
  if (!isFormat(format)) {
    const known = ['opus', 'aac', 'flac'].includes(format)
    const reason = known
      ? `'${format}' is not emulated; use pcm, wav or mp3.`
      : `'${format}' is not a supported format.`
    return invalid('response_format', reason)
  }
  const speed = body['speed'] === undefined ? 1 : numberField(body, 'speed')
  if (speed === undefined || speed < 0.25 || speed > 4) return invalid('speed', 'expected a number from 0.25 to 4.')
  const streamFormat = stringField(body, 'stream_format') ?? 'audio'
  if (streamFormat !== 'audio' && streamFormat !== 'sse') return invalid('stream_format', "expected 'audio' or 'sse'.")
  if (streamFormat === 'sse' && model.startsWith('tts-1')) {
    return invalid('stream_format', `'sse' is not supported with '${model}'.`)
  }
  const instructions = stringField(body, 'instructions')
  return {
    request: { text, model, voice, speed, ...(instructions !== undefined && { instructions }) },
    format,
    streamFormat,
  }
}

const encode = (pcm: Int16Array, format: keyof typeof CONTENT_TYPES): EncodedSpeech => {
  if (format === 'pcm') return encodeLinear16(pcm, SPEECH_SAMPLE_RATE)
  if (format === 'wav') return encodeStreamedWav(pcm, SPEECH_SAMPLE_RATE)
  return silentMp3(pcm.length / SPEECH_SAMPLE_RATE)
}

/** `POST /v1/audio/speech`: what texts sound like, and the faults of the endpoint. */
export class OpenAISpeechEmulator extends SpeechScript {
  /** Models that are known; others are answered with 404 `model_not_found`. */
  readonly models: Set<string> = new Set(SPEECH_MODELS)

  override reset(): void {
    super.reset()
    this.models.clear()
    for (const model of SPEECH_MODELS) this.models.add(model)
  }

  /** @internal */
  endpoint(shared: Shared): Endpoint {
    return { faults: this.faults, http: (request, reply) => this.#serve(request, reply, shared) }
  }

  async #serve({ body }: HttpRequest, reply: HttpReply, shared: Shared): Promise<void> {
    const parsed = parse(body, this.models)
    if (isAnswer(parsed)) {
      reply.answer(parsed)
      return
    }
    const pcm = this.render(parsed.request, SPEECH_SAMPLE_RATE)
    const { bytes, bytesPerSec } = encode(pcm, parsed.format)
    const sse = parsed.streamFormat === 'sse'
    const type = sse ? 'text/event-stream; charset=utf-8' : CONTENT_TYPES[parsed.format]
    const out = reply.stream({ 'content-type': type }, sse ? 'sse' : 'raw')
    const send = (piece: Uint8Array): void => {
      if (!sse) return out.binary(piece)
      out.text(JSON.stringify({ type: 'speech.audio.delta', audio: Buffer.from(piece).toString('base64') }))
    }
    const complete = await sendPaced(bytes, bytesPerSec, { out, timeline: shared.startTimeline(), send })
    if (!complete) return
    if (sse) out.text(JSON.stringify({ type: 'speech.audio.done', usage: usageOf(parsed.request.text, pcm) }))
    out.close()
  }
}

const usageOf = (text: string, pcm: Int16Array): object => {
  const input = Math.ceil(text.length / CHARACTERS_PER_TOKEN)
  const output = Math.ceil((pcm.length / SPEECH_SAMPLE_RATE) * TOKENS_PER_AUDIO_SEC)
  return { input_tokens: input, output_tokens: output, total_tokens: input + output }
}
