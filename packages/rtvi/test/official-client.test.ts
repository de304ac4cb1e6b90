import {
  AggregatedTextFrame,
  AggregatedTextProgressFrame,
  BotStartedSpeakingFrame,
  defineProcessor,
  EndFrame,
  ErrorFrame,
  type Frame,
  FunctionCallInProgressFrame,
  InputTransportMessageFrame,
  InterruptionFrame,
  MetricsFrame,
  PcError,
  Pipeline,
  PipelineTask,
  TranscriptionFrame,
} from '@pc/core'
import { LogLevel, logger, PipecatClient, type RTVIEventCallbacks, RTVI_PROTOCOL_VERSION } from '@pipecat-ai/client-js'
import { afterEach, expect, test, vi } from 'vitest'
import { RTVI_VERSION, RTVIProcessor } from '../src/index.ts'
import { MemoryTransport } from './memory-transport.ts'

/** The official client connected to a task, both on the real clock. */
interface Call {
  client: PipecatClient
  rtvi: RTVIProcessor
  task: PipelineTask
  down: Frame[]
}

const running: { task: PipelineTask; run: Promise<void>; client: PipecatClient }[] = []

// The client reads the browser's name, even where there is none.
vi.stubGlobal('window', { navigator: globalThis.navigator })

afterEach(async () => {
  for (const { task, run, client } of running.splice(0)) {
    await client.disconnect()
    await task.queueFrame(new EndFrame())
    await run
  }
})

async function connect(callbacks: RTVIEventCallbacks = {}): Promise<Call> {
  logger.setLevel(LogLevel.NONE)
  const transport = new MemoryTransport()
  const rtvi = new RTVIProcessor()
  const output = defineProcessor({
    name: 'output',
    on: { OutputTransportMessageUrgentFrame: (frame) => transport.receive(JSON.stringify(frame.message)) },
  })
  Object.assign(output, { isOutputTransport: true })
  const task = new PipelineTask(new Pipeline([rtvi, output]), {}, { defaultParts: false })
  transport.toServer = (json) => void task.queueFrame(new InputTransportMessageFrame(JSON.parse(json)))
  const down: Frame[] = []
  task.on('frameReachedDownstream', (frame) => down.push(frame))
  const client = new PipecatClient({ transport, callbacks, enableMic: false })
  running.push({ task, run: task.run(), client })
  await client.connect({})
  return { client, rtvi, task, down }
}

test('the official client speaks the version of this package', () => {
  expect(RTVI_VERSION).toBe(RTVI_PROTOCOL_VERSION)
})

test('it connects, and is known to the application', async () => {
  const onBotReady = vi.fn()
  const { client } = await connect({ onBotReady })
  expect(client.state).toBe('ready')
  expect(onBotReady).toHaveBeenCalledWith({ version: '2.1.0', about: { library: '@pc/rtvi' } })
})

test('its requests are answered, and failures reject them', async () => {
  const { client, rtvi } = await connect()
  rtvi.handle('double', (data) => Number(data) * 2)
  rtvi.handle('boom', () => {
    throw new Error('no fuel')
  })
  await expect(client.sendClientRequest('double', 21)).resolves.toBe(42)
  await expect(client.sendClientRequest('boom', {})).rejects.toMatchObject({ data: { error: 'no fuel' } })
})

test('its typed text reaches the conversation', async () => {
  const { client, down } = await connect()
  await client.sendText('hello', { run_immediately: true })
  await vi.waitFor(() =>
    expect(down).toMatchObject([
      { type: 'LLMMessagesAppendFrame', messages: [{ role: 'user', content: 'hello' }], runLlm: true },
    ]),
  )
})

test('its keys reach the pipeline', async () => {
  const { client, down } = await connect()
  client.sendDTMF('1#')
  await vi.waitFor(() => expect(down).toMatchObject([{ button: '1' }, { button: '#' }]))
})

test('a function that it registered runs there, and its result comes back', async () => {
  const { client, rtvi, task } = await connect()
  client.registerFunctionCallHandler('locate', async ({ arguments: { near } }) => ({ city: `near ${String(near)}` }))
  const handler = rtvi.clientFunction('locate')
  const call = { functionName: 'locate', toolCallId: 't1', arguments: { near: 'Rome' } }
  const result = handler(call.arguments, { toolCallId: 't1', signal: new AbortController().signal })
  await task.queueFrame(new FunctionCallInProgressFrame(call))
  await expect(result).resolves.toEqual({ city: 'near Rome' })
})

test('it understands what happens in a conversation', async () => {
  const seen: unknown[] = []
  const keep =
    (name: string) =>
    (data?: unknown): void =>
      void seen.push(data === undefined ? [name] : [name, data])
  const { task } = await connect({
    onUserTranscript: keep('transcript'),
    onBotStartedSpeaking: keep('speaking'),
    onBotOutput: keep('output'),
    onMetrics: keep('metrics'),
    onServerMessage: keep('message'),
    onUICommand: keep('command'),
    onError: ({ data }) => keep('error')(data),
  })
  const unit = { segmentId: 1, contextId: 'c', text: 'Hi.', aggregatedBy: 'sentence' }
  const between = task.processors[1]!
  await task.queueFrame(new TranscriptionFrame('hello', 'u', 'now'))
  await task.queueFrame(new BotStartedSpeakingFrame())
  between.pushFrame(new AggregatedTextFrame('Hi.', 'sentence', { ...unit, willBeSpoken: true }))
  between.pushFrame(new AggregatedTextProgressFrame({ ...unit, accumulatedText: 'Hi.', remainingText: '' }))
  await task.queueFrame(new MetricsFrame([{ kind: 'ttfb', processor: 'llm', valueSecs: 1 }]))
  await task.queueFrame(new InterruptionFrame())
  await task.queueFrame(new ErrorFrame(new PcError('oh', { code: 'x', kind: 'internal' })), 'upstream')
  const spoken = { aggregated_by: 'sentence', segment_id: 1, text: 'Hi.', will_be_spoken: true }
  expect(seen).toEqual([
    ['transcript', { text: 'hello', user_id: 'u', timestamp: 'now', final: true }],
    ['speaking'],
    ['output', { ...spoken, spoken_status: 'new', spoken_progress: { accumulated_text: '', remaining_text: 'Hi.' } }],
    [
      'output',
      { ...spoken, spoken_status: 'completed', spoken_progress: { accumulated_text: 'Hi.', remaining_text: '' } },
    ],
    ['metrics', { ttfb: [{ processor: 'llm', value: 1 }] }],
    ['error', { error: 'oh', message: 'oh', fatal: false, kind: 'internal' }],
  ])
})

test('it can end the session', async () => {
  const { client, task } = await connect()
  client.disconnectBot()
  await vi.waitFor(() => expect(task.hasFinished()).toBe(true))
})
