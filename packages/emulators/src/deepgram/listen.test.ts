import { createHash } from 'node:crypto'
import { DeepgramClient } from '@deepgram/sdk'
import type { Deepgram } from '@deepgram/sdk'
import { encodeAlaw, encodeMulaw, encodeWav, interleaveChannels, pcmToFloat } from '@pc/audio'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/manual-clock.ts'
import { refusalOf, SocketClient } from '../../test/socket-client.ts'
import { joined, silence, tone } from '../../test/sounds.ts'
import { startEmulators } from '../emulators.ts'
import type { Emulators } from '../emulators.ts'
import type { JsonObject } from '../json.ts'

const RATE = 16_000

let emulators: Emulators

beforeAll(async () => {
  emulators = await startEmulators({ speed: Infinity })
})
afterEach(() => emulators.reset())
afterAll(() => emulators.close())

const listenUrl = (params: Record<string, string> = {}, from: Emulators = emulators): string => {
  const query = new URLSearchParams({ model: 'nova-3', encoding: 'linear16', sample_rate: String(RATE), ...params })
  return `${from.deepgram.environment.production}/v1/listen?${query.toString()}`
}

const bareUrl = (query: string): string => `${emulators.deepgram.environment.production}/v1/listen?${query}`

const open = (params?: Record<string, string>): Promise<SocketClient> => new SocketClient(listenUrl(params)).opened()

const utterance = joined(tone(1, RATE), silence(1, RATE))

/** Sends the audio, ends the stream and gives everything that came back. */
const exchange = async (client: SocketClient, audio: Int16Array = utterance): Promise<JsonObject[]> => {
  client.sendPcm(audio, RATE)
  client.send({ type: 'CloseStream' })
  expect(await client.closed).toMatchObject({ code: 1000 })
  return client.messages
}

const alternative = (message: JsonObject | undefined): JsonObject => {
  const text = JSON.stringify(message ?? {})
  return JSON.parse(text).channel?.alternatives?.[0] ?? {}
}

const transcripts = (messages: readonly JsonObject[]): unknown[] =>
  messages.filter((message) => message['is_final'] === true).map((message) => alternative(message)['transcript'])

describe('listen v1 through the SDK', () => {
  it('answers interim results, a final one, UtteranceEnd and Metadata', async () => {
    emulators.deepgram.listen.reply('What time is it?')
    const client = new DeepgramClient({ apiKey: 'key', environment: emulators.deepgram.environment })
    const socket = await client.listen.v1.connect({
      model: 'nova-3',
      encoding: 'linear16',
      sample_rate: RATE,
      interim_results: 'true',
      vad_events: 'true',
      punctuate: 'true',
      utterance_end_ms: 1000,
      reconnectAttempts: 0,
    })
    const messages: Deepgram.listen.ListenV1Results[] = []
    const types: string[] = []
    socket.on('message', (message) => {
      types.push(message.type)
      if (message.type === 'Results') messages.push(message)
    })
    const closed = new Promise<number>((resolve) => socket.on('close', ({ code }) => resolve(code)))
    socket.connect()
    await socket.waitForOpen()
    socket.sendKeepAlive({ type: 'KeepAlive' })
    socket.sendMedia(joined(tone(1, RATE), silence(1.5, RATE)))
    socket.sendCloseStream({ type: 'CloseStream' })
    expect(await closed).toBe(1000)

    expect(types).toEqual([
      'SpeechStarted',
      'Results',
      'Results',
      'Results',
      'Results',
      'UtteranceEnd',
      'Results',
      'Metadata',
    ])
    expect(messages.map(({ is_final: isFinal }) => isFinal)).toEqual([false, false, false, true, true])
    const final = messages[3]
    expect(final).toMatchObject({ speech_final: true, start: 0, channel_index: [0, 1], from_finalize: false })
    const best = final?.channel.alternatives[0]
    expect(best?.transcript).toBe('What time is it?')
    expect(best?.words.map(({ word, punctuated_word: shown }) => [word, shown]).at(-1)).toEqual(['it', 'it?'])
    expect(best?.words.at(-1)?.end).toBeCloseTo(1, 2)
    const [request] = emulators.requests
    expect(request?.kind === 'upgrade' && request.headers['authorization']).toBe('Token ***')
  })

  it('shows the SDK a refusal as an error that names the status', async () => {
    emulators.deepgram.apiKeys.add('another')
    const client = new DeepgramClient({ apiKey: 'key', environment: emulators.deepgram.environment })
    const socket = await client.listen.v1.connect({ model: 'nova-3', reconnectAttempts: 0 })
    const failed = new Promise<Error>((resolve) => socket.on('error', resolve))
    socket.connect()
    expect((await failed).message).toContain('Unexpected server response: 401')
  })

  it('grants access tokens that open connections', async () => {
    emulators.deepgram.apiKeys.add('key')
    const client = new DeepgramClient({ apiKey: 'key', environment: emulators.deepgram.environment })
    const { access_token: accessToken, expires_in: life } = await client.auth.v1.tokens.grant({ ttl_seconds: 60 })
    expect(life).toBe(60)
    const headers = { authorization: `Bearer ${accessToken}` }
    await exchange(await new SocketClient(listenUrl(), { headers }).opened())
  })
})

