import {
  BaseOutputTransport,
  type FrameProcessor,
  LLMContext,
  LLMContextAggregatorPair,
  type LLMService,
  Pipeline,
  PipelineTask,
  TranscriptionFrame,
  UserTurnProcessor,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '@pc/core'
import { createTestRuntime, TestClock } from '@pc/core/testing'
import { type Answer, ScriptedModel, tell, Voice } from './statements/talk.ts'

/** Plays on the test clock. */
class Loudspeaker extends BaseOutputTransport {
  protected override writeAudio(): void {}
  protected override writeMessage(): void {}
}

/** How a {@link Stage} is set up. */
export interface StageOptions {
  readonly answers?: readonly Answer[]
  /** In the place of the scripted model. */
  readonly llm?: LLMService
  /** Stand right before the model. */
  readonly ahead?: readonly FrameProcessor[]
  readonly clock?: TestClock
}

/** The pipeline of a conversation, from the user's turns to the played answer, for a manager that the test makes. */
export class Stage {
  readonly clock: TestClock
  readonly model: ScriptedModel
  readonly voice: Voice = new Voice()
  readonly context: LLMContext = new LLMContext()
  /** What a manager takes. */
  readonly parts: {
    readonly task: PipelineTask
    readonly llm: LLMService
    readonly contextAggregator: LLMContextAggregatorPair
  }
  /** The tags of all frames so far. */
  readonly frames: Set<string> = new Set()
  readonly #run: Promise<void>

  constructor({ answers = [], llm, ahead = [], clock = new TestClock() }: StageOptions = {}) {
    this.clock = clock
    this.model = new ScriptedModel(answers)
    const model = llm ?? this.model
    const pair = new LLMContextAggregatorPair(this.context)
    const output = new Loudspeaker({ name: 'output' })
    const task = new PipelineTask(
      new Pipeline([new UserTurnProcessor(), pair.user(), ...ahead, model, this.voice, output, pair.assistant()]),
      {},
      { defaultParts: false, idleTimeoutSecs: null, runtime: createTestRuntime(clock) },
    )
    task.addObserver({ onPushFrame: (frame) => void this.frames.add(frame.type) })
    this.parts = { task, llm: model, contextAggregator: pair }
    this.#run = task.run()
  }

  /** The messages in short. */
  get history(): readonly string[] {
    return tell(this.context.messages)
  }

  /** Time passes until some work is done, and all is said. */
  async during<T>(work: Promise<T>): Promise<T> {
    let over = false
    const done = (): void => void (over = true)
    work.then(done, done)
    await this.clock.settle()
    while (!over) await this.clock.advance(20)
    await this.clock.advance(10_000)
    return work
  }

  /** The user says something, and is answered. */
  async say(text: string): Promise<void> {
    const { task } = this.parts
    await task.queueFrame(new VADUserStartedSpeakingFrame(0.2, this.clock.nowMs()))
    await this.clock.advance(500)
    await task.queueFrame(new VADUserStoppedSpeakingFrame(0.2, this.clock.nowMs()))
    await task.queueFrame(new TranscriptionFrame(text, 'user', '', { finalized: true }))
    await this.clock.advance(10_000)
  }

  async end(): Promise<void> {
    void this.parts.task.cancel()
    await this.clock.advanceUntil(() => this.parts.task.hasFinished())
    await this.#run
  }
}
