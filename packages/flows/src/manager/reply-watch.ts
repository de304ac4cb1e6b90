import type { AnyFrame, Frame, FrameDirection, FrameProcessor, Observer, Runtime, Timer } from '@pc/core'
import type { FlowHostListener } from './flow-host.ts'
import { FlowMarkFrame } from './flow-mark-frame.ts'

/** A reply that was cut counts as over when nothing follows what the user did for so long. */
const CUT_MS = 3000

/** An answer of the model on its way. */
interface Reply {
  /** Its calls that have no result yet. */
  readonly open: Set<string>
  /** The model answers the results of its calls: that is what counts. */
  goesOn: boolean
  isPlayed: boolean
}

/** Reads off the frames of a pipeline who speaks, and when a reply was played to its end. */
export class ReplyWatch implements Observer {
  readonly frames: readonly string[] = [
    'pc/flow-mark',
    'LLMFullResponseStartFrame',
    'LLMFullResponseEndFrame',
    'BotStartedSpeakingFrame',
    'BotStoppedSpeakingFrame',
    'UserStartedSpeakingFrame',
    'UserStoppedSpeakingFrame',
    'FunctionCallsStartedFrame',
    'FunctionCallResultFrame',
    'FunctionCallCancelFrame',
    'InterruptionFrame',
  ]
  /**
   * Who is told. `replied`: a reply was played, and no other follows from the functions that it called; one that began
   * before {@link forget} is not told.
   */
  listener: FlowHostListener | undefined = undefined
  readonly #runtime: Runtime
  readonly #model: object
  /** What waits for a mark to have come to where it tells something. */
  readonly #marks = new Map<string, () => void>()
  /** What waits for the user to be silent. */
  readonly #waiting: (() => void)[] = []
  readonly #seen = new WeakSet<Frame>()
  /** The calls that have no result, with the replies that made them. */
  readonly #calls = new Map<string, Reply>()
  /** The replies that have begun and were not played yet; `undefined` for one that does not count any more. */
  #replies: (Reply | undefined)[] = []
  /** The one that the model gave last. */
  #latest: Reply | undefined = undefined
  #cut = false
  #cutTimer: Timer | undefined = undefined
  userSpeaks = false
  #finished = false

  /** @param model - where marks of the kind `model` have come to. */
  constructor(runtime: Runtime, model: object) {
    this.#runtime = runtime
    this.#model = model
  }

  /** A reply of the model has begun and was not played to its end. */
  get isReplying(): boolean {
    return this.#replies.length > 0
  }

  /** Settles when the user has stopped to speak, or nobody can any more. */
  quiet(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Sends a mark. Settles when what was queued before it has come to the model, or was played or cut. */
  passed(until: FlowMarkFrame['until'], send: (mark: FlowMarkFrame) => unknown): Promise<void> {
    if (this.#finished) return Promise.resolve()
    const mark = new FlowMarkFrame(this.#runtime.newId(), until)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#marks.set(mark.markId, resolve)
    send(mark)
    return promise
  }

  /** Replies that are on their way belong to what was before. */
  forget(): void {
    this.#replies = this.#replies.map(() => undefined)
    this.#latest = undefined
    this.#calls.clear()
    this.#cut = false
    this.#cutTimer?.cancel()
  }

  // oxlint-disable-next-line max-params -- the observer's interface
  onPushFrame(
    frame: Frame,
    direction: FrameDirection,
    _source: FrameProcessor | null,
    destination: FrameProcessor | null,
  ): void {
    const isNew = !this.#seen.has(frame)
    this.#seen.add(frame)
    if (isNew) this.#begins(frame as AnyFrame)
    if (destination === null && direction === 'downstream') this.#ends(frame as AnyFrame)
    else if (destination === this.#model && frame instanceof FlowMarkFrame && frame.until === 'model') {
      this.#reached(frame)
    }
  }

  onPipelineFinished(): void {
    this.#cutTimer?.cancel()
    this.#finished = true
    this.#release()
    for (const passed of this.#marks.values()) passed()
    this.listener?.ended()
  }

  #begins(frame: AnyFrame): void {
    switch (frame.type) {
      case 'LLMFullResponseStartFrame':
        this.#cut = false
        this.#cutTimer?.cancel()
        this.#latest = { open: new Set(), goesOn: false, isPlayed: false }
        this.#replies.push(this.#latest)
        return
      case 'FunctionCallsStartedFrame':
        for (const { toolCallId } of frame.functionCalls) this.#called(toolCallId)
        return
      case 'FunctionCallResultFrame':
        if (frame.properties.isFinal !== false) this.#settled(frame.toolCallId, frame.properties.runLlm !== false)
        return
      case 'FunctionCallCancelFrame':
        this.#settled(frame.toolCallId, frame.runLlm)
        return
      case 'InterruptionFrame':
        this.#cut ||= this.#replies.some((reply) => reply !== undefined)
        this.#replies = []
        this.#latest = undefined
        this.#calls.clear()
        return
      default:
    }
  }

  #reached({ markId }: FlowMarkFrame): void {
    this.#marks.get(markId)?.()
    this.#marks.delete(markId)
  }

  #release(): void {
    for (const go of this.#waiting.splice(0)) go()
  }

  #ends(frame: AnyFrame): void {
    switch (frame.type) {
      case 'pc/flow-mark':
        this.#reached(frame)
        return
      case 'LLMFullResponseEndFrame':
        this.#played(this.#replies.shift())
        return
      case 'BotStartedSpeakingFrame':
        this.listener?.botStarted()
        return
      case 'BotStoppedSpeakingFrame':
        this.listener?.botStopped()
        return
      case 'UserStartedSpeakingFrame':
        this.userSpeaks = true
        this.#cutTimer?.cancel()
        this.listener?.userStarted()
        return
      case 'UserStoppedSpeakingFrame':
        this.userSpeaks = false
        this.#release()
        this.listener?.userStopped()
        if (this.#cut) this.#awaitAnother()
        return
      default:
    }
  }

  #called(id: string): void {
    if (this.#latest === undefined) return
    this.#latest.open.add(id)
    this.#calls.set(id, this.#latest)
  }

  #settled(id: string, goesOn: boolean): void {
    const reply = this.#calls.get(id)
    if (reply === undefined) return
    this.#calls.delete(id)
    reply.open.delete(id)
    reply.goesOn ||= goesOn
    if (reply.isPlayed) this.#judge(reply)
  }

  #played(reply: Reply | undefined): void {
    if (reply === undefined) return
    reply.isPlayed = true
    this.#judge(reply)
  }

  #judge(reply: Reply): void {
    const judge = (): void => {
      if (!reply.goesOn && reply.open.size === 0) this.listener?.replied()
    }
    // One that calls functions starts them right behind its end.
    void Promise.resolve().then(judge)
  }

  /** It was a noise that cut the reply: nobody will speak again by themselves. */
  #awaitAnother(): void {
    const giveUp = (): void => {
      this.#cut = false
      this.listener?.replied()
    }
    this.#cutTimer = this.#runtime.clock.setTimeout(giveUp, CUT_MS, { background: true })
  }
}
