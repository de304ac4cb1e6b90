import { DeepgramClient } from '@deepgram/sdk'
import OpenAI, { APIConnectionError, APIError, InternalServerError, RateLimitError } from 'openai'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../test/manual-clock.ts'
import { refusalOf, SocketClient } from '../test/socket-client.ts'
import { silence } from '../test/sounds.ts'
import { startEmulators } from './emulators.ts'
import type { Emulators } from './emulators.ts'
import type { Fault } from './faults.ts'

const RATE = 16_000

const clock = new ManualClock()
const emulators: Emulators = await startEmulators({ speed: Infinity, clock })
const client = new OpenAI({ apiKey: 'k', baseURL: emulators.openai.baseUrl, maxRetries: 0, logLevel: 'off' })
const body = { model: 'gpt-5.4', messages: [{ role: 'user' as const, content: 'Hi' }] }
const { chat } = emulators.openai

beforeEach(() => chat.reply('One two three four.'))
afterEach(() => emulators.reset())
afterAll(() => emulators.close())

/** Streams a completion: the text that came before the end, and the error if it ended in one. */
const streamed = async (signal?: AbortSignal): Promise<{ text: string; finished: boolean; error: unknown }> => {
  let text = ''
  let finished = false
  try {
    const stream = await client.chat.completions.create({ ...body, stream: true }, signal ? { signal } : {})
    for await (const { choices } of stream) {
      text += choices[0]?.delta.content ?? ''
      finished ||= choices[0]?.finish_reason === 'stop'
    }
  } catch (error) {
    return { text, finished, error }
  }
  return { text, finished, error: undefined }
}

const complete = async (): Promise<unknown> =>
  client.chat.completions.create(body).then(
    ({ choices }) => choices[0]?.message.content,
    (error: unknown) => error,
  )

/** What the promise gives, or 'still open' when it has not settled after another request was answered. */
const stateOf = async (reading: Promise<unknown>): Promise<unknown> => {
  await complete()
  return Promise.race([reading, Promise.resolve('still open')])
}

const strike = (fault: Fault): void => chat.faults.next(fault)

describe('a fault before an HTTP answer', () => {
  it('refuse gives the status with the error body of the vendor', async () => {
    strike({ kind: 'refuse', status: 503 })
    const error = await complete()
    expect(error).toBeInstanceOf(InternalServerError)
    expect(error).toMatchObject({ status: 503, type: 'server_error' })
  })

  it('refuse gives the body and headers that the test asks for', async () => {
    const insufficient = {
      error: { message: 'You are out of money.', type: 'insufficient_quota', param: null, code: 'insufficient_quota' },
    }
    strike({ kind: 'refuse', status: 429, body: insufficient, headers: { 'x-should-retry': 'false' } })
    const error = await complete()
    expect(error).toMatchObject({ status: 429, code: 'insufficient_quota' })
    expect(error instanceof APIError && error.headers?.get('x-should-retry')).toBe('false')
  })

  it('rateLimit gives 429 with retry-after, and a client that retries gets through', async () => {
    strike({ kind: 'rateLimit', retryAfterSecs: 7 })
    const error = await complete()
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error instanceof APIError && error.headers?.get('retry-after')).toBe('7')
    strike({ kind: 'rateLimit', retryAfterSecs: 0 })
    const patient = new OpenAI({ apiKey: 'k', baseURL: emulators.openai.baseUrl, maxRetries: 1 })
    expect((await patient.chat.completions.create(body)).choices[0]?.message.content).toBe('One two three four.')
  })

  it('reset is a connection error without status', async () => {
    strike({ kind: 'reset' })
    const error = await complete()
    expect(error).toBeInstanceOf(APIConnectionError)
    expect(error).toMatchObject({ status: undefined })
  })

  it('delayOpen holds the answer back', async () => {
    strike({ kind: 'delayOpen', secs: 3 })
    const startMs = clock.nowMs()
    expect(await clock.drive(complete())).toBe('One two three four.')
    expect(clock.nowMs() - startMs).toBe(3000)
  })

  it('delayOpen shows when a client gives up waiting', async () => {
    strike({ kind: 'delayOpen', secs: 60 })
    const controller = new AbortController()
    const answer = client.chat.completions.create(body, { signal: controller.signal }).catch((error: unknown) => error)
    await emulators.waitForRequest(({ kind }) => kind === 'http')
    controller.abort()
    expect(String(await answer)).toContain('aborted')
    await emulators.waitForRequest(({ kind }) => kind === 'close')
  })
})

