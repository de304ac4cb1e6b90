import { encodeG711, encodeLinear16, encodeStreamedG711Wav, encodeStreamedWav, silentMp3 } from '../audio-encoding.ts'
import type { EncodedSpeech } from '../audio-encoding.ts'
import { isObject, parseJson, stringField } from '../json.ts'
import { isAnswer } from '../mount.ts'
import type { Endpoint, HttpReply, HttpRequest, RequestHead, Shared, SocketHandlers } from '../mount.ts'
import type { Outbound } from '../outbound.ts'
import { sendPaced, SpeechScript } from '../speech-script.ts'
import { errorAnswer, socketError } from './errors.ts'
import { watchIdle } from './idle-watch.ts'
import { parseSpeakQuery } from './speak-query.ts'
import type { SpeakOptions } from './speak-query.ts'

const MAX_TEXT_CHARACTERS = 2000
const IDLE_LIMIT_SECS = 60
const FLUSH_LIMIT = 20
const FLUSH_WINDOW_SECS = 60
const MODEL_VERSION = '2026-01-01.0'

const encode = (pcm: Int16Array, { encoding, container, sampleRate }: SpeakOptions): EncodedSpeech => {
  if (encoding === 'mp3') return silentMp3(pcm.length / sampleRate)
  const wav = container === 'wav'
  if (encoding === 'linear16') return wav ? encodeStreamedWav(pcm, sampleRate) : encodeLinear16(pcm, sampleRate)
  return wav ? encodeStreamedG711Wav(pcm, encoding, sampleRate) : encodeG711(pcm, encoding, sampleRate)
}

const contentType = ({ encoding, container, sampleRate }: SpeakOptions): string => {
  if (encoding === 'mp3') return 'audio/mpeg'
  if (container === 'wav') return 'audio/wav'
  return `audio/${encoding === 'linear16' ? 'l16' : encoding};rate=${sampleRate};channels=1`
}

/** `wss /v1/speak` and `POST /v1/speak`: what texts sound like, and the faults of the endpoint. */
export class DeepgramSpeakEmulator extends SpeechScript {
  /** @internal */
  endpoint(shared: Shared): Endpoint {
    return {
      faults: this.faults,
      http: (request, reply) => this.#serve(request, reply, shared),
      socket: (request) => {
        const options = parseSpeakQuery(request, { socket: true })
        if (isAnswer(options)) return options
        const { model } = options
        return (out) => openSpeak({ request, shared, out, model, render: (text) => this.#speech(text, options) })
      },
    }
  }

  #speech(text: string, options: SpeakOptions): EncodedSpeech {
    const { model, speed, sampleRate } = options
    return encode(this.render({ text, model, voice: model, speed }, sampleRate), options)
  }

  async #serve(request: HttpRequest, reply: HttpReply, shared: Shared): Promise<void> {
    const options = parseSpeakQuery(request, { socket: false })
    if (isAnswer(options)) {
      reply.answer(options)
      return
    }
    const text = isObject(request.body) ? stringField(request.body, 'text') : undefined
    if (!text) {
      reply.answer(errorAnswer(400, "The request body needs a 'text' that is not empty.", request))
      return
    }
    if (text.length > MAX_TEXT_CHARACTERS) {
      reply.answer(errorAnswer(413, `The text is longer than ${MAX_TEXT_CHARACTERS} characters.`, request))
      return
    }
    const { bytes, bytesPerSec } = this.#speech(text, options)
    const out = reply.stream(
      {
        'content-type': contentType(options),
        'dg-char-count': String(text.length),
        'dg-model-name': options.model,
        'dg-model-uuid': shared.ids.uuid(),
      },
      'raw',
    )
    const timeline = shared.startTimeline()
    if (await sendPaced(bytes, bytesPerSec, { out, timeline, send: (piece) => out.binary(piece) })) out.close()
  }
}

interface SpeakConnection {
  readonly request: RequestHead
  readonly shared: Shared
  readonly out: Outbound
  readonly model: string
  readonly render: (text: string) => EncodedSpeech
}

