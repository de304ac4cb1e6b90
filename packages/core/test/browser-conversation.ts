import {
  BaseInputTransport,
  BaseOutputTransport,
  LLMContext,
  LLMService,
  messageText,
  type OutputChunk,
  Pipeline,
  PipelineTask,
  type StandardMessage,
  STTService,
  type STTEvent,
  type SynthesisOptions,
  type TranscribeOptions,
  TTSService,
  VADAnalyzer,
} from '../src/index.ts'

export * from '../src/index.ts'
export * as adapters from '../src/adapters/index.ts'
export * as testing from '../src/testing/index.ts'

class LoudnessVAD extends VADAnalyzer {
  readonly windowSamples = 320
  async load(): Promise<void> {}
  confidence(window: Int16Array): number {
    return window.some((sample) => sample !== 0) ? 1 : 0
  }
  resetModel(): void {}
}

class OneSentenceSTT extends STTService {
  override async *transcribe(audio: AsyncIterable<Int16Array>, options: TranscribeOptions): AsyncIterable<STTEvent> {
    let spoken = false
    options.onFinalize(() => (spoken = true))
    for await (const _chunk of audio) {
      if (!spoken) continue
      spoken = false
      yield { type: 'final', text: 'How are you?', finalized: true }
    }
  }
}

class EchoLLM extends LLMService {
  override async *generate(context: LLMContext): AsyncIterable<string> {
    const last = context.messages.at(-1) as StandardMessage
    for (const word of `You said: ${messageText(last)}`.split(/(?<= )/)) yield word
  }
}

class ToneTTS extends TTSService {
  override async *synthesize(_text: string, { sampleRate }: SynthesisOptions): AsyncIterable<Int16Array> {
    yield new Int16Array(sampleRate / 5).fill(1000)
  }
}

class Microphone extends BaseInputTransport {
  speak(audio: Int16Array): void {
    this.receiveAudio(audio, 16_000)
  }
}

class Loudspeaker extends BaseOutputTransport {
  readonly played: number[] = []
  protected writeAudio({ audio }: OutputChunk): void {
    this.played.push(audio.length)
  }
  protected writeMessage(): void {}
}

/** What came of the conversation. */
export interface Conversation {
  readonly messages: readonly unknown[]
  /** Lengths of the chunks written, samples. */
  readonly played: readonly number[]
}

/** A spoken question and its spoken answer, on the platform's own clock, out of nothing but public parts. */
export async function runConversation(): Promise<Conversation> {
  const microphone = new Microphone({
    params: { vadAnalyzer: new LoudnessVAD({ startSecs: 0.04, stopSecs: 0.04, minVolume: 0 }) },
  })
  const loudspeaker = new Loudspeaker({ params: { audioOutEndSilenceSecs: 0 } })
  const context = new LLMContext()
  const model = new EchoLLM({ context })
  const task = new PipelineTask(new Pipeline([microphone, new OneSentenceSTT(), model, new ToneTTS(), loudspeaker]))
  const run = task.run()
  await task.started
  for (let i = 0; i < 50; i++) microphone.speak(new Int16Array(320).fill(i < 30 ? 1000 : 0))
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (context.messages.length === 2 && loudspeaker.played.length === 10) resolve()
      else setTimeout(look, 20)
    }
    look()
  })
  await task.stopWhenDone()
  await run
  return { messages: context.messages, played: loudspeaker.played }
}