describe('the wire of listen v1', () => {
  it('carries the request id of the upgrade in every result, and the digest of the audio at the end', async () => {
    const client = new SocketClient(listenUrl())
    const upgraded = new Promise((resolve) =>
      client.socket.on('upgrade', (response) => resolve(response.headers['dg-request-id'])),
    )
    await client.opened()
    const messages = await exchange(client)
    const id = await upgraded
    const results = messages.filter(({ type }) => type === 'Results')
    expect(results.length).toBeGreaterThan(0)
    for (const result of results) expect(result['metadata']).toMatchObject({ request_id: id })
    expect(messages.at(-1)).toMatchObject({
      type: 'Metadata',
      request_id: id,
      duration: 2,
      channels: 1,
      sha256: createHash('sha256').update(new Uint8Array(utterance.buffer)).digest('hex'),
    })
  })

  it('leaves out punctuation and capitals unless asked for them', async () => {
    emulators.deepgram.listen.reply('What time is it?', 'What time is it?')
    const plain = await exchange(await open())
    expect(transcripts(plain)[0]).toBe('what time is it')
    expect(JSON.stringify(plain)).not.toContain('punctuated_word')
    expect(transcripts(await exchange(await open({ smart_format: 'true' })))[0]).toBe('What time is it?')
  })

  it('sends no interim results and no SpeechStarted unless asked for them', async () => {
    const messages = await exchange(await open())
    expect(messages.map(({ type, is_final: isFinal }) => [type, isFinal])).toEqual([
      ['Results', true],
      ['Results', true],
      ['Metadata', undefined],
    ])
  })

  it('marks words with speaker and language when asked', async () => {
    const messages = await exchange(await open({ diarize: 'true', language: 'multi' }))
    const best = alternative(messages[0])
    expect(best).toMatchObject({ languages: ['en'] })
    expect(best['words']).toMatchObject([{ speaker: 0, language: 'en' }])
  })

  it('has an utterance for every stretch of sound, with the scripted sentences, then the defaults', async () => {
    emulators.deepgram.listen.reply('One.', 'Two.')
    emulators.deepgram.listen.respond(({ index, startSecs }) => `number ${index} at ${startSecs}`)
    const messages = await exchange(await open(), joined(utterance, utterance, utterance))
    expect(transcripts(messages).filter((text) => text !== '')).toEqual(['one', 'two', 'number 2 at 4'])
  })

  it('answers Finalize with what is pending, and says so', async () => {
    emulators.deepgram.listen.reply('Stop it now.')
    const client = await open()
    client.sendPcm(tone(0.5, RATE), RATE)
    client.send({ type: 'Finalize' })
    const result = await client.until(({ type }) => type === 'Results')
    expect(result).toMatchObject({ is_final: true, from_finalize: true, speech_final: false })
    expect(alternative(result)['transcript']).toBe('stop it now')
    client.send({ type: 'Finalize' })
    await client.roundTrip()
    expect(client.messages).toHaveLength(1)
    client.send({ type: 'CloseStream' })
    await client.closed
  })

  it('takes an empty binary message for CloseStream', async () => {
    const client = await open()
    client.sendPcm(utterance, RATE)
    client.send(new Uint8Array(0))
    expect(await client.closed).toMatchObject({ code: 1000 })
    expect(client.messages.at(-1)).toMatchObject({ type: 'Metadata' })
  })

  it('answers a text message that it does not know with an Error and closes', async () => {
    for (const message of ['not json', '{"type":"Dance"}', '[]']) {
      const client = await open()
      client.send(message)
      expect(await client.closed).toMatchObject({ code: 1008 })
      expect(client.messages).toMatchObject([{ type: 'Error', variant: 'SchemaError' }])
    }
  })

  it('closes with 1011 and the message when the responder of a test throws', async () => {
    emulators.deepgram.listen.respond(() => {
      throw new Error('no sentence')
    })
    const client = await open()
    client.sendPcm(utterance, RATE)
    const { code, reason } = await client.closed
    expect([code, reason]).toEqual([1011, expect.stringContaining('no sentence')])
  })
})

