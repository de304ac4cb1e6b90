import {
  BaseInputTransport,
  BaseOutputTransport,
  FrameProcessor,
  InputTransportMessageFrame,
  LLMContext,
  LLMContextAggregatorPair,
  LLMRunFrame,
  LLMService,
  messageText,
  Pipeline,
  PipelineTask,
  type SynthesisOptions,
  TTSService,
} from '@pc/core'
import { LogLevel, logger, PipecatClient } from '@pipecat-ai/client-js'
import { describe, expect, it, vi } from 'vitest'
import { RTVIProcessor } from '../src/index.ts'
import { MemoryTransport } from './memory-transport.ts'

// The client reads the browser's name, even where there is none.
vi.stubGlobal('window', { navigator: globalThis.navigator })

class Input extends BaseInputTransport {
  tell(json: string): void {
    this.pushFrame(new InputTransportMessageFrame(JSON.parse(json)))
  }
}

class Output extends BaseOutputTransport {
  readonly #send: (message: unknown) => void
  constructor(send: (message: unknown) => void) {
    super({ name: 'output' })
    this.#send = send
  }
  protected override writeAudio(): void {}
  protected override writeMessage(message: unknown): void {
    this.#send(message)
  }
}

class Echo extends LLMService {
  override async *generate(context: LLMContext): AsyncIterable<string> {
    const last = context.messages.findLast((message) => 'role' in message && message.role === 'user')
    yield last === undefined ? 'Welcome.' : `You said ${messageText(last)}.`
  }
}

/** Speaks 0.02 s, whatever the text. */
class Voice extends TTSService {
  override async *synthesize(_text: string, { sampleRate }: SynthesisOptions): AsyncIterable<Int16Array> {
    yield new Int16Array(sampleRate / 50).fill(9000)
  }
}

describe('document B, the developer reference', () => {
  it('B3: rtvi as a processor of the list', async () => {
    logger.setLevel(LogLevel.NONE)
    const transport = new MemoryTransport()
    const input = new Input({ name: 'input' })
    transport.toServer = (json) => input.tell(json)
    const output = new Output((message) => transport.receive(JSON.stringify(message)))
    const rtvi = new RTVIProcessor({ name: 'rtvi' })
    const contextAggregator = new LLMContextAggregatorPair(
      new LLMContext({ messages: [{ role: 'system', content: 'You are a helpful assistant.' }] }),
    )
    const [stt, llm, tts] = [new FrameProcessor('stt'), new Echo({ name: 'llm' }), new Voice({ name: 'tts' })]
    const pipeline = new Pipeline([
      input,
      rtvi,
      stt,
      contextAggregator.user(),
      llm,
      tts,
      output,
      contextAggregator.assistant(),
    ])
    const task = new PipelineTask(pipeline, {}, { idleTimeoutSecs: null })
    rtvi.eventHandler('on_client_ready', () => task.queueFrame(new LLMRunFrame()))
    const heard: string[] = []
    const speaking: string[] = []
    const client = new PipecatClient({
      transport,
      enableMic: false,
      callbacks: {
        onBotLlmText: ({ text }) => heard.push(text),
        onBotStartedSpeaking: () => speaking.push('started'),
        onBotStoppedSpeaking: () => speaking.push('stopped'),
      },
    })
    const run = task.run()
    await task.started
    await client.connect({})
    await vi.waitFor(() => expect(speaking).toEqual(['started', 'stopped']), { timeout: 15_000 })
    await client.sendText('hello')
    await vi.waitFor(() => expect(speaking).toHaveLength(4), { timeout: 15_000 })
    expect(heard).toEqual(['Welcome.', 'You said hello.'])
    const { context } = contextAggregator.assistant()
    await vi.waitFor(() =>
      expect(context.messages.slice(1)).toEqual([
        { role: 'assistant', content: 'Welcome.' },
        { role: 'user', content: 'hello' },
        { role: 'assistant', content: 'You said hello.' },
      ]),
    )
    client.disconnectBot()
    await run
    await client.disconnect()
  })
})
