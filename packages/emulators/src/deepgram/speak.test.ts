import { DeepgramClient } from '@deepgram/sdk'
import { decodeMulaw, WavStreamParser } from '@pc/audio'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/manual-clock.ts'
import { refusalOf, SocketClient } from '../../test/socket-client.ts'
import { startEmulators } from '../emulators.ts'
import type { Emulators } from '../emulators.ts'
import { synthesizeBuzz } from '../synthetic-speech.ts'

let emulators: Emulators
let sdk: DeepgramClient

beforeAll(async () => {
  emulators = await startEmulators({ speed: Infinity })
  sdk = new DeepgramClient({ apiKey: 'key', environment: emulators.deepgram.environment, maxRetries: 0 })
})
afterEach(() => emulators.reset())
afterAll(() => emulators.close())

const speakUrl = (query = 'model=aura-2-thalia-en', from: Emulators = emulators): string =>
  `${from.deepgram.environment.production}/v1/speak?${query}`

const open = (query?: string): Promise<SocketClient> => new SocketClient(speakUrl(query)).opened()

const samplesOf = (bytes: Uint8Array): Int16Array => new Int16Array(new Uint8Array(bytes).buffer)

describe('speak v1 over a socket through the SDK', () => {
  it('answers Metadata, audio and Flushed', async () => {
    const socket = await sdk.speak.v1.connect({
      model: 'aura-2-thalia-en',
      encoding: 'linear16',
      sample_rate: '24000',
      reconnectAttempts: 0,
    })
    const types: string[] = []
    const blobs: Blob[] = []
    const flushed = new Promise<void>((resolve) => {
      // The SDK's types leave out the Blobs that it delivers.
      socket.on('message', (message: unknown) => {
        if (message instanceof Blob) blobs.push(message)
        else if (typeof message === 'object' && message !== null && 'type' in message) types.push(String(message.type))
        if (types.at(-1) === 'Flushed') resolve()
      })
    })
    const closed = new Promise<number>((resolve) => socket.on('close', ({ code }) => resolve(code)))
    socket.connect()
    await socket.waitForOpen()
    socket.sendText({ type: 'Speak', text: 'Hello ' })
    socket.sendText({ type: 'Speak', text: 'world.' })
    socket.sendFlush({ type: 'Flush' })
    await flushed
    socket.sendClose({ type: 'Close' })
    expect(await closed).toBe(1000)
    expect(types).toEqual(['Metadata', 'Flushed'])
    const audio = new Uint8Array(await new Blob(blobs).arrayBuffer())
    expect(samplesOf(audio)).toEqual(synthesizeBuzz('Hello world.'))
  })
})