describe('the audio of listen v1', () => {
  const heard = async (client: SocketClient, pieces: readonly Uint8Array[]): Promise<unknown[]> => {
    emulators.deepgram.listen.reply('Heard.')
    for (const piece of pieces) client.send(piece)
    client.send({ type: 'CloseStream' })
    await client.closed
    return transcripts(client.messages).filter((text) => text !== '')
  }
  const cut = (bytes: Uint8Array, size: number): Uint8Array[] =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.slice(index * size, (index + 1) * size))

  it('may be linear16 cut at odd bytes', async () => {
    expect(await heard(await open(), cut(new Uint8Array(utterance.buffer), 333))).toEqual(['heard'])
  })

  it('may be 32-bit floats cut anywhere', async () => {
    const bytes = new Uint8Array(pcmToFloat(utterance).buffer)
    expect(await heard(await open({ encoding: 'linear32' }), cut(bytes, 1001))).toEqual(['heard'])
  })

  it.each([
    ['mulaw', encodeMulaw],
    ['alaw', encodeAlaw],
  ] as const)('may be %s', async (encoding, encode) => {
    const pcm = joined(tone(1, 8000), silence(1, 8000))
    expect(await heard(await open({ encoding, sample_rate: '8000' }), cut(encode(pcm), 160))).toEqual(['heard'])
  })

  it('may be a WAV file when no encoding is given', async () => {
    const client = await new SocketClient(bareUrl('model=nova-3')).opened()
    expect(await heard(client, cut(encodeWav(utterance, RATE), 1000))).toEqual(['heard'])
  })

  it('may be packets of a codec that is not decoded, long ones counting as speech', async () => {
    const packets = [
      ...Array.from({ length: 50 }, () => new Uint8Array(80)),
      ...Array.from({ length: 50 }, () => new Uint8Array(3)),
    ]
    expect(await heard(await open({ encoding: 'opus', sample_rate: '48000' }), packets)).toEqual(['heard'])
  })

  it('is closed with 1008 DATA-0000 when it is raw and no encoding is given', async () => {
    const client = await new SocketClient(bareUrl('model=nova-3')).opened()
    client.sendPcm(utterance, RATE)
    expect(await client.closed).toEqual({ code: 1008, reason: expect.stringContaining('DATA-0000') })
  })

  it('gives results for each channel when asked, else for both as one', async () => {
    const stereo = interleaveChannels([
      joined(tone(1, RATE), silence(3, RATE)),
      joined(silence(2, RATE), tone(1, RATE), silence(1, RATE)),
    ])
    emulators.deepgram.listen.reply('Left.', 'Right.')
    const split = await open({ channels: '2', multichannel: 'true' })
    const spoken = (await exchange(split, stereo)).filter((message) => alternative(message)['transcript'])
    expect(spoken.map((message) => [message['channel_index'], alternative(message)['transcript']])).toEqual([
      [[0, 2], 'left'],
      [[1, 2], 'right'],
    ])
    emulators.deepgram.listen.reply('Left.', 'Right.')
    const mixed = await exchange(await open({ channels: '2' }), stereo)
    expect(transcripts(mixed).filter((text) => text !== '')).toEqual(['left', 'right'])
    expect(mixed[0]).toMatchObject({ channel_index: [0, 1] })
  })
})

