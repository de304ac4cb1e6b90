import { beforeEach, describe, expect, test } from 'vitest'
import { TestClock } from '../testing/test-clock.ts'
import { ReconnectingSocket, type ReconnectingSocketOptions } from './reconnecting-socket.ts'
import type { SocketConstructor, SocketEvent, SocketLike, SocketOptions } from './socket-like.ts'

/** A socket whose server is the test. */
class FakeSocket implements SocketLike {
  static made: FakeSocket[] = []
  binaryType = 'blob'
  bufferedAmount = 0
  readonly sent: (string | Uint8Array)[] = []
  closeCode: number | undefined
  terminated = false
  readonly #listeners: [string, (event: SocketEvent) => void][] = []
  readonly url: string
  readonly protocols: readonly string[]
  readonly options: SocketOptions

  constructor(url: string, protocols: string[] = [], options: SocketOptions = {}) {
    if (url === 'bad') throw new SyntaxError('bad url')
    this.url = url
    this.protocols = protocols
    this.options = options
    FakeSocket.made.push(this)
  }

  addEventListener(type: string, listener: (event: SocketEvent) => void): void {
    this.#listeners.push([type, listener])
  }

  fire(type: string, event: Omit<SocketEvent, 'type'> = {}): void {
    for (const [wanted, listener] of this.#listeners) if (wanted === type) listener({ type, ...event })
  }

  send(data: string | Uint8Array): void {
    this.sent.push(data)
  }

  close(code?: number): void {
    this.closeCode = code
  }
}

/** As {@link FakeSocket}, with what only `ws` has. */
class FakeWs extends FakeSocket {
  pings = 0
  readonly #handlers: [string, (...args: never[]) => void][] = []

  on(event: string, listener: (...args: never[]) => void): void {
    this.#handlers.push([event, listener])
  }

  ping(): void {
    this.pings++
  }

  terminate(): void {
    this.terminated = true
    this.fire('close', { code: 1006, reason: '' })
  }

