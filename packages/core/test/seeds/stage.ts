import {
  BaseTransport,
  LLMAssistantAggregator,
  type LLMContext,
  type LLMEvent,
  LLMService,
  type LLMServiceOptions,
  messageText,
  type OutputChunk,
  type PipelineTask,
  type PipelineTaskOptions,
  type STTEvent,
  STTService,
  type STTServiceOptions,
  type SynthesisOptions,
  type TranscribeOptions,
  TransportParams,
  type TransportParamsFields,
  TTSService,
  type TTSServiceOptions,
  VADAnalyzer,
  type VADAnalyzerOptions,
} from '../../src/index.ts'
import { createTestRuntime, TestClock } from '../../src/testing/index.ts'
import { Microphone } from '../ears.ts'
import { RecordingOutput } from '../recording-output.ts'
import { tell } from '../talk.ts'

/** How long a letter sounds, milliseconds. */
const LETTER_MS = 40

/** Sound that says a text: one level per letter. Speech of other rates, or with a quiet background, is understood too. */
export function spell(text: string, sampleRate: number): Int16Array {
  const length = (sampleRate * LETTER_MS) / 1000
  return Int16Array.from({ length: length * text.length }, (_, i) => text.charCodeAt(Math.floor(i / length)) * 100)
}

/** What a sound says; letters that are not there whole are left out. */
export function read(sound: readonly Int16Array[], sampleRate: number): string {
  const samples = sound.flatMap((piece) => [...piece])
  const length = (sampleRate * LETTER_MS) / 1000
  let text = ''
  for (let at = 0; at + length / 2 < samples.length;) {
    const level = samples[at + length / 2]!
    const loud = samples[at]! > 2000 && level > 2000
    if (loud) text += String.fromCharCode(Math.round(level / 100))
    at += loud ? length : 1
  }
  return text
}

/** Takes what is loud for speech. */
export class LoudnessAnalyzer extends VADAnalyzer {
  readonly windowSamples = 512
  constructor(options: VADAnalyzerOptions = {}) {
    super({ minVolume: 0, ...options })
  }
  async load(): Promise<void> {}
  confidence(window: Int16Array): number {
    return window.some((sample) => sample > 2000) ? 1 : 0
  }
  resetModel(): void {}
}

/** Understands {@link spell}: when the user stops, or by itself after 0.3 s of silence. */
export class Recogniser extends STTService {
  constructor(options: STTServiceOptions = {}) {
    super({ name: 'stt', ...options })
  }

  override async *transcribe(
    audio: AsyncIterable<Int16Array>,
    { onFinalize, sampleRate }: TranscribeOptions,
  ): AsyncIterable<STTEvent> {
    let stopped = false
    onFinalize(() => (stopped = true))
    yield { type: 'open' }
    let sound: Int16Array[] = []
    let silence = 0
    for await (const piece of audio) {
      sound.push(piece)
      silence = piece.some((sample) => sample > 2000) ? 0 : silence + piece.length
      if (!stopped && silence < 0.3 * sampleRate) continue
      const text = read(sound, sampleRate)
      sound = []
      silence = 0
      stopped = false
      if (text !== '') yield { type: 'final', text, finalized: true }
    }
  }
}

/** Answers with what the user said last, in words of its own. */
export class Echo extends LLMService {
  readonly #prefix: string

  constructor(prefix = 'You said', options: LLMServiceOptions = {}) {
    super({ name: 'llm', ...options })
    this.#prefix = prefix
  }

  override async *generate(context: LLMContext): AsyncIterable<LLMEvent> {
    const said = context.messages.findLast((message) => 'role' in message && message.role === 'user')
    yield said === undefined ? 'Welcome.' : `${this.#prefix} ${messageText(said)}.`
  }
}

/** Speaks by {@link spell}. */
export class Speaker extends TTSService {
  constructor(options: TTSServiceOptions = {}) {
    super({ name: 'tts', ...options })
  }

  override async *synthesize(text: string, { sampleRate }: SynthesisOptions): AsyncIterable<Int16Array> {
    yield spell(text, sampleRate)
  }
}

class Loudspeaker extends RecordingOutput {
  constructor(params: TransportParams) {
    super({ name: 'output', params })
  }
}

/** A transport whose client is the test. */
export class LocalTransport extends BaseTransport<string> {
  stopped = 0
  readonly #params: TransportParams

  constructor(params: TransportParamsFields = {}) {
    super()
    this.#params = new TransportParams(params)
  }

  connect(client: string): void {
    this.emit('clientConnected', client)
  }

  leave(client: string): void {
    this.emit('clientDisconnected', client)
  }

  override async stop(): Promise<void> {
    this.stopped++
  }

  protected override createInput(): Microphone {
    return new Microphone({ name: 'input', params: this.#params })
  }

  protected override createOutput(): Loudspeaker {
    return new Loudspeaker(this.#params)
  }
}

/** Time and a client, on which the examples run. */
export class Stage {
  readonly clock: TestClock = new TestClock()
  readonly transport: LocalTransport
  /** What an example's task needs to run here. */
  readonly options: PipelineTaskOptions

  constructor(params?: TransportParamsFields) {
    this.transport = new LocalTransport(params)
    this.options = { runtime: createTestRuntime(this.clock) }
  }

  /** The user says something and is silent for a while. */
  async say(text: string, quietMs = 2000): Promise<void> {
    const { input } = this
    const sound = spell(text, 16_000)
    for (let at = 0; at < sound.length; at += 320) await this.#hear(input, sound.slice(at, at + 320))
    await this.quiet(quietMs)
  }

  /** The user is silent. */
  async quiet(ms: number): Promise<void> {
    const { input } = this
    for (let passed = 0; passed < ms; passed += 20) await this.#hear(input, new Int16Array(320))
  }

  /** What the user has heard, utterance by utterance. */
  get heard(): string[] {
    const utterances = Map.groupBy(this.output.written, ({ contextId }) => contextId ?? '')
    return [...utterances.values()].map(sounds).filter((text) => text !== '')
  }

  get input(): Microphone {
    return this.transport.input() as Microphone
  }

  get output(): RecordingOutput {
    return this.transport.output() as RecordingOutput
  }

  async #hear(input: Microphone, sound: Int16Array): Promise<void> {
    input.hear(sound)
    await this.clock.advance(20)
  }
}

function sounds(chunks: readonly OutputChunk[]): string {
  return read(
    chunks.map(({ audio }) => audio),
    chunks[0]?.sampleRate ?? 1,
  )
}

/** The conversation that the task's assistant aggregator keeps, in short. */
export function conversation(task: PipelineTask): readonly string[] {
  const kept = task.processors.find((processor) => processor instanceof LLMAssistantAggregator)
  return tell(kept?.context.messages ?? [])
}
