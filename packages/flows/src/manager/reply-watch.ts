import type { AnyFrame, Clock, Frame, FrameDirection, FrameProcessor, Observer, Timer } from '@pc/core'

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

/** What a {@link ReplyWatch} tells. */
export interface ReplyWatchHost {
  /**
   * A reply was played, and no other follows from the functions that it called. One that began before
   * {@link ReplyWatch.forget} is not told.
   */
  replied(): void
  botStarted(): void
  userStarted(): void
  userStopped(): void
  /** A mark has come to where it tells something, or to the end of the pipeline. */
  marked(id: string): void
  finished(): void
}

/** Reads off the frames of a pipeline who speaks, and when a reply was played to its end. */
export class ReplyWatch implements Observer {
  readonly frames: readonly string[] = [
    'pc/flow-mark',
    'LLMFullResponseStartFrame',
    'LLMFullResponseEndFrame',
    'BotStartedSpeakingFrame',
    'UserStartedSpeakingFrame',
    'UserStoppedSpeakingFrame',
    'FunctionCallsStartedFrame',
    'FunctionCallResultFrame',
    'FunctionCallCancelFrame',
    'InterruptionFrame',
  ]
  readonly #host: ReplyWatchHost
  readonly #clock: Clock
  readonly #model: object
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

  /** @param model - where marks of the kind `model` have come to. */
  constructor(host: ReplyWatchHost, clock: Clock, model: object) {
    this.#host = host
    this.#clock = clock
    this.#model = model
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
    else if (destination === this.#model) this.#reaches(frame as AnyFrame)
  }

  onPipelineFinished(): void {
    this.#cutTimer?.cancel()
    this.#host.finished()
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

  #reaches(frame: AnyFrame): void {
    if (frame.type === 'pc/flow-mark' && frame.until === 'model') this.#host.marked(frame.markId)
  }

  #ends(frame: AnyFrame): void {
    switch (frame.type) {
      case 'pc/flow-mark':
        this.#host.marked(frame.markId)
        return
      case 'LLMFullResponseEndFrame':
        this.#played(this.#replies.shift())
        return
      case 'BotStartedSpeakingFrame':
        this.#host.botStarted()
        return
      case 'UserStartedSpeakingFrame':
        this.userSpeaks = true
        this.#cutTimer?.cancel()
        this.#host.userStarted()
        return
      case 'UserStoppedSpeakingFrame':
        this.userSpeaks = false
        this.#host.userStopped()
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
      if (!reply.goesOn && reply.open.size === 0) this.#host.replied()
    }
    // One that calls functions starts them right behind its end.
    void Promise.resolve().then(judge)
  }

  /** It was a noise that cut the reply: nobody will speak again by themselves. */
  #awaitAnother(): void {
    const giveUp = (): void => {
      this.#cut = false
      this.#host.replied()
    }
    this.#cutTimer = this.#clock.setTimeout(giveUp, CUT_MS, { background: true })
  }
}