/** Allows the vendor's number of flushes in any minute. */
const flushLimiter = (shared: Shared): (() => boolean) => {
  let flushesMs: number[] = []
  return () => {
    const nowMs = shared.clock.nowMs()
    flushesMs = flushesMs.filter((atMs) => nowMs - atMs < FLUSH_WINDOW_SECS * 1000)
    if (flushesMs.length >= FLUSH_LIMIT) return false
    flushesMs.push(nowMs)
    return true
  }
}

const openSpeak = ({ request, shared, out, model, render }: SpeakConnection): SocketHandlers => {
  const mayFlush = flushLimiter(shared)
  let text = ''
  let epoch = 0
  let flushed = 0
  let cleared = 0
  let closing = false
  let playing: { rest: Uint8Array; pieceBytes: number } | undefined
  let tail: Promise<void> = Promise.resolve()

  const send = (message: object): void => out.text(JSON.stringify(message))
  const fail = (code: string, description: string): void => {
    closing = true
    send(socketError('/v1/speak', code, description))
    out.close(1008, `${code}: ${description}`)
  }
  const idle = watchIdle(shared.clock, IDLE_LIMIT_SECS, {
    onIdle: () => {
      closing = true
      out.close(1011, 'NET-0001: no text message was received within the timeout')
    },
    signal: out.signal,
  })

  const play = async (spoken: string, mine: number): Promise<void> => {
    if (mine !== epoch || out.signal.aborted) return
    const { bytes, bytesPerSec } = render(spoken)
    let sent = 0
    await sendPaced(bytes, bytesPerSec, {
      out,
      timeline: shared.startTimeline(),
      stopped: () => mine !== epoch,
      send: (piece) => {
        out.binary(piece)
        sent += piece.length
        playing = { rest: bytes.subarray(sent), pieceBytes: piece.length }
      },
    })
    if (mine !== epoch) return
    playing = undefined
    send({ type: 'Flushed', sequence_id: flushed })
    flushed += 1
  }

  const enqueue = (work: () => Promise<void> | void): void => {
    tail = tail.then(work).catch((error: unknown) => {
      fail('NET-0000', `The emulator's script threw: ${error instanceof Error ? error.message : String(error)}`)
    })
  }
  const flush = (): void => {
    const spoken = text
    const mine = epoch
    text = ''
    enqueue(() => play(spoken, mine))
  }

  const clear = (): void => {
    epoch += 1
    text = ''
    // What is on its way when the message arrives still reaches the client.
    if (playing && playing.rest.length > 0) out.binary(playing.rest.subarray(0, playing.pieceBytes))
    playing = undefined
    send({ type: 'Cleared', sequence_id: cleared })
    cleared += 1
  }

  const close = (): void => {
    closing = true
    if (text !== '') flush()
    enqueue(() => out.close(1000))
  }

  const speak = (message: Record<string, unknown>): void => {
    const added = stringField(message, 'text')
    if (added === undefined) return fail('MESSAGE-0000', "a Speak message needs a 'text'")
    if (added.length > MAX_TEXT_CHARACTERS) {
      const description = `The text is longer than ${MAX_TEXT_CHARACTERS} characters and was ignored.`
      return send({ type: 'Warning', code: 'TEXT_TOO_LONG', description })
    }
    text += added
  }

  send({
    type: 'Metadata',
    request_id: request.requestId,
    model_name: model,
    model_version: MODEL_VERSION,
    model_uuid: shared.ids.uuid(),
    additional_model_uuids: [],
  })

  return {
    binary: () => {
      if (!closing) fail('DATA-0000', 'this socket takes text messages only')
    },
    text: (raw) => {
      if (closing) return
      idle.touch()
      const message = parseJson(raw)
      const type = isObject(message) ? message['type'] : undefined
      if (type === 'Speak' && isObject(message)) speak(message)
      else if (type === 'Clear') clear()
      else if (type === 'Close') close()
      else if (type !== 'Flush') fail('MESSAGE-0000', 'expected Speak, Flush, Clear or Close')
      else if (mayFlush()) flush()
      else send({ type: 'Warning', code: 'EXCESSIVE_FLUSH', description: 'Too many flushes: this one was ignored.' })
    },
  }
}
