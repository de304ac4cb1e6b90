import type { AnyFrame } from '../frames/frame.ts'
import type { EndTaskFrame, StopTaskFrame } from '../frames/lifecycle.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { LLMContext } from './llm-context.ts'

/** A call that does not settle holds an end that was asked for no longer than this, milliseconds. */
const END_WAIT_MS = 10_000

/** What {@link ModelRuns} needs of its aggregator. */
export interface ModelRunsHost {
  readonly context: LLMContext
  clock(): Clock
  /** The conversation waits for a call. */
  awaitsCalls(): boolean
  /** Has the model run on the context; with a number, for what it was asked up to it. */
  run(asked?: number): void
  end(frame: EndTaskFrame | StopTaskFrame): void
}

/**
 * Decides when the model runs on results: once per burst, not while somebody speaks. Results that cannot be delivered
 * are marked in the context as unread: the user's turn that comes next delivers them, also when nothing was said in it.
 */
export class ModelRuns {
  readonly #host: ModelRunsHost
  #userSpeaks = false
  #botSpeaks = false
  /** How far a response has come here. */
  #answer: 'none' | 'begun' | 'spoken later' = 'none'
  /** The model is to run when the burst of results is over, or when the agent has stopped speaking. */
  #run: 'no' | 'soon' | 'afterSpeech' = 'no'
  /** The number of the newest results that ask for a run. */
  #asked: number | undefined = undefined
  /** An end that was asked for while the model had not read the results of all calls. */
  #end: { readonly frame: EndTaskFrame | StopTaskFrame; readonly timer: Timer } | undefined = undefined

  constructor(host: ModelRunsHost) {
    this.#host = host
  }

  /** Who speaks decides when the model may run. */
  follow(frame: AnyFrame): void {
    switch (frame.type) {
      case 'LLMFullResponseStartFrame':
        this.#answer = 'begun'
        this.#host.context.answer = 'due'
        if (this.#host.context.answersAhead > 0) this.#host.context.answersAhead--
        // A model that is no LLMService does not say what it has read.
        if (this.#host.context.read === 0) this.#asked = undefined
        break
      case 'UserStartedSpeakingFrame':
        this.#userSpeaks = true
        break
      case 'UserStoppedSpeakingFrame':
        this.#userSpeaks = false
        break
      case 'BotStartedSpeakingFrame':
        this.#botSpeaks = true
        break
      case 'BotStoppedSpeakingFrame':
        this.#botSpeaks = false
        if (this.#answer === 'spoken later') this.#heard()
        if (this.#run === 'afterSpeech') this.#run = 'soon'
        this.#runIfAsked()
        break
      default:
    }
  }

  /** A response has come to its end here. Where it is spoken further down, it was heard when the agent stops speaking. */
  responded(isHeard: boolean): void {
    if (isHeard) this.#heard()
    else this.#answer = 'spoken later'
  }

  /** The calls that the conversation waited for were cancelled. */
  callsCancelled(): void {
    if (this.#userSpeaks) this.#host.context.answer = 'cut'
  }

  /** Results that come in one burst share a run: it waits until the burst is over. */
  ask(): void {
    this.#asked = ++this.#host.context.asked
    if (this.#run !== 'no') return
    this.#run = 'soon'
    void Promise.resolve().then(() => this.#runIfAsked())
  }

  /** The application asked for it, or nothing stands against it any more. */
  now(asked?: number): void {
    this.#run = 'no'
    this.#host.context.hasUnreadResults = false
    this.#host.run(asked)
  }

  /** What follows an interruption decides, and reads what was to be read. */
  interrupted(unread: boolean): void {
    if (unread || (this.#asked !== undefined && !this.#isRead())) this.#host.context.hasUnreadResults = true
    this.#asked = undefined
    this.#run = 'no'
    this.#answer = 'none'
    this.letEndGo()
  }

  /** A function may ask for the end before it gives its result: that goes ahead, and the answer to it. */
  holdEnd(frame: EndTaskFrame | StopTaskFrame): boolean {
    if (!this.#host.awaitsCalls() && this.#run === 'no') return false
    const giveUp = (): void => void (this.#host.awaitsCalls() && this.#sendEnd())
    this.#end ??= { frame, timer: this.#host.clock().setTimeout(giveUp, END_WAIT_MS) }
    return true
  }

  letEndGo(): void {
    if (this.#end !== undefined && !this.#host.awaitsCalls() && this.#run === 'no') this.#sendEnd()
  }

  dispose(): void {
    this.#end?.timer.cancel()
  }

  #heard(): void {
    const { context } = this.#host
    this.#answer = 'none'
    // Another may be on its way, behind the speech of the application.
    if (context.answer === 'due' && context.answersAhead === 0) context.answer = 'none'
  }

  /** An answer that began meanwhile, to the user as a rule, has read the results. */
  #isRead(): boolean {
    return this.#asked !== undefined && this.#host.context.read >= this.#asked
  }

  #runIfAsked(): void {
    if (this.#run !== 'soon') return
    if (this.#isRead()) this.#run = 'no'
    else if (this.#userSpeaks) {
      this.#run = 'no'
      this.#host.context.hasUnreadResults = true
    } else if (this.#botSpeaks) this.#run = 'afterSpeech'
    else this.now(this.#host.context.asked)
    this.letEndGo()
  }

  #sendEnd(): void {
    const end = this.#end
    this.#end = undefined
    end?.timer.cancel()
    if (end !== undefined) this.#host.end(end.frame)
  }
}
