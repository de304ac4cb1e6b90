import {
  defineProcessor,
  type Frame,
  LLMConfigureOutputFrame,
  type LLMMessagesAppendFrame,
  PcError,
  sleep,
} from '@pc/core'
import { describe, expect, test, vi } from 'vitest'
import { startSession } from '../test/support.ts'
import { RTVIServerResponseFrame } from './frames.ts'
import { RTVIProcessor } from './rtvi-processor.ts'

const ready = { version: '2.1.0', about: { library: 'test' } }
const frameTypes = (frames: readonly Frame[]): string[] => frames.map(({ type }) => type)

describe.each([false, true])('standing beside the pipeline: %s', (beside) => {
  test('the handshake is answered on its id, then the event fires', async () => {
    const session = await startSession({ beside })
    const order: string[] = []
    session.rtvi.on('clientReady', ({ version, about }) => order.push(`${String(version)} ${about.library}`))
    await session.client('client-ready', ready, 'abcd1234')
    expect(session.messages).toEqual([
      { type: 'bot-ready', id: 'abcd1234', data: { version: '2.1.0', about: { library: '@pc/rtvi' } } },
    ])
    expect(order).toEqual(['2.1.0 test'])
    await session.end()
  })

  test('a typed text interrupts, waits for the pipeline to drain, and asks the model', async () => {
    const order: string[] = []
    const slow = defineProcessor({
      name: 'aggregator',
      on: {
        BotSpeechHeardFrame: () => {},
        PipelineFlushFrame: async (frame, ctx) => {
          if (ctx.direction === 'downstream') await sleep(ctx.runtime.clock, 40)
          order.push(`drained ${ctx.direction}`)
          ctx.push(frame)
        },
        LLMMessagesAppendFrame: (frame) => {
          order.push(`append ${JSON.stringify(frame.messages)} run ${frame.runLlm}`)
        },
      },
      onInterruption: () => void order.push('interrupted'),
    })
    const session = await startSession({ beside, between: [slow] })
    await session.client('send-text', { content: 'hello' })
    await session.clock.advance(50)
    expect(order).toEqual([
      'interrupted',
      'drained downstream',
      'drained upstream',
      'append [{"role":"user","content":"hello"}] run true',
    ])
    await session.end()
  })

  test('the client ends the task gracefully', async () => {
    const session = await startSession({ beside })
    const finished: string[] = []
    session.task.on('pipelineFinished', (frame) => finished.push(frame.type))
    await session.client('disconnect-bot', {})
    await session.clock.advanceUntil(() => session.task.hasFinished())
    expect(finished).toEqual(['EndFrame'])
  })

  test('a text answer needs no toggling when the application has silenced the voice already, and a spoken one does', async () => {
    const session = await startSession({ beside })
    await session.queue(new LLMConfigureOutputFrame(true))
    await session.client('send-text', { content: 'quiet', options: { audio_response: false } })
    await session.client('send-text', { content: 'loud' })
    const types = frameTypes(session.down).filter((type) => type.startsWith('LLM'))
    expect(types.slice(-4)).toEqual([
      'LLMMessagesAppendFrame',
      'LLMConfigureOutputFrame',
      'LLMMessagesAppendFrame',
      'LLMConfigureOutputFrame',
    ])
    await session.end()
  })
})

test('it serves one task only', async () => {
  const session = await startSession()
  expect(() => session.rtvi.attachTo(session.task, session.rtvi)).toThrow('serves a task already')
  await session.end()
})

test('a client of protocol 1 gets its version back', async () => {
  const session = await startSession()
  await session.client('client-ready', { ...ready, version: '1.2.0' })
  expect(session.ofType('bot-ready')).toMatchObject([{ version: '1.2.0' }])
  await session.end()
})

test('a client of an unknown version gets a complaint on its id, and is served', async () => {
  const session = await startSession()
  await session.client('client-ready', { version: '9.0.0', about: 5 }, 'x')
  expect(session.messages).toMatchObject([
    { type: 'error-response', id: 'x', data: { error: expect.stringContaining('9.x') } },
    { type: 'bot-ready', id: 'x', data: { version: '2.1.0' } },
  ])
  await session.end()
})