describe('a fault in an HTTP stream', () => {
  it('dropAfter cuts it: the SDK throws an error that is no APIError', async () => {
    strike({ kind: 'dropAfter', afterMessages: 3 })
    const { text, finished, error } = await streamed()
    expect([text, finished]).toEqual(['One two', false])
    expect(error).toBeInstanceOf(TypeError)
    expect(error).not.toBeInstanceOf(APIError)
  })

  it('dropAfter can cut it by time, before anything was sent', async () => {
    const slow = await startEmulators({ clock })
    slow.openai.chat.faults.next({ kind: 'dropAfter', secs: 2 })
    slow.openai.chat.reply({ text: 'one two', firstTokenSecs: 10 })
    const other = new OpenAI({ apiKey: 'k', baseURL: slow.openai.baseUrl, maxRetries: 0 })
    const startMs = clock.nowMs()
    const read = async (): Promise<void> => {
      for await (const chunk of await other.chat.completions.create({ ...body, stream: true })) expect(chunk).toBeNull()
    }
    await expect(clock.drive(read())).rejects.toThrow('terminated')
    expect(clock.nowMs() - startMs).toBe(2000)
    await slow.close()
  })

  it('closeWith ends it cleanly too early: the SDK sees no error, only a missing finish reason', async () => {
    strike({ kind: 'closeWith', afterMessages: 3 })
    expect(await streamed()).toEqual({ text: 'One two', finished: false, error: undefined })
  })

  it('stall leaves it open without a word, until the client aborts', async () => {
    strike({ kind: 'stall', afterMessages: 2 })
    const controller = new AbortController()
    const reading = streamed(controller.signal)
    await emulators.waitForRequest(({ kind }) => kind === 'http')
    clock.advance(3_600_000)
    expect(await stateOf(reading)).toBe('still open')
    controller.abort()
    expect(await reading).toMatchObject({ finished: false })
    await emulators.waitForRequest(({ kind }) => kind === 'close')
  })

  it('stall with a time goes on after it, and nothing is lost', async () => {
    strike({ kind: 'stall', afterMessages: 2, secs: 5 })
    const startMs = clock.nowMs()
    expect(await clock.drive(streamed())).toEqual({ text: 'One two three four.', finished: true, error: undefined })
    expect(clock.nowMs() - startMs).toBe(5000)
  })

  it('halfOpen leaves the connection open and dead', async () => {
    strike({ kind: 'halfOpen', afterMessages: 2 })
    const controller = new AbortController()
    const reading = streamed(controller.signal)
    await emulators.waitForRequest(({ kind }) => kind === 'http')
    expect(await stateOf(reading)).toBe('still open')
    controller.abort()
    expect(await reading).toMatchObject({ finished: false })
  })

  it('errorMessage puts an error object into the stream: the SDK throws an APIError without status', async () => {
    strike({ kind: 'errorMessage', afterMessages: 3 })
    const { text, error } = await streamed()
    expect(text).toBe('One two')
    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ status: undefined, code: 'server_error' })
  })

  it('errorMessage can carry an error of the test', async () => {
    strike({
      kind: 'errorMessage',
      message: { error: { message: 'Overloaded', type: 'x', param: null, code: 'overloaded' } },
    })
    expect((await streamed()).error).toMatchObject({ code: 'overloaded' })
  })

  it('malformedJson breaks one event: the SDK throws a SyntaxError', async () => {
    strike({ kind: 'malformedJson', afterMessages: 3 })
    const { text, error } = await streamed()
    expect(text).toBe('One two')
    expect(error).toBeInstanceOf(SyntaxError)
  })

  it('malformedJson breaks the body of an answer in one piece', async () => {
    strike({ kind: 'malformedJson' })
    expect(await complete()).toBeInstanceOf(SyntaxError)
  })

  it('duplicateMessage repeats an event', async () => {
    strike({ kind: 'duplicateMessage', afterMessages: 2 })
    expect(await streamed()).toMatchObject({ text: 'One two two three four.', finished: true })
  })

  it('reorder swaps two events', async () => {
    strike({ kind: 'reorder', afterMessages: 1 })
    expect(await streamed()).toMatchObject({ text: ' twoOne three four.', finished: true })
  })

  it('reorder loses nothing when there is no event after it', async () => {
    strike({ kind: 'reorder' })
    expect(await complete()).toBe('One two three four.')
  })

  it('slowDrip trickles the bytes at its rate', async () => {
    strike({ kind: 'slowDrip', bytesPerSec: 1000 })
    const startMs = clock.nowMs()
    expect(await clock.drive(complete())).toBe('One two three four.')
    const elapsedMs = clock.nowMs() - startMs
    expect(elapsedMs).toBeGreaterThan(400)
    expect(elapsedMs).toBeLessThan(2000)
  })

  it('truncatedBinary shortens one piece of audio to an odd number of bytes', async () => {
    const request = { model: 'tts-1', voice: 'alloy', input: 'Hello world.', response_format: 'pcm' } as const
    const whole = await (await client.audio.speech.create(request)).arrayBuffer()
    emulators.openai.speech.faults.next({ kind: 'truncatedBinary', afterMessages: 1 })
    const damaged = await (await client.audio.speech.create(request)).arrayBuffer()
    // The second piece of 4801 bytes keeps 2401.
    expect(whole.byteLength - damaged.byteLength).toBe(2400)
  })
})

