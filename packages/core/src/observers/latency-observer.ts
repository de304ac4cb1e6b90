import type { AnyFrame, Frame, FrameDirection } from '../frames/frame.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import { Emitter, type PythonEventName } from '../runtime/emitter.ts'
import { firstSight, type Observer } from './observer.ts'

/** Where the time of a reply went, milliseconds. A stage that did not take part is absent. */
export interface LatencyStages {
  /** The user's last sound to the decision that the turn is over. */
  readonly turnEndMs?: number
  /** The user's last sound to the last final transcript; it passes within the stage above. */
  readonly sttMs?: number
  /** The request to the model to its first text. */
  readonly llmMs?: number
  /** The model's first text to the first unit that can be spoken. */
  readonly sentenceMs?: number
  /** The first unit to its first audio. */
  readonly ttsMs?: number
}

/** How long the user waited for a reply. */
export interface ReplyLatency {
  /** Counts replies up from 1. */
  readonly turn: number
  /** The user typed. */
  readonly typed: boolean
  readonly stages: LatencyStages
  /** The user's last sound, or the typed message, to the agent's first sound, milliseconds. */
  readonly totalMs: number
}

/** The events of {@link LatencyObserver}. */
export interface LatencyEvents {
  /** The agent's first sound of a reply was sent. */
  latency: readonly [latency: ReplyLatency]
}

type Stages = { -readonly [K in keyof LatencyStages]: LatencyStages[K] }

interface Reply {
  readonly turn: number
  readonly typed: boolean
  readonly startMs: number
  readonly stages: Stages
  requestMs?: number
  textMs?: number
  unitMs?: number
}

/**
 * Measures every reply: from the user's last sound, as voice activity detection dates it, to the agent's first. A
 * reply that is interrupted before it is heard is not measured, and neither is speech that answers nobody.
 *
 * ```ts
 * const observer = new LatencyObserver()
 * observer.on('latency', ({ totalMs }) => log(totalMs))
 * new PipelineTask(pipeline, {}, { observers: [observer] })
 * ```
 */
export class LatencyObserver implements Observer {
  readonly frames: readonly string[] = [
    'VADUserStartedSpeakingFrame',
    'VADUserStoppedSpeakingFrame',
    'TranscriptionFrame',
    'UserTurnInferenceFrame',
    'LLMMessagesAppendFrame',
    'LLMContextFrame',
    'LLMTextFrame',
    'TTSStartedFrame',
    'TTSAudioRawFrame',
    'BotStartedSpeakingFrame',
    'InterruptionFrame',
  ]
  readonly #events = new Emitter<LatencyEvents>()
  readonly #isNew = firstSight()
  #turns = 0
  #speechEndMs: number | undefined
  #transcriptMs: number | undefined
  #reply: Reply | undefined

  /** Adds a listener and returns its remover. */
  on<K extends keyof LatencyEvents>(event: K, listener: (...args: LatencyEvents[K]) => unknown): () => void {
    return this.#events.on(event, listener)
  }

  /** The Pipecat spelling: `eventHandler('on_latency', fn)`. */
  eventHandler<K extends keyof LatencyEvents>(
    event: PythonEventName<K>,
    listener: (...args: LatencyEvents[K]) => unknown,
  ): () => void {
    return this.#events.eventHandler(event, listener)
  }

  onPushFrame(
    frame: Frame,
    direction: FrameDirection,
    source: FrameProcessor | null,
    destination: FrameProcessor | null,
  ): void {
    if (direction === 'upstream' && frame.broadcastSiblingId !== undefined) return
    if (!this.#isNew(frame)) return
    const near = destination ?? source
    if (frame.type === 'InterruptionFrame') this.#reply = undefined
    else if (near !== null) this.#see(frame as AnyFrame, near.runtime.clock.nowMs())
  }

  #see(frame: AnyFrame, nowMs: number): void {
    switch (frame.type) {
      case 'VADUserStartedSpeakingFrame':
        this.#speechEndMs = undefined
        return
      case 'VADUserStoppedSpeakingFrame':
        this.#speechEndMs = frame.atMs - frame.stopSecs * 1000
        return
      case 'TranscriptionFrame':
        this.#transcriptMs = nowMs
        return
      case 'UserTurnInferenceFrame':
        this.#openSpoken(nowMs)
        return
      case 'LLMMessagesAppendFrame':
        if (frame.runLlm && frame.messages.some((message) => 'role' in message && message.role === 'user')) {
          this.#reply = { turn: ++this.#turns, typed: true, startMs: nowMs, stages: {} }
        }
        return
      case 'BotStartedSpeakingFrame':
        this.#close(nowMs)
        return
      default:
        if (this.#reply !== undefined) this.#advance(this.#reply, frame, nowMs)
    }
  }

  #openSpoken(nowMs: number): void {
    const speechEndMs = this.#speechEndMs
    const transcriptMs = this.#transcriptMs
    const stages: Stages = {}
    if (speechEndMs !== undefined) {
      stages.turnEndMs = nowMs - speechEndMs
      if (transcriptMs !== undefined) stages.sttMs = Math.max(0, transcriptMs - speechEndMs)
    }
    this.#reply = { turn: ++this.#turns, typed: false, startMs: speechEndMs ?? transcriptMs ?? nowMs, stages }
    this.#transcriptMs = undefined
  }

  #advance(reply: Reply, frame: AnyFrame, nowMs: number): void {
    const { stages } = reply
    switch (frame.type) {
      case 'LLMContextFrame':
      case 'OpenAILLMContextFrame':
        reply.requestMs ??= nowMs
        return
      case 'LLMTextFrame':
        if (reply.textMs !== undefined || frame.text.trim() === '') return
        reply.textMs = nowMs
        if (reply.requestMs !== undefined) stages.llmMs = nowMs - reply.requestMs
        return
      case 'TTSStartedFrame':
        if (reply.unitMs !== undefined) return
        reply.unitMs = nowMs
        if (reply.textMs !== undefined) stages.sentenceMs = nowMs - reply.textMs
        return
      case 'TTSAudioRawFrame':
        if (reply.unitMs !== undefined) stages.ttsMs ??= nowMs - reply.unitMs
        return
      default:
    }
  }

  #close(nowMs: number): void {
    const reply = this.#reply
    if (reply === undefined) return
    this.#reply = undefined
    const { turn, typed, stages, startMs } = reply
    this.#events.emit('latency', { turn, typed, stages, totalMs: nowMs - startMs })
  }
}
