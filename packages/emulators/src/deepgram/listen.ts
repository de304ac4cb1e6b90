import { createHash } from 'node:crypto'
import { FaultQueue } from '../faults.ts'
import { isObject, numberField, parseJson } from '../json.ts'
import { isAnswer } from '../mount.ts'
import type { Endpoint, RequestHead, Shared, SocketHandlers } from '../mount.ts'
import type { Outbound } from '../outbound.ts'
import { ReplyQueue } from '../reply-queue.ts'
import { AudioWindows, UndecodableAudio, WINDOW_SECS } from './audio-windows.ts'
import { socketError } from './errors.ts'
import { watchIdle } from './idle-watch.ts'
import { parseListenQuery } from './listen-query.ts'
import type { ListenOptions } from './listen-query.ts'
import { ScriptedRecognizer } from './listen-script.ts'
import type { ListenStep } from './listen-script.ts'
import { UtteranceRecognizer } from './utterances.ts'
import type { Recognition, Recognizer } from './utterances.ts'
import { bareWord, roundSecs } from './words.ts'

/** An utterance that begins and needs its words. */
export interface Utterance {
  /** Where it begins, in seconds of audio since the connection opened. */
  readonly startSecs: number
  /** Counted from 0 on each connection, over all channels. */
  readonly index: number
  readonly channel: number
}

/** @internal Silence on a listen socket after which it closes. */
export const IDLE_LIMIT_SECS = 10

const SENTENCES = ['Hello.', 'What time is it?', 'Please tell me more about that.', 'Thank you, goodbye.']

/** @internal The sentence of an utterance when nothing was scripted. */
export const defaultSentence = ({ index }: Utterance): string => SENTENCES[index % SENTENCES.length] ?? ''

/** `wss /v1/listen`: what a Nova model hears, and the faults of the endpoint. */
export class ListenEmulator {
  readonly faults: FaultQueue = new FaultQueue()
  readonly #sentences = new ReplyQueue<Utterance, string>(defaultSentence)
  readonly #scripts: (readonly ListenStep[])[] = []

  /** Queues sentences, one for each utterance to come: a stretch of sound of at least 40 ms, until a pause. */
  reply(...sentences: readonly string[]): void {
    this.#sentences.push(sentences)
  }

  /** Gives the words of utterances for which nothing is queued. Without it four sentences follow each other. */
  respond(responder: (utterance: Utterance) => string): void {
    this.#sentences.respond(responder)
  }

  /** Decides everything that the next connection answers; the audio then only moves the position. */
  script(steps: readonly ListenStep[]): void {
    this.#scripts.push(steps)
  }

  /** Forgets sentences, responder, scripts and faults. */
  reset(): void {
    this.#sentences.clear()
    this.#scripts.length = 0
    this.faults.clear()
  }

  /** @internal */
  endpoint(shared: Shared): Endpoint {
    return {
      faults: this.faults,
      socket: (request) => {
        const options = parseListenQuery(request)
        if (isAnswer(options)) return options
        const script = this.#scripts.shift()
        let utterances = 0
        const sentence = (channel: number, startSecs: number): string => {
          utterances += 1
          return this.#sentences.take({ startSecs, channel, index: utterances - 1 })
        }
        return (out) => openListen({ request, options, shared, script, sentence, out })
      },
    }
  }
}

interface ListenConnection {
  readonly request: RequestHead
  readonly options: ListenOptions
  readonly shared: Shared
  readonly script: readonly ListenStep[] | undefined
  readonly sentence: (channel: number, startSecs: number) => string
  readonly out: Outbound
}