describe('the wire of speak v1', () => {
  it('begins with Metadata and sends pieces that do not end on whole samples', async () => {
    const client = await open()
    client.send({ type: 'Speak', text: 'Hello world.' })
    client.send({ type: 'Flush' })
    await client.until(({ type }) => type === 'Flushed')
    expect(client.seen[0]).toMatchObject({
      kind: 'json',
      message: { type: 'Metadata', model_name: 'aura-2-thalia-en' },
    })
    const sizes = client.seen.flatMap((entry) => (entry.kind === 'binary' ? [entry.bytes.length] : []))
    expect(sizes.length).toBeGreaterThan(3)
    expect(sizes[0] && sizes[0] % 2).toBe(1)
    client.socket.close()
  })

  it('says Flushed after the audio of each flush, counting up, also when there is none', async () => {
    const client = await open()
    client.send({ type: 'Flush' })
    client.send({ type: 'Speak', text: 'Hi' })
    client.send({ type: 'Flush' })
    client.send({ type: 'Close' })
    expect(await client.closed).toMatchObject({ code: 1000 })
    expect(
      client.seen.map((entry) =>
        entry.kind === 'json' ? [entry.message['type'], entry.message['sequence_id']] : entry.kind,
      ),
    ).toEqual([['Metadata', undefined], ['Flushed', 0], 'binary', 'binary', ['Flushed', 1]])
  })

  it('speaks what is left before it closes', async () => {
    const client = await open()
    client.send({ type: 'Speak', text: 'Hello world.' })
    client.send({ type: 'Close' })
    await client.closed
    expect(samplesOf(client.audio)).toEqual(synthesizeBuzz('Hello world.'))
  })

  it('stops on Clear: a last piece that was on its way, then Cleared, then nothing but new speech', async () => {
    const clock = new ManualClock()
    const timed = await startEmulators({ clock })
    const client = await new SocketClient(speakUrl(undefined, timed)).opened()
    client.send({ type: 'Speak', text: 'A rather long sentence that takes some seconds to say.' })
    client.send({ type: 'Flush' })
    await clock.drive(client.untilCount(3))
    const before = client.audio.length
    client.send({ type: 'Clear' })
    client.send({ type: 'Speak', text: 'No' })
    client.send({ type: 'Flush' })
    await clock.drive(client.until(({ type }) => type === 'Flushed'))
    const kinds = client.seen.map((entry) => (entry.kind === 'json' ? entry.message['type'] : entry.kind))
    expect(kinds.filter((kind) => kind !== 'binary')).toEqual(['Metadata', 'Cleared', 'Flushed'])
    expect(client.audio.length - before).toBeGreaterThan(0.12 * 48_000)
    expect(client.audio.length).toBeLessThan(54 * 0.06 * 48_000)
    const cleared = client.seen.findIndex((entry) => entry.kind === 'json' && entry.message['type'] === 'Cleared')
    const after = client.seen.slice(cleared).flatMap((entry) => (entry.kind === 'binary' ? [entry.bytes] : []))
    expect(samplesOf(Buffer.concat(after))).toEqual(synthesizeBuzz('No'))
    await timed.close()
  })

  it('drops text that was not flushed on Clear', async () => {
    const client = await open()
    client.send({ type: 'Speak', text: 'Never said.' })
    client.send({ type: 'Clear' })
    client.send({ type: 'Close' })
    await client.closed
    expect(client.messages.map(({ type }) => type)).toEqual(['Metadata', 'Cleared'])
    expect(client.audio.length).toBe(0)
  })

  it('warns of a text over 2000 characters and of more than 20 flushes in a minute', async () => {
    const client = await open()
    client.send({ type: 'Speak', text: 'x'.repeat(2001) })
    expect(await client.until(({ type }) => type === 'Warning')).toMatchObject({ code: 'TEXT_TOO_LONG' })
    for (let count = 0; count < 21; count++) client.send({ type: 'Flush' })
    await client.until(({ code }) => code === 'EXCESSIVE_FLUSH')
    client.send({ type: 'Close' })
    await client.closed
    expect(client.messages.filter(({ type }) => type === 'Flushed')).toHaveLength(20)
  })

  it('answers a message that it does not know with an Error and closes', async () => {
    for (const message of ['{"type":"Sing"}', 'no json', '{"type":"Speak"}', Uint8Array.of(1)]) {
      const client = await open()
      client.send(message)
      expect(await client.closed).toMatchObject({ code: 1008 })
      expect(client.messages.at(-1)).toMatchObject({ type: 'Error', err_code: expect.any(String) })
    }
  })

  it('reports a responder that throws as an Error', async () => {
    emulators.deepgram.speak.respond(() => {
      throw new Error('no voice')
    })
    const client = await open()
    client.send({ type: 'Speak', text: 'Hi' })
    client.send({ type: 'Flush' })
    await client.closed
    expect(JSON.stringify(client.messages.at(-1))).toContain('no voice')
  })

  it('closes after 60 s without a message', async () => {
    const clock = new ManualClock()
    const timed = await startEmulators({ clock })
    const client = await new SocketClient(speakUrl(undefined, timed)).opened()
    clock.advance(60_000)
    expect(await client.closed).toMatchObject({ code: 1011 })
    await timed.close()
  })

  it.each(['mulaw', 'alaw'])('speaks %s at 8 kHz', async (encoding) => {
    const client = await open(`model=aura-2-thalia-en&encoding=${encoding}&sample_rate=8000`)
    client.send({ type: 'Speak', text: 'Hello world.' })
    client.send({ type: 'Close' })
    await client.closed
    expect(client.audio.length).toBe(12 * 0.06 * 8000)
    expect(new Set(client.audio).size).toBeGreaterThan(50)
  })

  it.each([
    ['an unknown model', 'model=tenor-1', 'model'],
    ['a rate that it lacks', 'sample_rate=11025', 'sample_rate'],
    ['an encoding of files', 'encoding=mp3', 'encoding'],
    ['a container', 'container=wav', 'container'],
    ['a speed out of range', 'speed=3', 'speed'],
  ])('is refused for %s with 400', async (_what, query, name) => {
    const { status, body } = await refusalOf(speakUrl(query))
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining(name)])
  })

  it('is refused without credentials', async () => {
    expect((await refusalOf(speakUrl(), { headers: {} })).status).toBe(401)
  })
})

