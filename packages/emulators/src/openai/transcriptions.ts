import { AudioError, decodeWav, resample, toMono } from '@pc/audio'
import { isLoud } from '../energy.ts'
import { FaultQueue } from '../faults.ts'
import { isAnswer } from '../mount.ts'
import type { Answer, Endpoint, HttpReply, HttpRequest, Shared } from '../mount.ts'
import { ReplyQueue } from '../reply-queue.ts'
import { tokenize } from './chat-reply.ts'
import { errorAnswer, invalid, missing, modelNotFound } from './errors.ts'
import { TRANSCRIPTION_MODELS } from './models.ts'
import { captions, verboseTranscription } from './transcript-formats.ts'

const PROCESSING_SECS = 0.2
const SECS_PER_DELTA = 0.02
const MIN_AUDIO_SECS = 0.1
const PCM_RATE = 16_000
const TOKENS_PER_AUDIO_SEC = 10
const FORMATS = ['json', 'text', 'srt', 'verbose_json', 'vtt', 'diarized_json']
const SIGNATURES = ['RIFF', 'ID3', 'fLaC', 'OggS', '\x1a\x45\xdf\xa3']

/** A transcription request that passed the checks. */
export interface TranscriptionRequest {
  readonly model: string
  readonly fileName: string
  /** The file as it was sent. */
  readonly file: Uint8Array
  /** The speech as mono samples at 16 kHz; `undefined` when the file is not a WAV file. */
  readonly pcm?: Int16Array
  /** Duration in seconds; estimated from the size when the file is not a WAV file. */
  readonly durationSecs: number
  readonly language?: string
  readonly prompt?: string
}

interface Parsed {
  readonly request: TranscriptionRequest
  readonly format: string
  readonly stream: boolean
  readonly wordTimestamps: boolean
}

const DEFAULT_TEXT = 'This is what the emulator heard.'

const defaultTranscript = ({ pcm }: TranscriptionRequest): string => (pcm && !isLoud(pcm) ? '' : DEFAULT_TEXT)

const formatsOf = (model: string): readonly string[] => {
  if (model === 'whisper-1') return ['json', 'text', 'srt', 'verbose_json', 'vtt']
  return model.includes('diarize') ? ['json', 'text', 'diarized_json'] : ['json', 'text']
}

const readAudio = (file: Uint8Array): Pick<TranscriptionRequest, 'pcm' | 'durationSecs'> | Answer => {
  const start = String.fromCharCode(...file.subarray(0, 12))
  const isMp3Frame = file[0] === 0xff && ((file[1] ?? 0) & 0xe0) === 0xe0
  if (!SIGNATURES.some((signature) => start.startsWith(signature)) && !isMp3Frame && start.slice(4, 8) !== 'ftyp') {
    const formats = "['flac', 'm4a', 'mp3', 'mp4', 'mpeg', 'mpga', 'oga', 'ogg', 'wav', 'webm']"
    return errorAnswer(400, `Invalid file format. Supported formats: ${formats}`, { param: 'file' })
  }
  if (!start.startsWith('RIFF')) return { durationSecs: file.length / 4000 }
  try {
    const { pcm, sampleRate, channels } = decodeWav(file)
    const mono = resample(toMono(pcm, channels), sampleRate, PCM_RATE)
    return { pcm: mono, durationSecs: mono.length / PCM_RATE }
  } catch (error) {
    if (!(error instanceof AudioError)) throw error
    return errorAnswer(400, 'The audio file could not be decoded or its format is not supported.', { param: 'file' })
  }
}

const parse = async (form: FormData | undefined, models: ReadonlySet<string>): Promise<Parsed | Answer> => {
  if (!form) return errorAnswer(400, 'Could not parse multipart form')
  const field = (name: string): string | undefined => {
    const value = form.get(name)
    return typeof value === 'string' ? value : undefined
  }
  const upload = form.get('file')
  const model = field('model')
  if (upload === null || typeof upload === 'string') return missing('file')
  if (model === undefined) return missing('model')
  if (!models.has(model)) return modelNotFound(model)
  const format = field('response_format') ?? 'json'
  if (!FORMATS.includes(format)) return invalid('response_format', `'${format}' is not one of ${FORMATS.join(', ')}.`)
  if (!formatsOf(model).includes(format)) {
    const text = `response_format '${format}' is not compatible with model '${model}'. Use 'json' or 'text' instead.`
    return errorAnswer(400, text, { param: 'response_format', code: 'unsupported_value' })
  }
  const file = new Uint8Array(await upload.arrayBuffer())
  const audio = readAudio(file)
  if (isAnswer(audio)) return audio
  if (audio.durationSecs < MIN_AUDIO_SECS) {
    const text = `Audio file is too short. Minimum audio length is ${MIN_AUDIO_SECS} seconds.`
    return errorAnswer(400, text, { param: 'file', code: 'audio_too_short' })
  }
  const language = field('language')
  const prompt = field('prompt')
  return {
    request: {
      model,
      fileName: upload.name,
      file,
      ...audio,
      ...(language !== undefined && { language }),
      ...(prompt !== undefined && { prompt }),
    },
    format,
    // The endpoint ignores the field with whisper-1.
    stream: field('stream') === 'true' && model !== 'whisper-1',
    wordTimestamps: form.getAll('timestamp_granularities[]').includes('word'),
  }
}