const listenUrl = `${emulators.deepgram.environment.production}/v1/listen?model=nova-3&encoding=linear16&sample_rate=${RATE}`

const listen = async (fault: Fault): Promise<SocketClient> => {
  emulators.deepgram.listen.script([
    { atSecs: 0.1, event: 'final', text: 'one' },
    { atSecs: 0.2, event: 'final', text: 'two' },
    { atSecs: 0.3, event: 'final', text: 'three' },
  ])
  emulators.deepgram.listen.faults.next(fault)
  const socket = await new SocketClient(listenUrl).opened()
  socket.sendPcm(silence(0.3, RATE), RATE)
  return socket
}

const words = ({ seen }: SocketClient): string[] =>
  seen.map((entry) => {
    if (entry.kind !== 'json') return entry.kind
    return /"transcript":"(\w*)"/.exec(JSON.stringify(entry.message))?.[1] ?? String(entry.message['type'])
  })

const finish = async (socket: SocketClient): Promise<{ code: number; reason: string }> => {
  socket.send({ type: 'CloseStream' })
  return socket.closed
}

describe('a fault on a WebSocket', () => {
  it('refuse answers the upgrade with a status, the body of the vendor and its header', async () => {
    emulators.deepgram.listen.faults.next({ kind: 'refuse', status: 402 })
    const { status, headers, body: error } = await refusalOf(listenUrl)
    expect([status, error]).toMatchObject([402, { err_code: 'ASR_PAYMENT_REQUIRED' }])
    expect(headers['dg-error']).toBeTypeOf('string')
  })

  it('rateLimit answers the upgrade with 429 and retry-after', async () => {
    emulators.deepgram.faults.next({ kind: 'rateLimit', retryAfterSecs: 2 })
    const { status, headers, body: error } = await refusalOf(listenUrl)
    expect([status, error]).toMatchObject([429, { err_code: 'TOO_MANY_REQUESTS' }])
    expect(headers['retry-after']).toBe('2')
  })

  it('is shown by the Deepgram SDK as the text of an error', async () => {
    emulators.deepgram.listen.faults.next({ kind: 'refuse', status: 402 })
    const sdk = new DeepgramClient({ apiKey: 'k', environment: emulators.deepgram.environment })
    const socket = await sdk.listen.v1.connect({ model: 'nova-3', reconnectAttempts: 0 })
    const failed = new Promise<Error>((resolve) => socket.on('error', resolve))
    socket.connect()
    expect((await failed).message).toContain('402')
  })

  it('reset is a connection error', async () => {
    emulators.deepgram.listen.faults.next({ kind: 'reset' })
    await expect(new SocketClient(listenUrl).opened()).rejects.toThrow('socket hang up')
  })

  it('delayOpen holds the upgrade back', async () => {
    emulators.deepgram.listen.faults.next({ kind: 'delayOpen', secs: 4 })
    const startMs = clock.nowMs()
    const socket = await clock.drive(new SocketClient(listenUrl).opened())
    expect(clock.nowMs() - startMs).toBe(4000)
    socket.socket.close()
  })

  it('dropAfter is an abnormal closure', async () => {
    const socket = await listen({ kind: 'dropAfter', afterMessages: 1 })
    expect(await socket.closed).toMatchObject({ code: 1006 })
    expect(words(socket)).toEqual(['one'])
  })

  it('dropAfter by time cuts an idle socket', async () => {
    emulators.deepgram.listen.faults.next({ kind: 'dropAfter', secs: 3 })
    const socket = await new SocketClient(listenUrl).opened()
    clock.advance(2999)
    await socket.roundTrip()
    clock.advance(1)
    expect(await socket.closed).toMatchObject({ code: 1006 })
  })

  it('closeWith closes with code and reason', async () => {
    const socket = await listen({ kind: 'closeWith', afterMessages: 2, code: 1011, reason: 'NET-0000' })
    expect(await socket.closed).toEqual({ code: 1011, reason: 'NET-0000' })
    expect(words(socket)).toEqual(['one', 'two'])
  })

  it('stall answers pings but sends nothing more', async () => {
    const socket = await listen({ kind: 'stall', afterMessages: 1 })
    await socket.roundTrip()
    expect(words(socket)).toEqual(['one'])
    socket.socket.terminate()
  })

  it('stall with a time sends everything after it, in order', async () => {
    const socket = await listen({ kind: 'stall', afterMessages: 1, secs: 2 })
    await socket.roundTrip()
    clock.advance(2000)
    await socket.untilCount(3)
    expect(words(socket)).toEqual(['one', 'two', 'three'])
    await finish(socket)
  })

  it('halfOpen neither answers pings nor takes messages, and the socket stays open', async () => {
    const socket = await listen({ kind: 'halfOpen', afterMessages: 1 })
    await socket.untilCount(1)
    const recorded = emulators.requests.length
    let ponged = false
    socket.socket.on('pong', () => {
      ponged = true
    })
    socket.socket.ping()
    socket.send({ type: 'KeepAlive' })
    // Another connection has made a whole round trip meanwhile.
    const other = await new SocketClient(listenUrl).opened()
    await other.roundTrip()
    other.socket.terminate()
    expect(ponged).toBe(false)
    expect(emulators.requests.slice(recorded).some(({ kind }) => kind === 'text')).toBe(false)
    expect(socket.socket.readyState).toBe(socket.socket.OPEN)
    expect(words(socket)).toEqual(['one'])
    socket.socket.terminate()
  })

  it('errorMessage sends the error of the vendor and closes', async () => {
    const socket = await listen({ kind: 'errorMessage', afterMessages: 1 })
    expect(await socket.closed).toMatchObject({ code: 1011 })
    expect(socket.messages.at(-1)).toMatchObject({ type: 'Error', description: expect.any(String) })
  })

  it('malformedJson breaks one message', async () => {
    const socket = await listen({ kind: 'malformedJson', afterMessages: 1 })
    await finish(socket)
    expect(words(socket)).toEqual(['one', 'text', 'three', 'Metadata'])
  })

  it('duplicateMessage repeats one', async () => {
    const socket = await listen({ kind: 'duplicateMessage', afterMessages: 1 })
    await finish(socket)
    expect(words(socket)).toEqual(['one', 'two', 'two', 'three', 'Metadata'])
  })

  it('reorder swaps two', async () => {
    const socket = await listen({ kind: 'reorder', afterMessages: 1 })
    await finish(socket)
    expect(words(socket)).toEqual(['one', 'three', 'two', 'Metadata'])
  })

  it('slowDrip sends whole messages in fragments at its rate', async () => {
    const startMs = clock.nowMs()
    const socket = await listen({ kind: 'slowDrip', bytesPerSec: 1000 })
    await clock.drive(socket.untilCount(3))
    expect(words(socket)).toEqual(['one', 'two', 'three'])
    expect(clock.nowMs() - startMs).toBeGreaterThan(1000)
    await clock.drive(finish(socket))
  })

  it('truncatedBinary cuts one audio message of speech to an odd number of bytes', async () => {
    emulators.deepgram.speak.faults.next({ kind: 'truncatedBinary', afterMessages: 1 })
    const socket = await new SocketClient(`${emulators.deepgram.environment.production}/v1/speak`).opened()
    socket.send({ type: 'Speak', text: 'Hello world.' })
    socket.send({ type: 'Close' })
    await socket.closed
    const sizes = socket.seen.flatMap((entry) => (entry.kind === 'binary' ? [entry.bytes.length] : []))
    expect(sizes.slice(0, 3)).toEqual([4801, 2401, 4801])
  })
})

describe('which connection a fault strikes', () => {
  it('is the next one each, in order, those of the endpoint before those of the provider', async () => {
    emulators.openai.faults.next({ kind: 'refuse', status: 503 })
    chat.faults.next({ kind: 'refuse', status: 500 }, { kind: 'refuse', status: 502 })
    const statuses: unknown[] = []
    for (let count = 0; count < 4; count++) {
      const answer = await complete()
      statuses.push(answer instanceof APIError ? answer.status : answer)
    }
    expect(statuses).toEqual([500, 502, 503, 'One two three four.'])
  })

  it('is none of another endpoint', async () => {
    chat.faults.next({ kind: 'refuse', status: 500 })
    const speech = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hi' })
    expect(speech.status).toBe(200)
    expect(await complete()).toMatchObject({ status: 500 })
  })

  it('is every one while a fault stands', async () => {
    chat.faults.always({ kind: 'refuse', status: 500 })
    expect([await complete(), await complete()]).toMatchObject([{ status: 500 }, { status: 500 }])
    chat.faults.clear()
    expect(await complete()).toBe('One two three four.')
  })
})