test('a second handshake, after a reload of the page, is answered again', async () => {
  const session = await startSession()
  const onReady = vi.fn()
  session.rtvi.on('clientReady', onReady)
  await session.client('client-ready', ready, 'one')
  await session.client('client-ready', ready, 'two')
  expect(session.messages.map(({ id }) => id)).toEqual(['one', 'two'])
  expect(onReady).toHaveBeenCalledTimes(2)
  await session.end()
})

test('an application may keep clients waiting until it is warm', async () => {
  const session = await startSession({ manualBotReady: true })
  await session.client('client-ready', ready, 'x')
  expect(session.messages).toEqual([])
  session.rtvi.sendBotReady()
  session.rtvi.sendBotReady()
  expect(session.types()).toEqual(['bot-ready'])
  await session.end()
})

test('a typed text that is not to run waits in the conversation, without an interruption', async () => {
  const session = await startSession()
  await session.client('send-text', { content: 'note', options: { run_immediately: false, audio_response: false } })
  expect(session.types()).toEqual([])
  expect(session.down).toMatchObject([
    { type: 'LLMMessagesAppendFrame', messages: [{ role: 'user', content: 'note' }], runLlm: false },
  ])
  await session.end()
})

test('a text answer silences the voice for this answer only', async () => {
  const session = await startSession()
  await session.client('send-text', { content: 'hush', options: { audio_response: false } })
  expect(session.down).toMatchObject([
    { type: 'LLMConfigureOutputFrame', skipTts: true },
    { type: 'LLMMessagesAppendFrame', runLlm: true },
    { type: 'LLMConfigureOutputFrame', skipTts: false },
  ])
  await session.end()
})

test('typed texts keep their order while the first is still waiting for the pipeline', async () => {
  const slow = defineProcessor({
    name: 'slow',
    on: { PipelineFlushFrame: (frame, ctx) => sleep(ctx.runtime.clock, 30).then(() => ctx.push(frame)) },
  })
  const session = await startSession({ between: [slow] })
  await session.client('send-text', { content: 'one' })
  await session.client('append-to-context', { role: 'assistant', content: 'two' })
  await session.client('append-to-context', { role: 'user', content: 'three', run_immediately: true })
  await session.clock.advance(300)
  const appended = session.down.filter(({ type }) => type === 'LLMMessagesAppendFrame') as LLMMessagesAppendFrame[]
  expect(appended.map(({ messages, runLlm }) => [messages[0], runLlm])).toEqual([
    [{ role: 'user', content: 'one' }, true],
    [{ role: 'assistant', content: 'two' }, false],
    [{ role: 'user', content: 'three' }, true],
  ])
  await session.end()
})

test('keys and audio in messages go into the pipeline in order', async () => {
  const session = await startSession()
  await session.client('dtmf', { buttons: ['4', '2', '#'] })
  await session.client('raw-audio-batch', { base64AudioBatch: ['AQA=', 'AgA='], sampleRate: 8000, numChannels: 1 })
  expect(session.down).toMatchObject([
    { type: 'InputDTMFFrame', button: '4' },
    { type: 'InputDTMFFrame', button: '2' },
    { type: 'InputDTMFFrame', button: '#' },
    { type: 'InputAudioRawFrame', audio: Int16Array.of(1), sampleRate: 8000 },
    { type: 'InputAudioRawFrame', audio: Int16Array.of(2), numChannels: 1 },
  ])
  await session.end()
})