  emit(event: string, ...args: unknown[]): void {
    for (const [wanted, listener] of this.#handlers) if (wanted === event) listener(...(args as never[]))
  }

  refuse(status: number, body: string): void {
    const handlers: Record<string, (chunk: unknown) => void> = {}
    this.emit(
      'unexpected-response',
      {},
      { statusCode: status, on: (name: string, fn: () => void) => (handlers[name] = fn) },
    )
    handlers['data']?.(body)
    handlers['end']?.(undefined)
  }
}

let clock: TestClock
let log: string[]

function open(options: Partial<ReconnectingSocketOptions> = {}): ReconnectingSocket {
  const socket = new ReconnectingSocket({ url: 'ws://x', webSocket: FakeSocket, clock, random: () => 0, ...options })
  socket.on('open', (again) => log.push(again ? 'open again' : 'open'))
  socket.on('lost', ({ code }) => log.push(`lost ${code}`))
  socket.on('failed', ({ code, message }) => log.push(`failed ${code}`) && expect(message).not.toBe(''))
  socket.on('closed', () => log.push('closed'))
  socket.on('overflow', () => log.push('overflow'))
  socket.on('message', (data) => log.push(`message ${typeof data === 'string' ? data : [...data].join()}`))
  socket.connect()
  return socket
}

const last = (): FakeSocket => {
  const socket = FakeSocket.made.at(-1)
  if (socket === undefined) throw new Error('no socket was made')
  return socket
}

beforeEach(() => {
  FakeSocket.made = []
  clock = new TestClock()
  log = []
})

describe('ReconnectingSocket', () => {
  test('connects once, with protocols and headers, and asks for the url each time', async () => {
    let token = 0
    const socket = open({ url: () => `ws://x/${++token}`, protocols: ['p'], headers: { authorization: 'k' } })
    socket.connect()
    expect(FakeSocket.made).toHaveLength(1)
    expect(last()).toMatchObject({
      url: 'ws://x/1',
      protocols: ['p'],
      options: { headers: { authorization: 'k' } },
      binaryType: 'arraybuffer',
    })
    last().fire('open')
    last().fire('close', { code: 1006, reason: '' })
    await clock.advance(250)
    expect(last().url).toBe('ws://x/2')
  })

  test('greets each connection first, then sends what waited', async () => {
    const socket = open({ greeting: () => ['hello'] })
    socket.send('one')
    last().fire('open')
    socket.send('two')
    expect(last().sent).toEqual(['hello', 'one', 'two'])
    last().fire('close', { code: 1011, reason: 'oops' })
    socket.send('three')
    await clock.advance(250)
    last().fire('open')
    expect(last().sent).toEqual(['hello', 'three'])
    expect(log).toEqual(['open', 'lost connection-closed', 'open again'])
  })

  test('hands on text and bytes', () => {
    open()
    last().fire('open')
    last().fire('message', { data: 'text' })
    last().fire('message', { data: new Uint8Array([1, 2]).buffer })
    last().fire('message', { data: 5 })
    expect(log).toEqual(['open', 'message text', 'message 1,2'])
  })

  test('waits longer from attempt to attempt and then gives up', async () => {
    open()
    const times: number[] = []
    for (let i = 0; i < 7; i++) {
      times.push(clock.nowMs())
      last().fire('close', { code: 1006, reason: '' })
      await clock.advance([250, 500, 1000, 2000, 4000, 8000, 0][i] ?? 0)
    }
    expect(FakeSocket.made).toHaveLength(7)
    expect(times).toEqual([0, 250, 750, 1750, 3750, 7750, 15_750])
    expect(log.at(-1)).toBe('failed reconnect-failed')
  })

  test('connections that die soon after opening end it, ones that last do not', async () => {
    open()
    for (let i = 0; i < 5; i++) {
      last().fire('open')
      await clock.advance(6000)
      last().fire('close', { code: 1006, reason: '' })
      await clock.advance(250)
    }
    expect(log.filter((line) => line.startsWith('failed'))).toEqual([])
    for (let i = 0; i < 3; i++) {
      last().fire('open')
      last().fire('close', { code: 1000, reason: '' })
      await clock.advance(8000)
    }
    expect(log.at(-1)).toBe('failed reconnect-failed')
  })

  test('a connection that does not open in time is cut and made again', async () => {
    open({ webSocket: FakeWs, openTimeoutSecs: 3 })
    const first = last()
    await clock.advance(3000)
    expect(first.terminated).toBe(true)
    expect(log).toEqual(['lost connect-timeout'])
    await clock.advance(250)
    expect(FakeSocket.made).toHaveLength(2)
    first.fire('open')
    expect(log).toEqual(['lost connect-timeout'])
  })

  test.each([
    [401, 'failed connection-refused'],
    [402, 'failed connection-refused'],
    [404, 'failed connection-refused'],
    [429, 'lost connection-refused'],
    [503, 'lost connection-refused'],
  ])('a refusal with HTTP %i ends in %j', (status, expected) => {
    const socket = open({ webSocket: FakeWs })
    let message = ''
    socket.on(status < 429 ? 'failed' : 'lost', (error) => (message = error.message))
    const made = last()
    if (made instanceof FakeWs) made.refuse(status, 'because')
    expect(log).toEqual([expected])
    expect(message).toContain('because')
  })

  test('a connection made again is used only once it answered a ping', async () => {
    open({ webSocket: FakeWs, pingTimeoutSecs: 1 })
    last().fire('open')
    last().fire('close', { code: 1006, reason: '' })
    await clock.advance(250)
    const second = last()
    second.fire('open')
    expect(log).toEqual(['open', 'lost connection-closed'])
    await clock.advance(1000)
    expect(log.at(-1)).toBe('lost ping-timeout')
    await clock.advance(1000)
    const third = last()
    third.fire('open')
    if (third instanceof FakeWs) third.emit('pong')
    expect(log.at(-1)).toBe('open again')
  })

  test('sends a keepalive only after silence', async () => {
    const socket = open({ keepAlive: { everySecs: 5, message: () => 'ping' } })
    last().fire('open')
    await clock.advance(4000)
    socket.send('data')
    await clock.advance(4000)
    expect(last().sent).toEqual(['data'])
    await clock.advance(6000)
    expect(last().sent).toEqual(['data', 'ping', 'ping'])
  })

  test('what waits is bounded: the oldest goes, and that is said once', () => {
    const socket = open({ maxQueuedBytes: 10 })
    for (const text of ['aaaa', 'bbbb', 'cccc', 'dddd']) socket.send(text)
    expect(socket.bufferedBytes).toBe(8)
    last().fire('open')
    expect(last().sent).toEqual(['cccc', 'dddd'])
    expect(log).toEqual(['overflow', 'open'])
  })

  test('closing says goodbye and waits for the answer', async () => {
    const socket = open()
    last().fire('open')
    const closing = socket.close()
    expect(last().closeCode).toBe(1000)
    last().fire('close', { code: 1000, reason: '' })
    await closing
    await clock.advance(60_000)
    expect(log).toEqual(['open', 'closed'])
    expect(FakeSocket.made).toHaveLength(1)
    expect(socket.send('late')).toBe(false)
  })

  test('closing does not wait longer than two seconds', async () => {
    const socket = open({ webSocket: FakeWs })
    last().fire('open')
    const closing = socket.close()
    await clock.advance(2000)
    await closing
    expect(last().terminated).toBe(true)
    expect(log).toEqual(['open', 'closed'])
  })

  test('closing while it waits or connects ends that too', async () => {
    const waiting = open()
    last().fire('close', { code: 1006, reason: '' })
    await waiting.close()
    const connecting = open()
    await connecting.close()
    await clock.advance(60_000)
    expect(FakeSocket.made).toHaveLength(2)
    expect(log).toEqual(['lost connection-closed', 'closed', 'closed'])
  })

  test('a url that is none fails at once, and connecting again starts anew', () => {
    const socket = open({ url: 'bad' })
    expect(log).toEqual(['failed invalid-url'])
    socket.connect()
    expect(log).toHaveLength(2)
  })

  test('a browser’s own WebSocket fits', () => {
    const browser: SocketConstructor = WebSocket
    expect(new ReconnectingSocket({ url: 'ws://x', webSocket: browser, clock, random: () => 0 }).isOpen).toBe(false)
  })

  test('without reconnecting, the loss of the connection is the end', () => {
    open({ reconnect: false })
    last().fire('open')
    last().fire('close', { code: 1006, reason: '' })
    expect(log).toEqual(['open', 'failed connection-closed'])
  })
})
