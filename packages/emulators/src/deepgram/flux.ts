import { FaultQueue } from '../faults.ts'
import { isObject, parseJson } from '../json.ts'
import { isAnswer } from '../mount.ts'
import type { Endpoint, RequestHead, Shared, SocketHandlers } from '../mount.ts'
import type { Outbound } from '../outbound.ts'
import { ReplyQueue } from '../reply-queue.ts'
import { AudioWindows, UndecodableAudio, WINDOW_SECS } from './audio-windows.ts'
import { socketError } from './errors.ts'
import { configure, parseFluxQuery, wireThresholds } from './flux-config.ts'
import type { FluxConfig, FluxOptions } from './flux-config.ts'
import { TurnRecognizer } from './flux-turns.ts'
import type { TurnEvent, TurnReport, TurnTrigger } from './flux-turns.ts'
import { watchIdle } from './idle-watch.ts'
import { defaultSentence, IDLE_LIMIT_SECS } from './listen.ts'
import type { Utterance } from './listen.ts'
import { reached } from './speech-onset.ts'
import { roundSecs, splitWords, spreadWords } from './words.ts'

/** One step of a Flux script: it happens at a position in the audio received. */
export type FluxStep = { readonly atSecs: number } & (
  | {
      /** `TurnInfo` with this event. */
      readonly event: TurnEvent
      /** All words of the turn so far. */
      readonly text: string
      /** Default 0.9 at the end of a turn, 0.5 at an eager end, else 0.1. */
      readonly confidence?: number
      /** At `EndOfTurn`; default `model`. */
      readonly trigger?: TurnTrigger
    }
  | { /** Any JSON message. */ readonly event: 'message'; readonly message: object }
  | { /** Closes the connection. */ readonly event: 'close'; readonly code: number; readonly reason?: string }
)

/** `wss /v2/listen`: what a Flux model hears, and the faults of the endpoint. */
export class FluxEmulator {
  readonly faults: FaultQueue = new FaultQueue()
  readonly #sentences = new ReplyQueue<Utterance, string>(defaultSentence)
  readonly #scripts: (readonly FluxStep[])[] = []

  /**
   * Queues sentences, one for each turn to come. A turn that resumes after an eager end takes the next queued sentence
   * as its continuation.
   */
  reply(...sentences: readonly string[]): void {
    this.#sentences.push(sentences)
  }

  /** Gives the words of turns for which nothing is queued. Without it four sentences follow each other. */
  respond(responder: (utterance: Utterance) => string): void {
    this.#sentences.respond(responder)
  }

  /** Decides everything that the next connection answers; the audio then only moves the position. */
  script(steps: readonly FluxStep[]): void {
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
        const options = parseFluxQuery(request)
        if (isAnswer(options)) return options
        const script = this.#scripts.shift()
        return (out) => openFlux({ request, options, shared, script, sentences: this.#sentences, out })
      },
    }
  }
}

interface FluxConnection {
  readonly request: RequestHead
  readonly options: FluxOptions
  readonly shared: Shared
  readonly script: readonly FluxStep[] | undefined
  readonly sentences: ReplyQueue<Utterance, string>
  readonly out: Outbound
}