const openListen = ({ request, options, shared, script, sentence, out }: ListenConnection): SocketHandlers => {
  const { format, multichannel, endpointingSecs, utteranceEndSecs, interimResults } = options
  const windows = new AudioWindows(format)
  const channels = multichannel ? format.channels : 1
  const hash = createHash('sha256')
  const modelId = shared.ids.uuid()
  let heardWindows = 0
  let closing = false

  const send = (message: object): void => out.text(JSON.stringify(message))
  const close = (code: number, reason: string): void => {
    closing = true
    out.close(code, reason)
  }
  const idle = watchIdle(shared.clock, IDLE_LIMIT_SECS, {
    onIdle: () => close(1011, 'NET-0001: no audio or text message was received within the timeout'),
    signal: out.signal,
  })

  const emitFor = (channel: number) => (recognition: Recognition) => {
    if (recognition.kind === 'speechStarted' && !options.vadEvents) return
    send(toMessage(recognition, { channel, channels, options, requestId: request.requestId, modelId }))
  }
  const recognizers: Recognizer[] = Array.from({ length: channels }, (_, channel) =>
    script
      ? new ScriptedRecognizer(channel === 0 ? script : [], { emit: emitFor(channel), message: send, close })
      : new UtteranceRecognizer({
          interimResults,
          sentence: (startSecs) => sentence(channel, startSecs),
          emit: emitFor(channel),
          ...(endpointingSecs !== undefined && { endpointingSecs }),
          ...(utteranceEndSecs !== undefined && { utteranceEndSecs }),
        }),
  )

  const closeStream = (): void => {
    for (const recognizer of recognizers) recognizer.flush('CloseStream')
    if (closing) return
    send({
      type: 'Metadata',
      transaction_key: 'deprecated',
      request_id: request.requestId,
      sha256: hash.digest('hex'),
      created: new Date(shared.clock.epochMs()).toISOString(),
      duration: roundSecs(heardWindows * WINDOW_SECS),
      channels: format.channels,
    })
    close(1000, '')
  }

  const hear = (bytes: Uint8Array): void => {
    hash.update(bytes)
    for (const loud of windows.push(bytes)) {
      heardWindows += 1
      const heard = multichannel ? loud : [loud.includes(true)]
      for (const [channel, recognizer] of recognizers.entries()) {
        if (!closing) recognizer.hear(heard[channel] ?? false)
      }
    }
  }

  return {
    binary: (bytes) => {
      if (closing) return
      idle.touch()
      // The vendor takes an empty message for the end of the stream.
      if (bytes.length === 0) return closeStream()
      try {
        hear(bytes)
      } catch (error) {
        if (!(error instanceof UndecodableAudio)) throw error
        close(1008, 'DATA-0000: the audio cannot be decoded')
      }
    },
    text: (text) => {
      if (closing) return
      idle.touch()
      const message = parseJson(text)
      const type = isObject(message) ? message['type'] : undefined
      if (type === 'KeepAlive') return
      if (type === 'CloseStream') return closeStream()
      if (type === 'Finalize' && isObject(message)) {
        const only = numberField(message, 'channel')
        for (const [channel, recognizer] of recognizers.entries()) {
          if (only === undefined || only === channel) recognizer.flush('Finalize')
        }
        return
      }
      send(socketError('/v1/listen', 'SchemaError', 'The text message is not one of KeepAlive, Finalize, CloseStream.'))
      close(1008, 'DATA-0000: unknown text message')
    },
  }
}

interface MessageContext {
  readonly channel: number
  readonly channels: number
  readonly options: ListenOptions
  readonly requestId: string
  readonly modelId: string
}

const toMessage = (
  recognition: Recognition,
  { channel, channels, options, requestId, modelId }: MessageContext,
): object => {
  const place = [channel, channels]
  if (recognition.kind === 'speechStarted') {
    return { type: 'SpeechStarted', channel: place, timestamp: roundSecs(recognition.atSecs) }
  }
  if (recognition.kind === 'utteranceEnd') {
    return { type: 'UtteranceEnd', channel: place, last_word_end: roundSecs(recognition.lastWordEndSecs) }
  }
  const { words, startSecs, endSecs, isFinal, speechFinal, fromFinalize } = recognition
  const { punctuated, diarized, language, model } = options
  const confidence = isFinal ? 0.98 : 0.9
  const multilingual = language === 'multi'
  const transcript = words.map(({ text }) => (punctuated ? text : bareWord(text))).join(' ')
  return {
    type: 'Results',
    channel_index: place,
    duration: roundSecs(endSecs - startSecs),
    start: roundSecs(startSecs),
    is_final: isFinal,
    speech_final: speechFinal,
    channel: {
      alternatives: [
        {
          transcript,
          confidence: words.length > 0 ? confidence : 0,
          ...(multilingual && { languages: words.length > 0 ? ['en'] : [] }),
          words: words.map((word) => ({
            word: bareWord(word.text),
            start: roundSecs(word.startSecs),
            end: roundSecs(word.endSecs),
            confidence,
            ...(punctuated && { punctuated_word: word.text }),
            ...(diarized && { speaker: 0 }),
            ...(multilingual && { language: 'en' }),
          })),
        },
      ],
    },
    metadata: {
      request_id: requestId,
      model_info: { name: model, version: '2026-01-01.0', arch: model.split('-').slice(0, 2).join('-') },
      model_uuid: modelId,
    },
    from_finalize: fromFinalize,
  }
}