describe('a script for listen v1', () => {
  it('answers exactly its steps, by position in the audio and after messages', async () => {
    emulators.deepgram.listen.script([
      { atSecs: 0.2, event: 'speechStarted' },
      { atSecs: 0.4, event: 'interim', text: 'hello' },
      { atSecs: 0.6, event: 'final', text: 'hello there', speechFinal: false },
      { atSecs: 0.6, event: 'interim', text: 'late interim' },
      { atSecs: 1, event: 'utteranceEnd' },
      { atSecs: 1, event: 'message', message: { type: 'Results', odd: true } },
      { after: 'Finalize', event: 'final', text: 'flushed' },
      { after: 'CloseStream', event: 'final', text: 'bye' },
    ])
    const client = await open({ vad_events: 'true' })
    client.sendPcm(silence(1, RATE), RATE)
    client.send({ type: 'Finalize' })
    client.send({ type: 'Finalize' })
    client.send({ type: 'CloseStream' })
    await client.closed
    const summary = client.messages.map((message) => [
      message['type'],
      alternative(message)['transcript'],
      message['speech_final'],
      message['from_finalize'],
    ])
    expect(summary).toEqual([
      ['SpeechStarted', undefined, undefined, undefined],
      ['Results', 'hello', false, false],
      ['Results', 'hello there', false, false],
      ['Results', 'late interim', false, false],
      ['UtteranceEnd', undefined, undefined, undefined],
      ['Results', undefined, undefined, undefined],
      ['Results', 'flushed', false, true],
      ['Results', 'bye', true, false],
      ['Metadata', undefined, undefined, undefined],
    ])
  })

  it('may leave Finalize without an answer and close the connection', async () => {
    emulators.deepgram.listen.script([{ atSecs: 0.5, event: 'close', code: 1011, reason: 'NET-0000' }])
    const client = await open()
    client.sendPcm(tone(0.3, RATE), RATE)
    client.send({ type: 'Finalize' })
    await client.roundTrip()
    expect(client.seen).toEqual([])
    client.sendPcm(tone(0.3, RATE), RATE)
    expect(await client.closed).toEqual({ code: 1011, reason: 'NET-0000' })
  })

  it('serves one connection; the next one hears again', async () => {
    emulators.deepgram.listen.script([])
    emulators.deepgram.listen.reply('Again.')
    expect(transcripts(await exchange(await open()))).toEqual([])
    expect(transcripts(await exchange(await open()))[0]).toBe('again')
  })
})

describe('an idle listen socket', () => {
  it('closes with 1011 NET-0001 after 10 s without a message, and KeepAlive puts that off', async () => {
    const clock = new ManualClock()
    const timed = await startEmulators({ clock })
    const client = await new SocketClient(listenUrl({}, timed)).opened()
    clock.advance(9000)
    client.send({ type: 'KeepAlive' })
    await client.roundTrip()
    clock.advance(9999)
    await client.roundTrip()
    clock.advance(1)
    expect(await client.closed).toEqual({ code: 1011, reason: expect.stringContaining('NET-0001') })
    await timed.close()
  })
})

describe('an upgrade to listen v1 that the vendor refuses', () => {
  it('without credentials is 401 with the error in body and header', async () => {
    const { status, headers, body } = await refusalOf(listenUrl(), { headers: {} })
    expect(status).toBe(401)
    expect(body).toEqual({
      err_code: 'INVALID_AUTH',
      err_msg: 'Invalid credentials.',
      request_id: headers['dg-request-id'],
    })
    expect(headers['dg-error']).toBe('Invalid credentials.')
  })

  it.each([
    ['Token', { headers: { authorization: 'Token k1' } }],
    ['token in small letters', { headers: { authorization: 'token k1' } }],
    ['Bearer', { headers: { authorization: 'Bearer k1' } }],
    ['the subprotocol token', { headers: {}, protocols: ['token', 'k1'] }],
    ['the subprotocol bearer', { headers: {}, protocols: ['bearer', 'k1'] }],
  ])('takes credentials as %s, and only the right ones', async (_form, options) => {
    emulators.deepgram.apiKeys.add('k1')
    const client = await new SocketClient(listenUrl(), options).opened()
    client.socket.close()
    emulators.deepgram.apiKeys.clear()
    emulators.deepgram.apiKeys.add('k2')
    expect((await refusalOf(listenUrl(), options)).status).toBe(401)
  })

  it.each([
    ['an encoding without sample_rate', 'model=nova-3&encoding=linear16', 'sample_rate'],
    ['an unknown encoding', 'model=nova-3&encoding=mp5&sample_rate=16000', 'encoding'],
    ['an unknown model', 'model=supernova', 'model'],
    ['an unknown language', 'model=nova-3&language=klingon!', 'language'],
    ['utterance_end_ms without interim results', 'model=nova-3&utterance_end_ms=1000', 'interim_results'],
    ['utterance_end_ms below 1000', 'model=nova-3&interim_results=true&utterance_end_ms=500', 'utterance_end_ms'],
    ['a boolean that is none', 'model=nova-3&interim_results=yes', 'interim_results'],
    ['keywords for nova-3', 'model=nova-3&keywords=pc:2', 'keyterm'],
    ['keyterm for nova-2', 'model=nova-2&keyterm=pc', 'keywords'],
    ['an endpointing that is no number', 'model=nova-3&endpointing=soon', 'endpointing'],
  ])('for %s is 400 and names the parameter', async (_what, query, name) => {
    const { status, body } = await refusalOf(bareUrl(query))
    expect(status).toBe(400)
    expect(JSON.stringify(body)).toContain(name)
  })
})
