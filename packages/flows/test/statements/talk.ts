import {
  BaseOutputTransport,
  type Frame,
  type FrameDirection,
  type FrameProcessor,
  type GenerateOptions,
  LLMContext,
  LLMContextAggregatorPair,
  type LLMEvent,
  LLMService,
  type LLMServiceOptions,
  type Message,
  messageText,
  type OutputChunk,
  Pipeline,
  type PipelineElement,
  PipelineTask,
  type Runtime,
  sleep,
  type SynthesisOptions,
  TranscriptionFrame,
  type TTSEvent,
  TTSService,
  UserTurnProcessor,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '@pc/core'
import { createTestRuntime, TestClock } from '@pc/core/testing'
import type { FlowError } from '../../src/definition/errors.ts'
import type { FlowDefinition } from '../../src/definition/flow-definition.ts'
import { FlowManager, type FlowManagerOptions } from '../../src/manager/flow-manager.ts'
import type { FlowInspection } from '../../src/manager/inspection.ts'

type Step = LLMEvent | { readonly pauseMs: number }

/** What the model says to one request. */
export type Answer = readonly Step[]

/** What the model was given to read. */
export interface Asked {
  readonly history: readonly string[]
  readonly tools: readonly string[]
  readonly role: string | undefined
  readonly model: string | undefined
  readonly temperature: number | undefined
  readonly atMs: number
}

/** Gives one answer after the other, then nothing, and keeps what it was asked. */
export class ScriptedModel extends LLMService {
  readonly asked: Asked[] = []
  readonly answers: Answer[]
  constructor(answers: readonly Answer[], options: LLMServiceOptions = {}) {
    super({ name: 'model', ...options })
    this.answers = [...answers]
  }
  override async *generate(context: LLMContext, { signal, tools, settings }: GenerateOptions): AsyncIterable<LLMEvent> {
    this.asked.push({
      history: tell(context.messages),
      tools: tools?.standardTools.map(({ name }) => name) ?? [],
      role: settings.systemInstruction ?? undefined,
      model: settings.model ?? undefined,
      temperature: settings.temperature ?? undefined,
      atMs: this.runtime.clock.nowMs(),
    })
    for (const step of this.answers.shift() ?? []) {
      if (typeof step === 'object' && 'pauseMs' in step) await sleep(this.runtime.clock, step.pauseMs, signal)
      else yield step
    }
    yield { type: 'done', finishReason: 'stop' }
  }
}

let calls = 0

/** The model calls a function. */
export function call(name: string, args: object = {}): LLMEvent {
  return { type: 'toolCall', id: `call-${++calls}`, name, arguments: JSON.stringify(args) }
}

/** Speaks ten characters a second, with word times. */
export class Voice extends TTSService {
  readonly spoken: string[] = []
  constructor() {
    super({ name: 'voice' })
  }
  override async *synthesize(text: string, { sampleRate }: SynthesisOptions): AsyncIterable<TTSEvent> {
    this.spoken.push(text)
    for (const { 0: word, index } of text.matchAll(/\S+/g)) yield { type: 'word', text: word, startUs: index * 100_000 }
    yield new Int16Array((text.length * sampleRate) / 10).fill(1000)
  }
}

/** Plays on the test clock. */
class Speaker extends BaseOutputTransport {
  lastWrittenMs = 0
  protected override writeAudio(_chunk: OutputChunk): void {
    this.lastWrittenMs = this.runtime.clock.nowMs()
  }
  protected override writeMessage(): void {}
}

/** A frame that was sent in, or made on its way, and when it was first seen. */
export interface Seen {
  readonly frame: Frame
  readonly type: string
  readonly atMs: number
}

/** How a {@link Talk} is set up. */
export interface TalkOptions extends Partial<Omit<FlowManagerOptions, 'task' | 'host' | 'llm' | 'contextAggregator'>> {
  readonly answers?: readonly Answer[]
  /** In the place of the scripted model. */
  readonly llm?: PipelineElement & NonNullable<FlowManagerOptions['llm']>
  /** The manager looks for its parts in the pipeline by itself. */
  readonly findModel?: boolean
  readonly messages?: readonly Message[]
  /** Stand ahead of the user's half. */
  readonly ahead?: readonly PipelineElement[]
  readonly clock?: TestClock
  readonly runtime?: Partial<Runtime>
}

/** A whole conversation on the test clock with a flow on it: turns, aggregators, model, voice, paced playout. */
export class Talk {
  readonly clock: TestClock
  readonly model: ScriptedModel
  readonly voice: Voice = new Voice()
  readonly output: Speaker = new Speaker()
  readonly context: LLMContext
  readonly task: PipelineTask
  readonly manager: FlowManager
  readonly events: FlowInspection[] = []
  readonly errors: FlowError[] = []
  readonly frames: Seen[] = []
  readonly run: Promise<void>

  constructor(flow: FlowDefinition | undefined, options: TalkOptions = {}) {
    const {
      answers = [],
      llm,
      findModel = false,
      messages,
      ahead = [],
      clock = new TestClock(),
      runtime,
      ...rest
    } = options
    this.clock = clock
    this.context = new LLMContext({ messages })
    this.model = llm instanceof ScriptedModel ? llm : new ScriptedModel(answers)
    const pair = new LLMContextAggregatorPair(this.context)
    const model = llm ?? this.model
    this.task = new PipelineTask(
      new Pipeline([...ahead, new UserTurnProcessor(), pair.user, model, this.voice, this.output, pair.assistant]),
      {},
      { defaultParts: false, idleTimeoutSecs: null, runtime: { ...createTestRuntime(clock), ...runtime } },
    )
    const known = new WeakSet<Frame>()
    this.task.addObserver({
      onPushFrame: (frame: Frame, _way: FrameDirection, _from: FrameProcessor | null): void => {
        if (known.has(frame)) return
        known.add(frame)
        this.frames.push({ frame, type: frame.type, atMs: clock.nowMs() })
      },
    })
    this.manager = new FlowManager({
      task: this.task,
      ...(!findModel && { llm: model, contextAggregator: pair }),
      inspect: (event) => void this.events.push(event),
      ...(flow !== undefined && { flow }),
      ...rest,
    } as FlowManagerOptions)
    this.manager.on('error', (error) => void this.errors.push(error))
    this.run = this.task.run()
  }

  /** A conversation whose flow has begun; what its first node says before takes its time. */
  static async start(flow: FlowDefinition | undefined, options?: TalkOptions): Promise<Talk> {
    const talk = new Talk(flow, options)
    await talk.clock.settle()
    await talk.during(talk.manager.initialize())
    await talk.clock.settle()
    return talk
  }

  /** Time passes until a promise settles. */
  async during<T>(work: Promise<T>): Promise<T> {
    let over = false
    const done = (): void => void (over = true)
    work.then(done, done)
    await this.clock.settle()
    while (!over) await this.clock.advance(20)
    return work
  }

  async advance(secs: number): Promise<void> {
    await this.clock.advance(secs * 1000)
  }

  async send(...frames: Frame[]): Promise<void> {
    for (const frame of frames) await this.task.queueFrame(frame)
    await this.clock.settle()
  }

  /** The user begins to speak. */
  async begin(): Promise<void> {
    await this.send(new VADUserStartedSpeakingFrame(0.2, this.clock.nowMs()))
  }

  /** The user stops; 0.1 s later their words are recognised, another 0.5 s later the model is asked. */
  async finish(text: string): Promise<void> {
    await this.send(new VADUserStoppedSpeakingFrame(0.2, this.clock.nowMs()))
    await this.advance(0.1)
    if (text !== '') await this.send(new TranscriptionFrame(text, 'user', '', { finalized: true }))
    await this.advance(0.5)
  }

  /** The user says something, for 0.5 s, and the model is asked 0.6 s later. */
  async say(text: string): Promise<void> {
    await this.begin()
    await this.advance(0.5)
    await this.finish(text)
  }

  get node(): string | null {
    return this.manager.currentNode
  }

  /** The messages in short. */
  get history(): readonly string[] {
    return tell(this.context.messages)
  }

  get spoken(): readonly string[] {
    return this.voice.spoken
  }

  get asked(): readonly Asked[] {
    return this.model.asked
  }

  /** What the model was asked last. */
  get lastAsked(): Asked {
    const asked = this.model.asked.at(-1)
    if (asked === undefined) throw new Error('the model was not asked')
    return asked
  }

  /** The tags of the frames that were sent or made, those of these tags alone, each frame once. */
  sent(...types: readonly string[]): readonly string[] {
    return this.frames.filter(({ type }) => types.includes(type)).map(({ type }) => type)
  }

  /** The nodes in the order in which they were entered. */
  get path(): readonly string[] {
    return this.events.flatMap((event) => (event.type === 'flow.enter' ? [event.node] : []))
  }

  async end(): Promise<void> {
    void this.task.cancel()
    await this.clock.advanceUntil(() => this.task.hasFinished())
    await this.run
  }
}

/** Messages in short: role and text, or the names of called functions. */
export function tell(messages: readonly Message[]): readonly string[] {
  return messages.map((message) => {
    if (!('role' in message)) return message.llm
    if (message.role === 'assistant' && message.tool_calls) {
      return `calls ${message.tool_calls.map((each) => each.function.name).join(', ')}`
    }
    return `${message.role}: ${messageText(message)}`
  })
}

/** A promise and what settles it. */
export function gate<T = void>(): { readonly opened: Promise<T>; open(value: T): void } {
  const { promise, resolve } = Promise.withResolvers<T>()
  return { opened: promise, open: resolve }
}
