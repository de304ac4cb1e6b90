import { ToolLedger } from '../src/context/tool-ledger.ts'
import {
  type AnyFrame,
  BaseOutputTransport,
  type FrameContext as Context,
  type FrameDirection,
  FrameProcessor,
  LLMAssistantAggregator,
  LLMContext,
  LLMContextFrame,
  LLMSpeculationFrame,
  LLMUserAggregator,
  type Runtime,
  sleep,
  TranscriptionFrame,
  TTSService,
  TTSSpeakFrame,
  UserTurnProcessor,
} from '../src/index.ts'
import { EndWatch } from '../src/pipeline/end-watch.ts'
import { Engine } from '../src/processor/engine.ts'
import { FrameContext } from '../src/processor/frame-context.ts'
import { FrameQueue } from '../src/processor/frame-queue.ts'
import { Node } from '../src/processor/node.ts'
import { FLAG_STICKY } from '../src/frames/frame.ts'
import type { Scenario, SimulationOptions } from '../src/testing/index.ts'
import { type Question, Speculations } from '../src/services/speculation.ts'
import { PlayoutLedger } from '../src/transport/playout-ledger.ts'
import { EchoGate } from '../src/turns/echo-gate.ts'

/** Breaks the engine until it is mended. */
type Break = () => () => void

/** A fault in the engine itself, which the simulator has to notice. */
export interface PlantedFault {
  readonly name: string
  /** The invariants of which at least one is to be reported. */
  readonly breaks: readonly string[]
  readonly plant?: Break
  readonly options?: SimulationOptions
  /** What every scenario needs for the fault to show. */
  readonly scenario?: Partial<Scenario>
}

/** Replaces a method until it is mended. */
function replacing<T extends object, K extends keyof T>(target: T, key: K, make: (original: T[K]) => T[K]): Break {
  return () => {
    const own = Object.getOwnPropertyDescriptor(target, key)
    const original = target[key]
    Object.defineProperty(target, key, { value: make(original), configurable: true, writable: true })
    return () => {
      if (own === undefined) Reflect.deleteProperty(target, key)
      else Object.defineProperty(target, key, own)
    }
  }
}

/** Turns that no clock wakes. */
class TimelessTurns extends UserTurnProcessor {
  override get runtime(): Runtime {
    const runtime = super.runtime
    const clock = Object.assign(Object.create(runtime.clock), {
      nowMs: () => runtime.clock.nowMs(),
      setTimeout: () => ({ cancel: () => {} }),
    })
    return { ...runtime, clock }
  }
}

/** Takes in certain frames and says nothing. */
class Swallow extends FrameProcessor {
  readonly #types: readonly string[]
  constructor(...types: readonly string[]) {
    super('swallow')
    this.#types = types
  }
  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: Context): void {
    if (!this.#types.includes(frame.type)) ctx.push(frame, direction)
  }
}

/** Holds the end up for ever. */
class Holdup extends FrameProcessor {
  override onEnd(): Promise<void> {
    return new Promise(() => {})
  }
  override onCancel(): Promise<void> {
    return new Promise(() => {})
  }
}

/** Thinks about every transcript for a while. */
class Dawdle extends FrameProcessor {
  override async processFrame(frame: AnyFrame, direction: FrameDirection, ctx: Context): Promise<void> {
    if (frame.type === 'TranscriptionFrame') await sleep(ctx.runtime.clock, 300)
    ctx.push(frame, direction)
  }
}

const behindModel = (make: () => FrameProcessor): SimulationOptions => ({
  arrange: ({ hearing, turns, pair, model, voice, output }) => [
    ...hearing,
    turns,
    pair.user,
    ...model,
    make(),
    voice,
    output,
    pair.assistant,
  ],
})

/** All that a turn processor may do beside deciding turns, in every conversation. */
const policies: Scenario['policies'] = {
  falseInterruptions: { timeoutSecs: 0.5, longestSecs: 2 },
  preemptiveGeneration: { stableSecs: 0.1, maxTries: 3, limitSecs: 10 },
  echoGate: { tailSecs: 0.5, minWords: 2 },
  latencyBudget: { budgetSecs: 0.3, fillerWords: 2 },
}

/** Has the model asked in earnest what it is to be asked ahead. */
const askAheadInEarnest = replacing(
  LLMUserAggregator.prototype,
  'pushFrame',
  (push) =>
    function (this: LLMUserAggregator, frame, way) {
      const ahead = frame instanceof LLMSpeculationFrame ? frame.context : undefined
      push.call(this, ahead === undefined ? frame : new LLMContextFrame(ahead), way)
    },
)

const empty: Scenario['answers'][number] = {
  firstAfterMs: 0,
  sentences: [],
  pieceChars: 8,
  pieceEveryMs: 0,
  calls: [],
  fault: undefined,
  deaf: false,
}

/** What an agent that only looks things up is asked, and what it does. */
const looking: Scenario['answers'] = [{ ...empty, calls: ['look'] }]