const usageOf = ({ model, durationSecs }: TranscriptionRequest, text: string): object => {
  if (model === 'whisper-1') return { type: 'duration', seconds: Math.ceil(durationSecs) }
  const input = Math.ceil(durationSecs * TOKENS_PER_AUDIO_SEC)
  const output = tokenize(text).length
  return {
    type: 'tokens',
    input_tokens: input,
    input_token_details: { audio_tokens: input, text_tokens: 0 },
    output_tokens: output,
    total_tokens: input + output,
  }
}

/** `POST /v1/audio/transcriptions`: what audio files say, and the faults of the endpoint. */
export class TranscriptionsEmulator {
  readonly faults: FaultQueue = new FaultQueue()
  /** Models that are known; others are answered with 404 `model_not_found`. */
  readonly models: Set<string> = new Set(TRANSCRIPTION_MODELS)
  readonly #replies = new ReplyQueue<TranscriptionRequest, string | Promise<string>>(defaultTranscript)

  /** Queues transcripts, one for each request to come. */
  reply(...transcripts: readonly string[]): void {
    this.#replies.push(transcripts)
  }

  /** Answers the requests for which nothing is queued. Without it speech gives a fixed sentence and silence nothing. */
  respond(responder: (request: TranscriptionRequest) => string | Promise<string>): void {
    this.#replies.respond(responder)
  }

  /** Forgets transcripts, responder, faults and added models. */
  reset(): void {
    this.#replies.clear()
    this.faults.clear()
    this.models.clear()
    for (const model of TRANSCRIPTION_MODELS) this.models.add(model)
  }

  /** @internal */
  endpoint(shared: Shared): Endpoint {
    return { faults: this.faults, http: (request, reply) => this.#serve(request, reply, shared) }
  }

  async #serve({ form }: HttpRequest, reply: HttpReply, shared: Shared): Promise<void> {
    const parsed = await parse(form, this.models)
    if (isAnswer(parsed)) {
      reply.answer(parsed)
      return
    }
    const text = await this.#replies.take(parsed.request)
    if (parsed.stream) {
      await streamTranscript(text, parsed, reply, shared)
      return
    }
    await shared.startTimeline().at(PROCESSING_SECS, reply.signal)
    reply.answer({ status: 200, body: bodyOf(text, parsed) })
  }
}

const bodyOf = (text: string, { request, format, wordTimestamps }: Parsed): unknown => {
  if (format === 'text') return `${text}\n`
  if (format === 'srt' || format === 'vtt') return captions(text, request.durationSecs, format)
  const usage = usageOf(request, text)
  if (format === 'verbose_json') return { ...verboseTranscription(text, request, wordTimestamps), usage }
  if (format === 'diarized_json') {
    const segment = { id: 'seg_0', type: 'transcript.text.segment', speaker: 'A', start: 0, end: request.durationSecs }
    return { task: 'transcribe', duration: request.durationSecs, text, segments: [{ ...segment, text }], usage }
  }
  const languages = request.model === 'gpt-transcribe' ? { languages: [{ code: request.language ?? 'en' }] } : {}
  return { text, ...languages, usage }
}

const streamTranscript = async (text: string, { request }: Parsed, reply: HttpReply, shared: Shared): Promise<void> => {
  const out = reply.stream({ 'content-type': 'text/event-stream; charset=utf-8' }, 'sse')
  const timeline = shared.startTimeline()
  for (const [index, delta] of tokenize(text).entries()) {
    await timeline.at(PROCESSING_SECS + index * SECS_PER_DELTA, out.signal)
    if (out.signal.aborted) return
    out.text(JSON.stringify({ type: 'transcript.text.delta', delta }))
  }
  const languages = request.model === 'gpt-transcribe' ? { languages: [{ code: request.language ?? 'en' }] } : {}
  out.text(JSON.stringify({ type: 'transcript.text.done', text, ...languages, usage: usageOf(request, text) }))
  out.close()
}
