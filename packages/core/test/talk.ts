import {
  EndFrame,
  type ErrorFrame,
  type Frame,
  type FrameProcessor,
  type FunctionDefinition,
  type GenerateOptions,
  LLMContext,
  LLMContextAggregatorPair,
  type LLMEvent,
  LLMService,
  type LLMServiceOptions,
  type Message,
  messageText,
  Pipeline,
  type PipelineElement,
  type PipelineParamsFields,
  PipelineTask,
  type PipelineTaskOptions,
  sleep,
  type SynthesisOptions,
  TranscriptionFrame,
  type TTSEvent,
  TTSService,
  type TTSServiceOptions,
  UserTurnProcessor,
  type UserTurnProcessorOptions,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../src/index.ts'
import { createTestRuntime, TestClock } from '../src/testing/index.ts'
import { type Left, type RecordingOptions, RecordingOutput } from './recording-output.ts'

type Pause = { readonly pauseMs: number }

/** What a model says: step by step, or by a stream of its own. */
export type Answer =
  | readonly (LLMEvent | Pause)[]
  | ((this: ScriptedModel, options: GenerateOptions) => AsyncIterable<LLMEvent>)

/** Gives one answer after the other, then nothing but `Yes.`, and keeps what it was asked. */
export class ScriptedModel extends LLMService {
  readonly asked: (readonly Message[])[] = []
  readonly #answers: Answer[]

  constructor(answers: readonly Answer[], options: LLMServiceOptions = {}) {
    super({ name: 'model', ...options })
    this.#answers = [...answers]
  }

  override async *generate(context: LLMContext, options: GenerateOptions): AsyncIterable<LLMEvent> {
    this.asked.push([...context.messages])
    const answer = this.#answers.shift() ?? ['Yes.']
    if (typeof answer === 'function') {
      yield* answer.call(this, options)
      return
    }
    for (const step of answer) {
      if (typeof step === 'object' && 'pauseMs' in step) await sleep(this.runtime.clock, step.pauseMs, options.signal)
      else yield step
    }
    yield { type: 'done', finishReason: 'stop' }
  }
}

/** The call of a function without arguments, or with these. */
export const call = (name: string, args = '{}'): LLMEvent => ({
  type: 'toolCall',
  id: `call-${name}`,
  name,
  arguments: args,
})

/** A stream that never gives anything. */
export const silent = (): AsyncIterable<never> => ({
  [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
})

/** How a {@link ScriptedVoice} speaks one text; `undefined` means as usual. */
export type Delivery = (
  this: ScriptedVoice,
  text: string,
  options: SynthesisOptions,
) => AsyncIterable<TTSEvent> | undefined

/** The options of a {@link ScriptedVoice}. */
export interface VoiceOptions extends TTSServiceOptions {
  /** Whether it gives the times of its words. Default true. */
  readonly words?: boolean | undefined
  readonly delivery?: Delivery | undefined
}

/** Speaks ten characters a second, all of a text at once. */
export class ScriptedVoice extends TTSService {
  readonly spoken: string[] = []
  readonly #options: VoiceOptions

  constructor({ words = true, delivery, ...options }: VoiceOptions = {}) {
    super({ name: 'voice', ...options })
    this.#options = { words, delivery }
  }

  override synthesize(text: string, options: SynthesisOptions): AsyncIterable<TTSEvent> {
    this.spoken.push(text)
    return this.#options.delivery?.call(this, text, options) ?? this.usual(text, options)
  }

  async *usual(text: string, { sampleRate }: SynthesisOptions): AsyncIterable<TTSEvent> {
    if (this.#options.words) {
      for (const { 0: word, index } of text.matchAll(/\S+/g))
        yield { type: 'word', text: word, startUs: index * 100_000 }
    }
    yield new Int16Array((text.length * sampleRate) / 10).fill(1000)
  }
}

/** How a {@link Talk} is set up. */
export interface TalkOptions {
  readonly answers?: readonly Answer[]
  readonly messages?: readonly Message[]
  readonly tools?: readonly FunctionDefinition[]
  readonly model?: LLMServiceOptions
  readonly voice?: VoiceOptions
  readonly output?: RecordingOptions
  readonly turns?: UserTurnProcessorOptions
  readonly params?: PipelineParamsFields
  readonly task?: PipelineTaskOptions
  readonly clock?: TestClock
  readonly seed?: number
  /** Stand ahead of the turn processor. */
  readonly before?: readonly PipelineElement[]
  /** Stand between voice and output. */
  readonly between?: readonly PipelineElement[]
}

/** A whole conversation on the test clock: turn processor, aggregators, scripted model and voice, recording output. */
export class Talk {
  readonly clock: TestClock
  readonly model: ScriptedModel
  readonly voice: ScriptedVoice
  readonly output: RecordingOutput
  readonly turns: UserTurnProcessor
  readonly pair: LLMContextAggregatorPair
  readonly context: LLMContext
  readonly task: PipelineTask
  readonly run: Promise<void>
  readonly down: Left[] = []
  readonly errors: ErrorFrame[] = []

  constructor(options: TalkOptions = {}) {
    this.clock = options.clock ?? new TestClock()
    this.context = new LLMContext({ messages: options.messages, tools: options.tools })
    this.pair = new LLMContextAggregatorPair(this.context)
    this.model = new ScriptedModel(options.answers ?? [], options.model)
    this.voice = new ScriptedVoice(options.voice)
    this.output = new RecordingOutput(options.output)
    this.turns = new UserTurnProcessor(options.turns)
    const { before = [], between = [] } = options
    const ahead = [...before, this.turns, this.pair.user, this.model, this.voice]
    this.task = new PipelineTask(
      new Pipeline([...ahead, ...between, this.output, this.pair.assistant]),
      options.params,
      {
        defaultParts: false,
        idleTimeoutSecs: null,
        ...options.task,
        runtime: { ...createTestRuntime(this.clock, options.seed), ...options.task?.runtime },
      },
    )
    this.task.on('frameReachedDownstream', (frame) => void this.down.push({ frame, atMs: this.clock.nowMs() }))
    this.task.on('pipelineError', (frame) => void this.errors.push(frame))
    this.run = this.task.run()
  }

  /** A conversation that has started. */
  static async start(options?: TalkOptions): Promise<Talk> {
    const talk = new Talk(options)
    await talk.clock.settle()
    return talk
  }

  async send(...frames: Frame[]): Promise<void> {
    for (const frame of frames) await this.task.queueFrame(frame)
    await this.clock.settle()
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms)
  }

  /** The user begins to speak: the agent is interrupted. */
  async begin(): Promise<void> {
    await this.send(new VADUserStartedSpeakingFrame(0.2, this.clock.nowMs()))
  }

  /** The user stops speaking. */
  async pause(): Promise<void> {
    await this.send(new VADUserStoppedSpeakingFrame(0.2, this.clock.nowMs()))
  }

  /** A sound that passes for a voice. */
  async noise(): Promise<void> {
    await this.begin()
    await this.advance(300)
    await this.pause()
  }

  /** What the user said is recognised. */
  async recognise(text: string): Promise<void> {
    await this.send(new TranscriptionFrame(text, 'user', '', { finalized: true }))
  }

  /** The user stops; 0.1 s later the words are recognised, another 0.5 s later the model is asked. */
  async finish(text: string): Promise<void> {
    await this.pause()
    await this.advance(100)
    await this.recognise(text)
  }

  /** The user speaks for half a second, and the model is asked. */
  async say(text: string): Promise<void> {
    await this.begin()
    await this.advance(500)
    await this.finish(text)
    await this.advance(500)
  }

  /** Ends gracefully. */
  async end(): Promise<void> {
    await this.send(new EndFrame())
    await this.ended()
  }

  /** Time passes until the task is over. */
  async ended(): Promise<void> {
    await this.clock.advanceUntil(() => this.task.hasFinished())
    await this.run
  }

  /** The messages in short. */
  get history(): readonly string[] {
    return tell(this.context.messages)
  }

  get errorCodes(): readonly string[] {
    return this.errors.map(({ error }) => error.code)
  }

  /** The tags of what left downstream. */
  get tags(): readonly string[] {
    return this.down.map(({ frame }) => frame.type)
  }

  /** The utterances of which something was written, in order. */
  get writtenContexts(): readonly string[] {
    return [...new Set(this.output.written.flatMap(({ contextId }) => contextId ?? []))]
  }
}

/** Messages in short: role and text, or the names of called functions. */
export function tell(messages: readonly Message[]): readonly string[] {
  return messages.map((message) => {
    if (!('role' in message)) return message.llm
    if (message.role === 'assistant' && message.tool_calls)
      return `calls ${message.tool_calls.map((each) => each.function.name).join(', ')}`
    return `${message.role}: ${messageText(message)}`
  })
}

/** Every hop of every frame of a task, with its time. Numbers that count through the process are left out. */
export class Trace {
  readonly lines: string[] = []
  readonly observer = {
    onPushFrame: (frame: Frame, direction: string, from: FrameProcessor | null, to: FrameProcessor | null): void => {
      const atMs = (to ?? from)?.runtime.clock.nowMs()
      this.lines.push(`${atMs} ${direction} ${place(from)} > ${place(to)} ${frame.type} ${wording(frame)}`)
    },
  }
}

const place = (processor: FrameProcessor | null): string => processor?.name.replace(/#\d+$/, '') ?? '-'

function wording(frame: Frame): string {
  const fields = Object.entries(frame).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
  const kept = fields.filter(([key]) => !['type', 'flags', 'id'].includes(key)).map(([key, value]) => `${key}=${value}`)
  if ('audio' in frame && frame.audio instanceof Int16Array) kept.push(`samples=${frame.audio.length}`)
  return kept.join(' ')
}