const openFlux = ({ request, options, shared, script, sentences, out }: FluxConnection): SocketHandlers => {
  const { format, multilingual } = options
  const windows = new AudioWindows(format)
  let config: FluxConfig = options
  let sequence = 0
  let closing = false

  const close = (code: number, reason: string): void => {
    closing = true
    out.close(code, reason)
  }
  const send = (message: object): void => {
    out.text(JSON.stringify({ ...message, request_id: request.requestId, sequence_id: sequence }))
    sequence += 1
  }
  const fail = (code: string, description: string, closeCode: number): void => {
    out.text(JSON.stringify(socketError('/v2/listen', code, description, sequence)))
    close(closeCode, `${code}: ${description}`)
  }
  const emit = (report: TurnReport): void =>
    send({
      ...turnInfo(report),
      ...(multilingual && { languages: ['en'], languages_hinted: config.languageHints }),
    })
  const turns = new TurnRecognizer({
    thresholds: () => config.thresholds,
    sentence: (index, startSecs) => sentences.take({ index, startSecs, channel: 0 }),
    continuation: () => sentences.takeQueued(),
    emit,
  })
  const play = script && scriptPlayer(script, { emit, message: (message) => out.text(JSON.stringify(message)), close })

  send({ type: 'Connected' })
  const idle = watchIdle(shared.clock, IDLE_LIMIT_SECS, {
    onIdle: () => fail('NET-0001', 'no audio or text message was received within the timeout', 1011),
    signal: out.signal,
  })

  const takeConfigure = (message: Record<string, unknown>): void => {
    const changed = configure(config, message, multilingual)
    if (typeof changed === 'string') {
      send({ type: 'ConfigureFailure', error_code: 'INVALID_CONFIGURATION', description: changed })
      return
    }
    config = changed
    send({
      type: 'ConfigureSuccess',
      thresholds: wireThresholds(config.thresholds),
      keyterms: config.keyterms,
      ...(multilingual && { language_hints: config.languageHints }),
    })
  }

  return {
    binary: (bytes) => {
      if (closing) return
      idle.touch()
      try {
        for (const loud of windows.push(bytes)) {
          if (closing) return
          if (play) play()
          else turns.hear(loud.includes(true))
        }
      } catch (error) {
        if (!(error instanceof UndecodableAudio)) throw error
        fail('DATA-0000', 'the audio cannot be decoded', 1008)
      }
    },
    text: (text) => {
      if (closing) return
      idle.touch()
      const message = parseJson(text)
      const type = isObject(message) ? message['type'] : undefined
      if (type === 'CloseStream') close(1000, '')
      else if (type === 'ForceEndTurn') turns.end('manual')
      else if (type === 'Configure' && isObject(message)) takeConfigure(message)
      else fail('UNPARSABLE_CLIENT_MESSAGE', 'expected CloseStream, ForceEndTurn or Configure', 1008)
    },
  }
}

const turnInfo = ({ event, turnIndex, startSecs, endSecs, words, confidence, trigger }: TurnReport): object => ({
  type: 'TurnInfo',
  event,
  turn_index: turnIndex,
  audio_window_start: roundSecs(startSecs),
  audio_window_end: roundSecs(endSecs),
  transcript: words.map(({ text }) => text).join(' '),
  words: words.map((word) => ({
    word: word.text,
    confidence: 0.98,
    start: roundSecs(word.startSecs),
    end: roundSecs(word.endSecs),
  })),
  end_of_turn_confidence: confidence,
  ...(trigger && { trigger }),
})

const defaultConfidence = (event: TurnEvent): number => {
  if (event === 'EndOfTurn') return 0.9
  return event === 'EagerEndOfTurn' ? 0.5 : 0.1
}

/** Plays a script by the position in the audio; call it once for each 20 ms heard. */
const scriptPlayer = (
  script: readonly FluxStep[],
  output: {
    emit: (report: TurnReport) => void
    message: (message: object) => void
    close: (code: number, reason: string) => void
  },
): (() => void) => {
  let steps = script
  let windows = 0
  let turnIndex = 0
  let startSecs = 0
  const play = (step: FluxStep, endSecs: number): void => {
    if (step.event === 'message') return output.message(step.message)
    if (step.event === 'close') return output.close(step.code, step.reason ?? '')
    if (step.event === 'StartOfTurn') startSecs = endSecs
    output.emit({
      event: step.event,
      turnIndex,
      startSecs,
      endSecs,
      words: spreadWords(splitWords(step.text), startSecs, endSecs),
      confidence: step.confidence ?? defaultConfidence(step.event),
      ...(step.event === 'EndOfTurn' && { trigger: step.trigger ?? 'model' }),
    })
    if (step.event === 'EndOfTurn') turnIndex += 1
  }
  return () => {
    windows += 1
    const nowSecs = windows * WINDOW_SECS
    const due = steps.filter(({ atSecs }) => reached(nowSecs, atSecs))
    steps = steps.filter((step) => !due.includes(step))
    for (const step of due) play(step, nowSecs)
  }
}