describe('speak v1 over HTTP', () => {
  const generate = async (options: object, text = 'Hello world.'): Promise<{ headers: Headers; bytes: Uint8Array }> => {
    const { data, rawResponse } = await sdk.speak.v1.audio.generate({ text, ...options }).withRawResponse()
    return { headers: rawResponse.headers, bytes: new Uint8Array(await data.arrayBuffer()) }
  }

  it('gives the SDK raw samples with the headers of the vendor', async () => {
    const { headers, bytes } = await generate({ model: 'aura-2-thalia-en', encoding: 'linear16', container: 'none' })
    expect(samplesOf(bytes)).toEqual(synthesizeBuzz('Hello world.'))
    expect(headers.get('dg-char-count')).toBe('12')
    expect(headers.get('dg-model-name')).toBe('aura-2-thalia-en')
    expect(headers.get('dg-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('is a WAV file unless raw samples are asked for', async () => {
    const { headers, bytes } = await generate({ encoding: 'linear16', sample_rate: 16_000 })
    expect(headers.get('content-type')).toBe('audio/wav')
    const parser = new WavStreamParser()
    expect(parser.process(bytes).length).toBe(12 * 0.06 * 16_000)
    expect(parser.format?.sampleRate).toBe(16_000)
  })

  it('has G.711 with and without a WAV header', async () => {
    const raw = await generate({ encoding: 'mulaw', container: 'none' })
    const file = await generate({ encoding: 'mulaw' })
    expect(file.bytes.slice(44)).toEqual(raw.bytes)
    expect(new DataView(file.bytes.buffer).getUint16(20, true)).toBe(7)
    expect(decodeMulaw(raw.bytes).length).toBe(12 * 0.06 * 8000)
  })

  it('is by default an MP3 file', async () => {
    const { headers, bytes } = await generate({})
    expect([headers.get('content-type'), bytes[0], bytes[1]]).toEqual(['audio/mpeg', 0xff, 0xf3])
  })

  it.each([
    ['no text', {}, '', 400],
    ['a text that is too long', {}, 'x'.repeat(2001), 413],
    ['a format that is not emulated', { encoding: 'opus' }, 'Hi', 400],
    ['a rate with MP3', { encoding: 'mp3', sample_rate: 8000 }, 'Hi', 400],
  ])('is refused for %s', async (_what, options, text, status) => {
    const failure: unknown = await generate(options, text).catch((error) => error)
    expect(failure).toMatchObject({ statusCode: status, body: { err_code: expect.any(String) } })
  })

  it('is refused for a key that is not accepted', async () => {
    emulators.deepgram.apiKeys.add('other')
    await expect(generate({})).rejects.toMatchObject({ statusCode: 401, body: { err_code: 'INVALID_AUTH' } })
  })
})