test('a custom message can be answered by a listener, and by a processor', async () => {
  const weather = defineProcessor({
    name: 'weather',
    on: {
      RTVIClientMessageFrame: (frame, ctx) => {
        if (frame.messageType === 'weather') ctx.push(new RTVIServerResponseFrame(frame, { sun: frame.data }))
        if (frame.messageType === 'storm') ctx.push(new RTVIServerResponseFrame(frame, undefined, { error: 'no' }))
      },
    },
  })
  const session = await startSession({ between: [weather] })
  session.rtvi.on('clientMessage', ({ type, data, reply, fail }) => {
    if (type === 'echo') reply(data)
    if (type === 'broken') fail('out of order')
  })
  await session.client('client-message', { t: 'echo', d: [1] }, 'a')
  await session.client('client-message', { t: 'weather', d: 'Rome' }, 'b')
  await session.client('client-message', { t: 'storm' }, 'c')
  await session.client('client-message', { t: 'broken' }, 'd')
  expect(session.messages).toEqual([
    { type: 'server-response', id: 'a', data: { t: 'echo', d: [1] } },
    { type: 'server-response', id: 'b', data: { t: 'weather', d: { sun: 'Rome' } } },
    { type: 'error-response', id: 'c', data: { error: 'no' } },
    { type: 'error-response', id: 'd', data: { error: 'out of order' } },
  ])
  await session.end()
})

test('what a handler returns is the reply, and what it throws the error', async () => {
  const session = await startSession()
  const onMessage = vi.fn()
  session.rtvi.on('clientMessage', onMessage)
  const remove = session.rtvi.handle('double', async (data) => Number(data) * 2)
  session.rtvi.handle('nothing', () => {})
  session.rtvi.handle('boom', () => {
    throw new Error('no fuel')
  })
  await session.client('client-message', { t: 'double', d: 21 }, 'a')
  await session.client('client-message', { t: 'nothing' }, 'b')
  await session.client('client-message', { t: 'boom' }, 'c')
  expect(session.messages).toEqual([
    { type: 'server-response', id: 'a', data: { t: 'double', d: 42 } },
    { type: 'server-response', id: 'b', data: { t: 'nothing' } },
    { type: 'error-response', id: 'c', data: { error: 'no fuel' } },
  ])
  remove()
  await session.client('client-message', { t: 'double', d: 21 })
  expect(onMessage).toHaveBeenCalledOnce()
  await session.end()
})

test('messages of the page reach the application', async () => {
  const session = await startSession()
  const seen: unknown[] = []
  session.rtvi.on('uiMessage', (message) => seen.push(message))
  await session.client('ui-event', { event: 'click', payload: { x: 1 } }, 'a')
  await session.client('ui-cancel-job-group', { job_id: 'j' }, 'b')
  expect(seen).toEqual([
    { type: 'ui-event', id: 'a', event: 'click', payload: { x: 1 } },
    { type: 'ui-cancel-job-group', id: 'b', jobId: 'j', reason: undefined },
  ])
  await session.end()
})

test('an unknown type and data that does not fit are refused on the id of the message', async () => {
  const session = await startSession()
  await session.client('describe-actions', {}, 'a')
  await session.client('send-text', { text: 'hi' }, 'b')
  await session.client('llm-function-call-result', { tool_call_id: 't', result: 1 }, 'c')
  expect(session.messages).toEqual([
    { type: 'error-response', id: 'a', data: { error: 'Unsupported type describe-actions' } },
    { type: 'error-response', id: 'b', data: { error: 'Invalid send-text: data.content must be a string.' } },
    {
      type: 'error-response',
      id: 'c',
      data: { error: 'Invalid llm-function-call-result: No function call t waits for a result.' },
    },
  ])
  await session.end()
})

test('a broken envelope is an error event that does not end the session', async () => {
  const session = await startSession()
  await session.raw({ label: 'rtvi-ai', type: 'send-text', data: {} })
  expect(session.messages).toMatchObject([
    { type: 'error', data: { fatal: false, error: expect.stringContaining('id') } },
  ])
  await session.client('client-ready', ready)
  expect(session.types()).toContain('bot-ready')
  await session.end()
})

test.each([[null], ['text'], [[1, 2]], [{ label: 'other', id: 'a', type: 'client-ready' }]])(
  'a message that is not RTVI passes: %j',
  async (message) => {
    const session = await startSession()
    await session.raw(message)
    expect(session.messages).toEqual([])
    expect(session.down).toMatchObject([{ type: 'InputTransportMessageFrame', message }])
    await session.end()
  },
)

