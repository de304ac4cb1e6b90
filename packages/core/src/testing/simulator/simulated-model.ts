import type { LLMContext } from '../../context/llm-context.ts'
import type { AnyFrame, FrameDirection } from '../../frames/frame.ts'
import type { FrameContext } from '../../processor/frame-context.ts'
import { isAbortError } from '../../runtime/errors.ts'
import { LLMService } from '../../services/llm-service.ts'
import type { GenerateOptions, LLMEvent, LLMServiceOptions } from '../../services/llm-types.ts'
import { type Facts, questionOf, type RequestFact, wordingOf } from './facts.ts'
import { misbehave } from './faulty-stream.ts'
import { Plans } from './plans.ts'
import type { AnswerPlan } from './scenario.ts'
import type { World } from './world.ts'

const PLAIN: AnswerPlan = {
  firstAfterMs: 300,
  sentences: [3],
  pieceChars: 8,
  pieceEveryMs: 20,
  calls: [],
  fault: undefined,
  deaf: false,
}

const MOST_CALLS = 24
const GARBAGE: readonly unknown[] = [5, {}, { type: 'text' }, { type: 'text', text: 5 }]

/** The options of a {@link SimulatedModel}. */
export interface SimulatedModelOptions extends LLMServiceOptions {
  readonly plans: readonly AnswerPlan[]
  /** The true context: any other may never come to pass. */
  readonly conversation: LLMContext
}

/** A language model that answers by plan, in words that nobody has used before. */
export class SimulatedModel extends LLMService {
  readonly #world: World
  readonly #facts: Facts
  readonly #plans: Plans<AnswerPlan>
  readonly #conversation: LLMContext
  /** How many of the runs that the application asked for were made. */
  #runs = 0
  #calls = 0

  constructor(world: World, facts: Facts, options: SimulatedModelOptions) {
    const { plans, conversation, ...rest } = options
    super({ name: 'model', ...rest })
    this.#world = world
    this.#facts = facts
    this.#plans = new Plans(plans, PLAIN)
    this.#conversation = conversation
  }

  /** A question for which nobody asks the model anew got the answer that was asked for ahead. */
  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    if (frame.type !== 'LLMContextFrame' || frame.context !== this.#conversation)
      return super.processFrame(frame, direction, ctx)
    const facts = this.#facts
    const { read } = frame.context
    const { guess, requests } = facts
    const before = requests.length
    const work = super.processFrame(frame, direction, ctx)
    const wording = wordingOf(frame.context)
    if (requests.length > before) {
      if (guess?.wording === wording && (guess.outcome === 'live' || guess.outcome === 'done'))
        this.#world.violate('one winner a turn', `answer ${guess.number} was right, and the model is asked again`)
    } else if (frame.context.read !== read) this.#adopt(guess, wording)
    return work
  }

  override generate(context: LLMContext, { signal }: GenerateOptions): AsyncIterable<LLMEvent> {
    const world = this.#world
    const facts = this.#facts
    const previous = facts.answers.at(-1)
    const ahead = context !== this.#conversation
    const request: RequestFact = {
      kind: 'answer',
      cutMs: undefined,
      number: facts.requests.length + 1,
      signal,
      standing: ahead ? 'ahead' : 'asked',
      order: facts.next(),
      question: questionOf(context),
      wording: wordingOf(context),
      askedMs: world.nowMs,
      outcome: 'live',
      retry: !ahead && previous?.outcome === 'failed' && !previous.begun,
      begun: false,
      wordy: false,
      lastMs: world.nowMs,
    }
    facts.withdraw()
    if (!ahead) this.#checkReason(request)
    facts.requests.push(request)
    world.note('model', `is asked ${ahead ? 'ahead ' : ''}(${request.number})`)
    world.give('asked')
    const onAbort = (): void => {
      if (request.outcome !== 'live') return
      request.outcome = isAbortError(signal.reason) ? 'aborted' : 'failed'
      world.note('model', `${request.outcome} (${request.number})`)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    return this.#answer(request, this.#plans.next())
  }

  async *#answer(request: RequestFact, plan: AnswerPlan): AsyncIterable<LLMEvent> {
    const world = this.#world
    const { fault } = plan
    const signal = plan.deaf ? undefined : request.signal
    try {
      await world.sleep(plan.firstAfterMs, signal)
      const text = world.lexicon.sentences(fault?.kind === 'empty' ? [] : plan.sentences, request)
      request.wordy = text !== ''
      const pieces = text.match(new RegExp(`.{1,${plan.pieceChars}}`, 'g')) ?? []
      for (const [index, piece] of pieces.entries()) {
        if (index > 0) await world.sleep(plan.pieceEveryMs, signal)
        if (fault !== undefined && index >= fault.afterPieces && fault.kind !== 'empty') {
          const next = await misbehave(fault)
          if (next === 'end') return
          yield* GARBAGE as readonly LLMEvent[]
          return
        }
        request.begun = true
        request.lastMs = world.nowMs
        yield { type: 'text', text: piece }
      }
      // Answers that call functions lead to answers: a plan that repeats must come to an end.
      const calls = this.#calls < MOST_CALLS ? plan.calls : []
      for (const name of calls) {
        const id = `call-${++this.#calls}`
        this.#facts.requestedCalls.set(id, request)
        yield { type: 'toolCall', id, name, arguments: '{}' }
      }
      if (request.outcome === 'live') request.outcome = 'done'
      request.lastMs = world.nowMs
      world.note('model', `says "${text}"${calls.length > 0 ? ` and calls ${calls.join(', ')}` : ''}`)
      yield { type: 'done', finishReason: 'stop' }
    } finally {
      if (request.outcome === 'live') request.outcome = request.signal.aborted ? 'aborted' : 'failed'
    }
  }

  /** An answer that was asked for ahead is the answer. */
  #adopt(guess: RequestFact | undefined, wording: string): void {
    if (guess === undefined) return this.#world.violate('one winner a turn', 'an answer that was withdrawn is given')
    const { number } = guess
    this.#world.note('model', `was asked ahead (${number})`)
    if (guess.wording !== wording)
      return this.#world.violate('one winner a turn', `answer ${number} is given, to a question that nobody asked`)
    guess.question = questionOf(this.#conversation)
    this.#checkReason(guess)
    guess.standing = 'asked'
    guess.order = this.#facts.next()
    guess.lastMs = this.#world.nowMs
  }

  /** Nobody may ask twice about the same: a new answer needs new words, a new result, a wish, or a cut of the old one. */
  #checkReason({ question, retry }: RequestFact): void {
    const { answers, broken, runsAskedFor } = this.#facts
    const first = answers.findLastIndex((request) => !request.retry)
    const again =
      !retry && question === answers[first]?.question && !answers.slice(first).some((each) => broken.has(each))
    // One that failed may be made up for by the next that waits.
    if (again && answers.at(-1)?.outcome !== 'failed') {
      if (this.#runs === runsAskedFor)
        this.#world.violate('one answer a question', 'the model is asked twice about the same')
      else this.#runs++
    }
    const live = answers.filter(({ outcome }) => outcome === 'live')
    if (live.length > 0) this.#world.violate('one floor owner', `answer ${live[0]?.number} is still being generated`)
  }
}
