import type { LLMContext } from '../../context/llm-context.ts'
import { isAbortError } from '../../runtime/errors.ts'
import { LLMService } from '../../services/llm-service.ts'
import type { GenerateOptions, LLMEvent, LLMServiceOptions } from '../../services/llm-types.ts'
import { type Facts, questionOf, type RequestFact } from './facts.ts'
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

/** A language model that answers by plan, in words that nobody has used before. */
export class SimulatedModel extends LLMService {
  readonly #world: World
  readonly #facts: Facts
  readonly #plans: Plans<AnswerPlan>
  /** How many of the runs that the application asked for were made. */
  #runs = 0
  #calls = 0

  constructor(world: World, facts: Facts, options: LLMServiceOptions & { readonly plans: readonly AnswerPlan[] }) {
    const { plans, ...rest } = options
    super({ name: 'model', ...rest })
    this.#world = world
    this.#facts = facts
    this.#plans = new Plans(plans, PLAIN)
  }

  override generate(context: LLMContext, { signal }: GenerateOptions): AsyncIterable<LLMEvent> {
    const world = this.#world
    const previous = this.#facts.requests.at(-1)
    const request: RequestFact = {
      kind: 'answer',
      cutMs: undefined,
      number: this.#facts.requests.length + 1,
      signal,
      question: questionOf(context),
      outcome: 'live',
      retry: previous?.outcome === 'failed' && !previous.begun,
      begun: false,
      lastMs: world.nowMs,
    }
    this.#checkReason(request)
    this.#facts.requests.push(request)
    world.note('model', `is asked (${request.number})`)
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
      world.note('model', `says "${text}"${calls.length > 0 ? ` and calls ${calls.join(', ')}` : ''}`)
      yield { type: 'done', finishReason: 'stop' }
    } finally {
      if (request.outcome === 'live') request.outcome = request.signal.aborted ? 'aborted' : 'failed'
    }
  }

  /** Nobody may ask twice about the same: a new answer needs new words, a new result or a wish. */
  #checkReason({ question, retry }: RequestFact): void {
    const { requests, runsAskedFor } = this.#facts
    const previous = requests.findLast((request) => !request.retry)
    // One that failed may be made up for by the next that waits.
    if (!retry && question === previous?.question && requests.at(-1)?.outcome !== 'failed') {
      if (this.#runs === runsAskedFor)
        this.#world.violate('one answer a question', 'the model is asked twice about the same')
      else this.#runs++
    }
    const live = requests.filter(({ outcome }) => outcome === 'live')
    if (live.length > 0) this.#world.violate('one floor owner', `answer ${live[0]?.number} is still being generated`)
  }
}