test('a listener that throws does not disturb the session', async () => {
  const session = await startSession()
  session.rtvi.on('clientReady', () => {
    throw new Error('bug of the application')
  })
  await session.client('client-ready', ready)
  await session.client('send-text', { content: 'hello' })
  expect(frameTypes(session.down)).toContain('LLMMessagesAppendFrame')
  await session.end()
})

test('the application sends messages of its own', async () => {
  const session = await startSession()
  session.rtvi.sendServerMessage({ type: 'pc/session' })
  session.rtvi.sendUICommand('toast', { title: 'Hi' })
  session.rtvi.sendUIJobGroup({ kind: 'group_completed', job_id: 'j', at: 5 })
  session.rtvi.sendError('the line is bad')
  session.rtvi.sendError(new PcError('no key', { code: 'x', kind: 'auth', service: 'acme' }), { fatal: true })
  expect(session.messages).toEqual([
    { type: 'server-message', data: { type: 'pc/session' } },
    { type: 'ui-command', data: { command: 'toast', payload: { title: 'Hi' } } },
    { type: 'ui-job-group', data: { kind: 'group_completed', job_id: 'j', at: 5 } },
    { type: 'error', data: { error: 'the line is bad', message: 'the line is bad', fatal: false } },
    { type: 'error', data: { error: 'no key', message: 'no key', fatal: true, kind: 'auth', service: 'acme' } },
  ])
  await session.end()
})

describe('a function that runs in the client', () => {
  const call = (signal = new AbortController().signal): { toolCallId: string; signal: AbortSignal } => ({
    toolCallId: 't1',
    signal,
  })

  test('returns what the client answers', async () => {
    const session = await startSession()
    const result = session.rtvi.clientFunction('locate')({}, call())
    await session.client('llm-function-call-result', {
      function_name: 'locate',
      tool_call_id: 't1',
      arguments: {},
      result: { city: 'Rome' },
    })
    await expect(result).resolves.toEqual({ city: 'Rome' })
    expect(session.clock.pending).toBe(0)
    await session.end()
  })

  test('fails when the client does not answer in time', async () => {
    const session = await startSession()
    const result = expect(session.rtvi.clientFunction('locate', { timeoutSecs: 5 })({}, call())).rejects.toMatchObject({
      code: 'client-function-timeout',
      message: expect.stringContaining('locate within 5 s'),
    })
    await session.clock.advance(5000)
    await result
    await session.end()
  })

  test('fails when the call is cancelled, and when the session ends', async () => {
    const session = await startSession()
    const handler = session.rtvi.clientFunction('locate')
    const controller = new AbortController()
    const cancelled = expect(handler({}, call(controller.signal))).rejects.toThrow('stop')
    controller.abort(new Error('stop'))
    await cancelled
    const left = expect(handler({}, call())).rejects.toMatchObject({ code: 'client-gone' })
    await session.end()
    await left
  })
})

describe('playback reports', () => {
  test('are announced to the pipeline once, and then passed on', async () => {
    const session = await startSession()
    const onMessage = vi.fn()
    session.rtvi.on('clientMessage', onMessage)
    await session.client('client-message', { t: 'pc/playout', d: { enabled: true } })
    await session.client('client-message', { t: 'pc/playout', d: { contextId: 'c', playedMs: 1234, flushed: true } })
    expect(session.down).toMatchObject([
      { type: 'PlayoutReportFrame', contextId: undefined, playedMs: 0, flushed: false },
      { type: 'PlayoutReportFrame', contextId: 'c', playedMs: 1234, flushed: true },
    ])
    expect(onMessage).not.toHaveBeenCalled()
    await session.end()
  })

  test('of nonsense are refused', async () => {
    const session = await startSession()
    await session.client('client-message', { t: 'pc/playout', d: { contextId: 'c', playedMs: 'all' } }, 'a')
    expect(session.messages).toMatchObject([{ type: 'error-response', id: 'a' }])
    expect(session.down).toEqual([])
    await session.end()
  })
})

test('it sends nothing and breaks nothing before its task runs', () => {
  const rtvi = new RTVIProcessor()
  expect(() => rtvi.sendServerMessage(1)).not.toThrow()
})