/** The faults, one by one. */
export const PLANTED_FAULTS: readonly PlantedFault[] = [
  {
    name: 'an interruption that leaves the work before it unfenced',
    breaks: ['what was cut is silent', 'nothing is made up'],
    scenario: { dawdleMs: 120 },
    plant: replacing(
      Engine.prototype,
      'interrupt',
      (interrupt) =>
        function (this: Engine, frame) {
          const { epoch } = this
          interrupt.call(this, frame)
          epoch.stale = false
        },
    ),
  },
  {
    name: 'pushes of overtaken work that are let through',
    breaks: ['what was cut is silent', 'nothing is made up'],
    scenario: { dawdleMs: 120 },
    plant: replacing(
      FrameContext.prototype,
      'push',
      () =>
        function (this: FrameContext, frame, direction) {
          this.node.emit(frame, direction ?? this.direction)
        },
    ),
  },
  {
    name: 'an interruption that drops sticky frames too',
    breaks: ['no word of the user is lost', 'no call is left open', 'no result is lost', 'never stuck', 'never silent'],
    plant: replacing(
      FrameQueue.prototype,
      'sweep',
      () =>
        function (this: FrameQueue) {
          const { size } = this
          this.clear()
          return size
        },
    ),
  },
  {
    name: 'turn deadlines that never fire',
    breaks: ['a deadline for every state'],
    options: { turns: ({ speechTimeoutSecs }) => new TimelessTurns({ userSpeechTimeoutSecs: speechTimeoutSecs }) },
  },
  {
    name: 'a ledger that takes what was sent for what was played',
    breaks: ['heard equals stored'],
    plant: replacing(
      PlayoutLedger.prototype,
      'heard',
      (heard) =>
        function (this: PlayoutLedger, contextId) {
          return heard.call(this, contextId, this.playout(contextId)?.sentSamples)
        },
    ),
  },
  {
    name: 'a user aggregator that asks the model twice',
    breaks: ['one answer a question'],
    plant: replacing(
      LLMUserAggregator.prototype,
      'pushFrame',
      (push) =>
        function (this: LLMUserAggregator, frame, way) {
          push.call(this, frame, way)
          if (frame.type === 'LLMContextFrame') push.call(this, new LLMContextFrame(this.context), way)
        },
    ),
  },
  {
    name: 'a ledger of calls that forgets results',
    breaks: ['no result is lost', 'no call is left open', 'never stuck'],
    plant: replacing(ToolLedger.prototype, 'result', () => () => undefined),
  },
  {
    name: 'results of functions that get lost on the way',
    breaks: ['no result is lost', 'no call is left open', 'never stuck'],
    options: behindModel(() => new Swallow('FunctionCallResultFrame')),
  },
  {
    name: 'a timer that nobody stops at the end',
    breaks: ['nothing is left behind'],
    plant: replacing(EndWatch.prototype, 'stop', () => () => {}),
  },
  {
    name: 'an output that does not hear of interruptions',
    breaks: ['what was cut is silent', 'heard equals stored'],
    plant: replacing(BaseOutputTransport.prototype, 'onInterruption', () => () => {}),
  },
  {
    name: 'an output that does not wait for its audio at the end',
    breaks: ['what is said is heard', 'heard equals stored'],
    plant: replacing(BaseOutputTransport.prototype, 'onEnd', () => () => Promise.resolve()),
  },
  {
    name: 'overtaken work that is not told to stop',
    breaks: ['one floor owner', 'a deadline for every state'],
    plant: replacing(Node.prototype, 'abort', () => () => {}),
  },
  {
    name: 'transcripts that an interruption drops',
    breaks: ['no word of the user is lost'],
    scenario: { ending: { how: 'end', afterMs: 'calm' } },
    // A processor that waits gives the interruption something to drop.
    plant: replacing(TranscriptionFrame.prototype, 'flags', (flags) => flags & ~FLAG_STICKY),
    options: {
      arrange: ({ hearing, turns, pair, model, voice, output }) => [
        ...hearing,
        new Dawdle(),
        turns,
        pair.user,
        ...model,
        voice,
        output,
        pair.assistant,
      ],
    },
  },
  {
    name: 'words of the user that are written down twice',
    breaks: ['no word of the user is lost'],
    plant: replacing(
      LLMContext.prototype,
      'addMessage',
      (add) =>
        function (this: LLMContext, message) {
          add.call(this, message)
          if ('role' in message && message.role === 'user') add.call(this, { ...message })
        },
    ),
  },
  {
    name: 'speech that gets lost on its way to the output',
    breaks: ['what is said is heard'],
    options: behindModel(() => new Swallow('LLMTextFrame')),
  },
  {
    name: 'a processor that holds the end up',
    breaks: ['shutdown ends'],
    options: behindModel(() => new Holdup('holdup')),
  },
  {
    name: 'an answer ahead of its time that is spoken before the turn is over',
    breaks: ['nothing unconfirmed is said'],
    scenario: { policies },
    plant: askAheadInEarnest,
  },
  {
    name: 'an answer ahead of its time that runs a function before the turn is over',
    breaks: ['nothing unconfirmed is run'],
    scenario: { policies, answers: looking },
    plant: askAheadInEarnest,
  },
  {
    name: 'an answer ahead of its time that is written down before the turn is over',
    breaks: ['nothing unconfirmed is stored'],
    scenario: { policies, ending: { how: 'end', afterMs: 'calm' } },
    plant: askAheadInEarnest,
  },
  {
    name: 'an answer ahead of its time that is given whatever the user says in the end',
    breaks: ['one winner a turn'],
    scenario: { policies },
    plant: () => {
      const asked = new WeakMap<Speculations, Question>()
      const mends = [
        replacing(
          Speculations.prototype,
          'begin',
          (begin) =>
            function (this: Speculations, question) {
              if (question !== undefined) asked.set(this, question)
              begin.call(this, question)
            },
        )(),
        replacing(
          Speculations.prototype,
          'answer',
          (answer) =>
            function (this: Speculations, question, signal) {
              return answer.call(this, asked.get(this) ?? question, signal)
            },
        )(),
      ]
      return () => mends.forEach((mend) => mend())
    },
  },
  {
    name: 'answers ahead of their time that are never given up',
    breaks: ['one winner a turn'],
    scenario: { policies },
    plant: replacing(Speculations.prototype, 'drop', () => () => {}),
  },
  {
    name: 'an answer ahead of its time that is right and thrown away',
    breaks: ['one winner a turn'],
    scenario: { policies },
    plant: replacing(
      Speculations.prototype,
      'answer',
      (answer) =>
        function (this: Speculations, question, signal) {
          this.drop()
          return answer.call(this, question, signal)
        },
    ),
  },
  {
    name: 'a filler that lands in the history',
    breaks: ['a filler is not stored'],
    scenario: { policies, ending: { how: 'end', afterMs: 'calm' } },
    plant: replacing(
      TTSService.prototype,
      'queueFrame',
      (queue) =>
        function (this: TTSService, frame, way) {
          queue.call(this, frame instanceof TTSSpeakFrame ? new TTSSpeakFrame(frame.text) : frame, way)
        },
    ),
  },
  {
    name: 'a filler that is said though the answer has begun, or none will come',
    breaks: ['a filler only fills'],
    scenario: { policies },
    plant: replacing(
      TTSService.prototype,
      'processFrame',
      (process) =>
        function (this: TTSService, frame, way, ctx) {
          if (frame.type !== 'FillerSpeechFrame') return process.call(this, frame, way, ctx)
          this.queueFrame(new TTSSpeakFrame(frame.text, { appendToContext: false }))
        },
    ),
  },
  {
    name: 'fillers that get lost on their way to the voice',
    breaks: ['what is said is heard'],
    scenario: { policies, ending: { how: 'end', afterMs: 'calm' } },
    options: behindModel(() => new Swallow('FillerSpeechFrame')),
  },
  {
    name: 'an echo gate that lets the agent hear itself',
    breaks: ['no word of the user is lost'],
    scenario: { policies },
    plant: replacing(EchoGate.prototype, 'userPart', () => (transcript) => transcript),
  },
  {
    name: 'an echo gate that takes the user for the agent',
    breaks: ['no word of the user is lost'],
    scenario: { policies },
    plant: replacing(EchoGate.prototype, 'userPart', () => () => ''),
  },
  {
    name: 'an output that goes on while it is held',
    breaks: ['what is held is silent'],
    scenario: { policies },
    options: behindModel(() => new Swallow('OutputPauseFrame')),
  },
  {
    name: 'the end of one answer that is taken for the end of all',
    breaks: ['never silent'],
    scenario: {
      acts: [
        { cue: 'previous', delayMs: 0, act: { type: 'run' } },
        { cue: 'previous', delayMs: 0, act: { type: 'announce', words: 6, appendToContext: true } },
        { cue: 'previous', delayMs: 0, act: { type: 'run' } },
        { cue: 'botStopped', delayMs: 300, act: { type: 'noise', durationMs: 300 } },
      ],
      ending: { how: 'end', afterMs: 'calm' },
    },
    plant: replacing(
      LLMAssistantAggregator.prototype,
      'processFrame',
      (process) =>
        function (this: LLMAssistantAggregator, frame, way, ctx) {
          if (frame.type === 'LLMFullResponseEndFrame') this.context.answersAhead = 0
          process.call(this, frame, way, ctx)
        },
    ),
  },
  {
    name: 'an agent that is said to be silent before its answer is said to be over',
    breaks: ['one answer a question'],
    scenario: {
      policies,
      allowInterruptions: true,
      client: { kind: 'ahead', leadMs: 1000, reportAfterMs: 100, fault: undefined },
      acts: [
        { cue: 'previous', delayMs: 0, act: { type: 'type', words: 2, interrupts: false } },
        { cue: 'botStarted', delayMs: 50, act: { type: 'noise', durationMs: 900 } },
      ],
      answers: [{ ...empty, sentences: [2] }],
      ending: { how: 'end', afterMs: 'calm' },
    },
    plant: replacing(
      BaseOutputTransport.prototype,
      'pushFrame',
      (push) =>
        function (this: BaseOutputTransport, frame, way) {
          if (frame.type === 'LLMFullResponseEndFrame') queueMicrotask(() => push.call(this, frame, way))
          else push.call(this, frame, way)
        },
    ),
  },
]
