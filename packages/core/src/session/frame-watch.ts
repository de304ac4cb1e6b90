import type { AnyFrame, Frame, FrameDirection } from '../frames/frame.ts'
import type { ErrorFrame } from '../frames/control.ts'
import { firstSight, type Observer } from '../observers/observer.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import { LLMService } from '../services/llm-service.ts'
import { TTSService } from '../services/tts-service.ts'
import { UserTurnProcessor } from '../turns/turn-processor.ts'
import type { SessionStates } from './session-states.ts'
import type { ExecutedTool, UserInput } from './session-types.ts'
import type { SpeechQueue } from './speech-queue.ts'
import { ToolBatches } from './tool-batches.ts'

/** What a {@link FrameWatch} tells. */
export interface FrameWatchHost {
  readonly processors: readonly FrameProcessor[]
  readonly queue: SpeechQueue
  readonly states: SessionStates
  /** Whether the session itself asked for this interruption. */
  isOwn(interruption: Frame): boolean
  /** Calls it when the pipeline has done what it does about what happens now. */
  afterBurst(fn: () => void): void
  transcribed(input: UserInput): void
  executed(tools: readonly ExecutedTool[]): void
}

/** Reads a conversation off the frames of its pipeline. */
export class FrameWatch implements Observer {
  readonly frames: readonly string[] = [
    'pc/speech-mark',
    'TextFrame',
    'TTSStartedFrame',
    'BotSpeechHeardFrame',
    'LLMFullResponseStartFrame',
    'LLMFullResponseEndFrame',
    'BotStartedSpeakingFrame',
    'BotSpeakingFrame',
    'BotStoppedSpeakingFrame',
    'UserStartedSpeakingFrame',
    'UserSpeakingFrame',
    'UserStoppedSpeakingFrame',
    'InterimTranscriptionFrame',
    'TranscriptionFrame',
    'FunctionCallsStartedFrame',
    'FunctionCallInProgressFrame',
    'FunctionCallResultFrame',
    'FunctionCallCancelFrame',
    'InterruptionFrame',
    'ErrorFrame',
  ]
  readonly #host: FrameWatchHost
  readonly #tools = new ToolBatches()
  readonly #isNew = firstSight()
  /** Whatever leaves it was played; where no output stands, what reaches the end of the pipeline. */
  readonly #output: FrameProcessor | null
  readonly #turns: FrameProcessor | undefined
  /** By the name of their processors. */
  readonly #speakers = new Map<string, 'model' | 'voice'>()

  constructor(host: FrameWatchHost) {
    this.#host = host
    const { processors } = host
    this.#output = processors.findLast((each) => 'isOutputTransport' in each && each.isOutputTransport === true) ?? null
    this.#turns = processors.find((each) => each instanceof UserTurnProcessor)
    for (const each of processors) {
      if (each instanceof LLMService) this.#speakers.set(each.name, 'model')
      else if (each instanceof TTSService) this.#speakers.set(each.name, 'voice')
    }
  }

  // oxlint-disable-next-line max-params -- the observer's interface
  onPushFrame(
    frame: Frame,
    direction: FrameDirection,
    source: FrameProcessor | null,
    destination: FrameProcessor | null,
  ): void {
    const seen = frame as AnyFrame
    const played = direction === 'downstream' && (this.#output ? source === this.#output : destination === null)
    if (played) this.#played(seen)
    if (seen.type === 'LLMTextFrame' || seen.type === 'pc/speech-mark') {
      if (source === null || this.#speakers.get(source.name) !== 'model') return
      if (seen.type === 'LLMTextFrame') this.#host.queue.generated(seen.text)
      else this.#host.queue.leftModel(seen)
    } else if (seen.type === 'TranscriptionFrame' || seen.type === 'InterimTranscriptionFrame') {
      const counts = direction === 'upstream' || this.#turns === undefined ? this.#isNew(seen) : source === this.#turns
      if (counts) this.#transcribed(seen)
    } else this.#passed(seen)
  }

  /** It has reached the listener. */
  #played(frame: AnyFrame): void {
    const { queue, states } = this.#host
    queue.left(frame)
    switch (frame.type) {
      case 'LLMFullResponseEndFrame':
        states.answer('end')
        // The functions that the model called are made known behind it.
        this.#host.afterBurst(() => queue.advance())
        break
      case 'FunctionCallInProgressFrame':
        if (frame.background) this.#settledCall(frame.toolCallId)
        break
      case 'FunctionCallResultFrame':
        if (frame.properties.isFinal !== false) this.#settledCall(frame.toolCallId)
        this.#batch(frame)
        break
      default:
    }
  }

  /** It is on one of its hops. */
  #passed(frame: AnyFrame): void {
    const { queue, states } = this.#host
    switch (frame.type) {
      case 'LLMFullResponseStartFrame':
        if (!this.#isNew(frame)) return
        states.answer('start')
        queue.moved()
        return
      case 'UserStartedSpeakingFrame':
      case 'UserStoppedSpeakingFrame':
        if (this.#isNew(frame)) this.#userSpeaks(frame.type === 'UserStartedSpeakingFrame')
        return
      case 'BotStartedSpeakingFrame':
      case 'BotStoppedSpeakingFrame':
        if (this.#isNew(frame)) this.#agentSpeaks(frame.type === 'BotStartedSpeakingFrame')
        return
      case 'BotSpeakingFrame':
      case 'UserSpeakingFrame':
        queue.moved()
        return
      case 'InterruptionFrame':
        states.interrupted()
        queue.interrupted(this.#host.isOwn(frame))
        return
      case 'FunctionCallsStartedFrame':
        this.#calls(frame)
        return
      case 'FunctionCallCancelFrame':
        if (!this.#isNew(frame)) return
        this.#settledCall(frame.toolCallId)
        this.#batch(frame)
        return
      case 'ErrorFrame':
        if (this.#isNew(frame)) this.#failed(frame)
        return
      default:
    }
  }

  #userSpeaks(speaks: boolean): void {
    const { queue, states } = this.#host
    if (states.userSpeaks === speaks) return
    states.userSpeaking(speaks)
    queue.moved()
    queue.advance()
  }

  #agentSpeaks(speaks: boolean): void {
    const { queue, states } = this.#host
    if (states.agentSpeaks === speaks) return
    states.agentSpeaking(speaks)
    queue.moved()
    queue.advance()
  }

  #calls(frame: Extract<AnyFrame, { type: 'FunctionCallsStartedFrame' }>): void {
    if (!this.#tools.begin(frame.functionCalls)) return
    const ids = frame.functionCalls.map(({ toolCallId }) => toolCallId)
    for (const id of ids) this.#host.states.call(id, 'start')
    this.#host.queue.called(ids)
  }

  #settledCall(id: string): void {
    const { queue, states } = this.#host
    states.call(id, 'end')
    queue.settledCall(id)
    // What the model says about the result goes first.
    this.#host.afterBurst(() => queue.advance())
  }

  #batch(frame: AnyFrame): void {
    const executed = this.#tools.settle(frame)
    if (executed !== undefined) this.#host.executed(executed)
  }

  #transcribed(frame: Extract<AnyFrame, { type: 'TranscriptionFrame' | 'InterimTranscriptionFrame' }>): void {
    const { text: transcript, userId, language, type } = frame
    this.#host.transcribed({ transcript, isFinal: type === 'TranscriptionFrame', userId, language })
  }

  #failed({ error, processor }: ErrorFrame): void {
    const role = this.#speakers.get(processor)
    // A function that failed is answered for by the model.
    if (role !== undefined && error.code !== 'function-failed') this.#host.queue.failing(error, role === 'model')
  }
}
