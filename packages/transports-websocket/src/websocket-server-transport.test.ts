import { once } from 'node:events'
import {
  type BotSpeechHeardFrame,
  EndFrame,
  type Frame,
  type FrameSerializer,
  type InputAudioRawFrame,
  InterruptionFrame,
  OutputTransportMessageFrame,
  OutputTransportMessageUrgentFrame,
  TextFrame,
} from '@pc/core'
import { afterEach, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import { hangUp, speech, startCall } from '../test/call.ts'
import { encodeFrame } from './codec.ts'
import {
  FastAPIWebsocketParams,
  FastAPIWebsocketTransport,
  ProtobufFrameSerializer,
  WebSocketServerTransport,
} from './index.ts'

afterEach(hangUp)

const audioMessage = (samples: number, value = 7): Uint8Array =>
  encodeFrame({
    kind: 'audio',
    id: 0,
    name: 'audio',
    audio: new Uint8Array(new Int16Array(samples).fill(value).buffer),
    sampleRate: 16_000,
    numChannels: 1,
  })

const message = (data: unknown): Uint8Array => encodeFrame({ kind: 'message', data: JSON.stringify(data) })

const isAudio = (frame: Frame): frame is InputAudioRawFrame => frame.type === 'InputAudioRawFrame'

describe('a connected client', () => {
  test('is told of once the pipeline runs, and what it sent before is not lost', async () => {
    const { heard, events, until } = await startCall({
      early: (socket) => {
        socket.send(message({ type: 'client-ready' }))
        for (let i = 0; i < 400; i++) socket.send(audioMessage(256))
      },
      beforeRun: (websocket) => new Promise((resolve) => websocket.once('message', () => setImmediate(resolve))),
    })
    await until(() => heard.filter(isAudio).length === 400)
    expect(events).toEqual(['connected'])
    expect(heard.map(({ type }) => type).slice(0, 3)).toEqual([
      'StartFrame',
      'ClientConnectedFrame',
      'InputTransportMessageFrame',
    ])
  })

  test('is heard: audio, messages, text, transcriptions and interruptions', async () => {
    const { client, heard, until } = await startCall()
    client.socket.send(audioMessage(256))
    client.socket.send(message({ label: 'rtvi-ai', n: 1 }))
    client.socket.send(encodeFrame({ kind: 'text', id: 1, name: 't', text: 'hello' }))
    client.socket.send(
      encodeFrame({ kind: 'transcription', id: 1, name: 't', text: 'hi', userId: 'anna', timestamp: 'now' }),
    )
    await until(() => heard.some(({ type }) => type === 'TranscriptionFrame'))
    expect(heard.find(isAudio)).toMatchObject({ sampleRate: 16_000, audio: new Int16Array(256).fill(7) })
    expect(heard.slice(-3)).toMatchObject([
      { type: 'InputTransportMessageFrame', message: { label: 'rtvi-ai', n: 1 } },
      { type: 'TextFrame', text: 'hello' },
      { type: 'TranscriptionFrame', text: 'hi', userId: 'anna', timestamp: 'now' },
    ])
  })

  test('hears speech with a lead of 200 ms, then a chunk per 20 ms, each with its utterance and place', async () => {
    const { client, clock, task } = await startCall()
    await task.queueFrame(speech(500, 'reply-1'))
    await client.until(() => client.audio.length === 11)
    expect(client.audio[3]).toMatchObject({ name: 'reply-1', sampleRate: 24_000, numChannels: 1, pts: 60_000_000 })
    expect(client.audio[3]?.audio).toHaveLength(960)
    await clock.advance(100)
    await client.until(() => client.audio.length === 16)
    await clock.advance(1000)
    await client.until(() => client.audio.length === 25)
  })

  test('gets messages in their place behind audio, urgent ones at once', async () => {
    const { client, clock, task } = await startCall()
    await task.queueFrame(speech(100))
    await task.queueFrame(new OutputTransportMessageFrame({ n: 2 }))
    await task.queueFrame(new OutputTransportMessageUrgentFrame({ n: 1 }))
    await client.until(() => client.frames.length === 6)
    await clock.advance(100)
    await client.until(() => client.frames.length === 7)
    const messages = client.frames.filter((frame) => frame.kind === 'message')
    expect(messages.map(({ data }) => data)).toEqual(['{"n":1}', '{"n":2}'])
    expect(client.frames.at(-1)?.kind).toBe('message')
  })

  test('hears nothing more after an interruption, and is not told of it by default', async () => {
    const { client, clock, task } = await startCall()
    await task.queueFrame(speech(5000))
    await client.until(() => client.audio.length === 11)
    await task.queueFrame(new InterruptionFrame())
    await clock.advance(1000)
    await task.queueFrame(new OutputTransportMessageUrgentFrame('after'))
    await client.until(() => client.frames.some(({ kind }) => kind === 'message'))
    expect(client.frames.map(({ kind }) => kind)).toEqual([...Array.from({ length: 11 }, () => 'audio'), 'message'])
  })

  test('that can drop its buffer is told to, and only what it played counts as heard', async () => {
    const { client, clock, task } = await startCall({
      transport: { serializer: new ProtobufFrameSerializer({ interruptions: true }) },
    })
    const heard: BotSpeechHeardFrame[] = []
    task.on('frameReachedDownstream', (frame) => {
      if (frame.type === 'BotSpeechHeardFrame') heard.push(frame as BotSpeechHeardFrame)
    })
    await task.queueFrame(speech(5000))
    await clock.advance(100)
    await task.queueFrame(new InterruptionFrame())
    await client.until(() => client.frames.at(-1)?.kind === 'interruption')
    expect(heard).toHaveLength(1)
    expect(client.audio).toHaveLength(16)
  })

  test('is told of at its going', async () => {
    const { client, events, until } = await startCall()
    client.socket.close(1000)
    await until(() => events.includes('disconnected'))
    expect(events).toEqual(['connected', 'disconnected'])
  })

  test('that went before the pipeline ran is told of all the same', async () => {
    const { events, until } = await startCall({
      early: (socket) => socket.close(),
      beforeRun: async (websocket) => void (await once(websocket, 'close')),
    })
    await until(() => events.length === 2)
    expect(events).toEqual(['connected', 'disconnected'])
  })

  test('is closed with code 1000 when the pipeline has ended, after all audio was sent', async () => {
    const { client, clock, task, run } = await startCall({ transport: { params: { audioOutEndSilenceSecs: 0.1 } } })
    await task.queueFrame(speech(300))
    await task.queueFrame(new EndFrame())
    await clock.advance(500)
    await client.until(() => client.closeCode !== undefined)
    await run
    expect(client.closeCode).toBe(1000)
    expect(client.audio).toHaveLength(20)
  })

  test('can be hung up from this side', async () => {
    const { client, transport } = await startCall()
    await transport.stop()
    await client.until(() => client.closeCode !== undefined)
    expect(client.closeCode).toBe(1000)
  })
})

describe('bad input', () => {
  test('is reported with its kind, once in a row, and the session goes on', async () => {
    const { client, errors, heard, until } = await startCall()
    const odd = encodeFrame({
      kind: 'audio',
      id: 0,
      name: 'audio',
      audio: new Uint8Array(3),
      sampleRate: 16_000,
      numChannels: 1,
    })
    const bad: [Uint8Array | string, string][] = [
      [Uint8Array.of(0x12, 0xff), 'not-protobuf'],
      ['text', 'not-protobuf'],
      [encodeFrame({ kind: 'message', data: '{' }), 'not-json'],
      [odd, 'odd-audio'],
    ]
    for (const [index, [data]] of bad.entries()) {
      client.socket.send(data)
      client.socket.send(data)
      client.socket.send(message({ index }))
    }
    await until(() => heard.filter(({ type }) => type === 'InputTransportMessageFrame').length === bad.length)
    expect(errors.map(({ error }) => [error.code, error.kind])).toEqual(bad.map(([, code]) => [code, 'protocol']))
  })

  test('of a rate that cannot be is reported by the input', async () => {
    const { client, errors, until } = await startCall()
    client.socket.send(
      encodeFrame({ kind: 'audio', id: 0, name: 'audio', audio: new Uint8Array(4), sampleRate: 1, numChannels: 1 }),
    )
    await until(() => errors.length === 1)
    expect(errors[0]?.error.code).toBe('audio-in-failed')
  })

  test('of too many or too long messages is dropped and reported', async () => {
    const { client, clock, errors, heard, until } = await startCall({
      transport: { params: { maxMessagesPerSec: 10, maxMessageBytes: 1000 } },
    })
    client.socket.send(message('x'.repeat(2000)))
    for (let i = 0; i < 60; i++) client.socket.send(audioMessage(16))
    // The answer to a ping comes when all before it was taken.
    const taken = once(client.socket, 'pong')
    client.socket.ping()
    await taken
    await until(() => errors.length === 2)
    expect(errors.map(({ error }) => error.code)).toEqual(['message-too-large', 'too-many-messages'])
    expect(heard.filter(isAudio)).toHaveLength(39)
    await clock.advance(1000)
    client.socket.send(message('again'))
    await until(() => heard.some(({ type }) => type === 'InputTransportMessageFrame'))
  })

  test('of messages that cannot be written is reported here and not sent', async () => {
    const { errors, task, until } = await startCall()
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    await task.queueFrame(new OutputTransportMessageUrgentFrame(circle))
    await task.queueFrame(new OutputTransportMessageUrgentFrame(undefined))
    await until(() => errors.length === 2)
    expect(errors.map(({ error }) => error.code)).toEqual(['message-not-json', 'message-not-json'])
  })
})

describe('a client that is gone in all but name', () => {
  const stuff = (websocket: WebSocket): void => {
    // Its kernel buffers are full, as those of a client that has stopped reading.
    Object.defineProperty(websocket, 'bufferedAmount', { value: 300_000, configurable: true })
  }

  test('is cut off when it leaves a ping unanswered', async () => {
    const { client, clock, errors, events, until, transport } = await startCall()
    const pong = once(transport.websocket, 'pong')
    await clock.advance(15_000)
    await pong
    await clock.advance(15_000)
    expect(events).toEqual(['connected'])
    await once(transport.websocket, 'pong')
    client.socket.pause()
    await clock.advance(30_000)
    await until(() => events.includes('disconnected'))
    expect(errors.map(({ error }) => error.code)).toEqual(['client-unreachable'])
  })

  test('gets no audio while it does not read, and is cut off after 10 s', async () => {
    const { client, clock, errors, events, until, task, transport } = await startCall()
    stuff(transport.websocket)
    await task.queueFrame(speech(15_000))
    await clock.advance(9000)
    expect(client.audio).toHaveLength(0)
    expect(errors).toHaveLength(0)
    await clock.advance(2000)
    await until(() => events.includes('disconnected'))
    expect(errors.map(({ error }) => [error.code, error.kind])).toEqual([['client-stalled', 'timeout']])
  })

  test('is cut off at once when messages pile up', async () => {
    const { errors, events, until, task, transport } = await startCall({
      transport: { params: { maxBufferedBytes: 1000 } },
    })
    stuff(transport.websocket)
    await task.queueFrame(new OutputTransportMessageUrgentFrame('x'))
    await until(() => events.includes('disconnected'))
    expect(errors.map(({ error }) => error.code)).toEqual(['client-stalled'])
  })

  test('really stops reading, and the server holds no more than the limit', async () => {
    const { client, clock, task, transport, errors, events, until } = await startCall({
      transport: {
        params: { audioOutLeadSecs: 60, maxBufferedBytes: 100_000, stallLimitSecs: 1, pingIntervalSecs: 1e6 },
      },
    })
    client.socket.pause()
    let most = 0
    for (let i = 0; i < 40 && !events.includes('disconnected'); i++) {
      await task.queueFrame(speech(20_000, `u${i}`))
      await clock.advance(20_000)
      most = Math.max(most, transport.websocket.bufferedAmount)
    }
    await until(() => events.includes('disconnected'))
    expect(errors.map(({ error }) => error.code)).toEqual(['client-stalled'])
    expect(most).toBeLessThan(110_000)
  })
})

describe('another protocol', () => {
  class Json implements FrameSerializer {
    readonly rates: number[] = []
    setup(params: { audioInSampleRate: number; audioOutSampleRate: number }): void {
      this.rates.push(params.audioInSampleRate, params.audioOutSampleRate)
    }
    serialize(frame: Frame): string | undefined {
      if (frame.type === 'TTSAudioRawFrame') return JSON.stringify({ media: 1 })
      if (frame.type === 'EndFrame') return JSON.stringify({ bye: 1 })
      if (frame.type === 'CancelFrame') return JSON.stringify({ cancelled: 1 })
      return undefined
    }
    deserialize(data: Uint8Array | string): Frame {
      return new TextFrame(String(data))
    }
  }

  test('brings its own serializer, learns the rates, and says goodbye in its own words', async () => {
    const serializer = new Json()
    const { client, clock, task, heard, until } = await startCall({
      transport: { params: { serializer, audioInSampleRate: 8000, audioOutEndSilenceSecs: 0 } },
    })
    client.socket.send('hello')
    await until(() => heard.some(({ type }) => type === 'TextFrame'))
    await task.queueFrame(speech(20))
    await task.queueFrame(new EndFrame())
    await clock.advance(100)
    await client.until(() => client.closeCode !== undefined)
    expect(client.texts).toEqual(['{"media":1}', '{"bye":1}'])
    expect(serializer.rates).toEqual([8000, 24_000])
  })

  test('hears of a cancelled task too', async () => {
    const { client, task } = await startCall({ transport: { serializer: new Json() } })
    await task.cancel()
    await client.until(() => client.closeCode !== undefined)
    expect(client.texts).toEqual(['{"cancelled":1}'])
  })
})

test('a WAV header goes before the samples of each chunk when asked for', async () => {
  const { client, task } = await startCall({ transport: { params: { addWavHeader: true } } })
  await task.queueFrame(speech(20))
  await client.until(() => client.audio.length === 1)
  const { audio } = client.audio[0]!
  expect(audio).toHaveLength(44 + 960)
  expect(new TextDecoder().decode(audio.subarray(0, 4))).toBe('RIFF')
})

test('the names of the Pipecat API are the same classes, and limits that cannot be are refused', () => {
  expect(FastAPIWebsocketTransport).toBe(WebSocketServerTransport)
  const serializer = new ProtobufFrameSerializer()
  const params = new FastAPIWebsocketParams({
    audioInEnabled: true,
    audioOutEnabled: true,
    addWavHeader: false,
    serializer,
  })
  expect(params).toMatchObject({
    audioInPassthrough: true,
    addWavHeader: false,
    serializer,
    maxMessageBytes: 1_048_576,
  })
  expect(() => new FastAPIWebsocketParams({ pingIntervalSecs: 0 })).toThrow('pingIntervalSecs is 0')
})
