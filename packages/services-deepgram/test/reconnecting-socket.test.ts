import { createRuntime, type PcError, ReconnectingSocket, type ReconnectingSocketOptions } from '@pc/core'
import { type Emulators, startEmulators } from '@pc/emulators'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { received } from './live-task.ts'

const { clock } = createRuntime()

let emulators: Emulators

beforeAll(async () => {
  emulators = await startEmulators({ speed: Infinity })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

const open = (options: Partial<ReconnectingSocketOptions> = {}): ReconnectingSocket =>
  new ReconnectingSocket({
    url: `${emulators.deepgram.environment.production}/v1/speak?model=aura-2-thalia-en`,
    webSocket: WebSocket,
    clock,
    random: () => 0,
    headers: { authorization: 'Token key' },
    policy: { delaysSecs: [0.02, 0.02], jitterRatio: 0 },
    ...options,
  })

const failure = (socket: ReconnectingSocket): Promise<PcError> =>
  new Promise((resolve) => void socket.on('failed', (error) => resolve(error)))

// The emulator serves as any WebSocket server: the class belongs to core, which has no sockets to test it with.
describe('ReconnectingSocket over ws', () => {
  test('connects with headers, receives text and bytes, and closes in good order', async () => {
    const socket = open()
    const received: (string | Uint8Array)[] = []
    const flushed = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        received.push(data)
        if (typeof data === 'string' && data.includes('Flushed')) resolve()
      })
    })
    socket.send('lost before connecting')
    socket.connect()
    socket.send(JSON.stringify({ type: 'Speak', text: 'Hi.' }))
    socket.send(JSON.stringify({ type: 'Flush' }))
    await flushed
    expect(received.some((data) => data instanceof Uint8Array)).toBe(true)
    await socket.close()
    await emulators.waitForRequest((message) => message.kind === 'close' && message.code === 1000)
  })

  test('a refusal that will not change ends it, with status and body', async () => {
    emulators.deepgram.apiKeys.add('another')
    const socket = open()
    const failed = failure(socket)
    socket.connect()
    expect(await failed).toMatchObject({ code: 'connection-refused', kind: 'auth', status: 401 })
    expect((await failed).message).toContain('INVALID_AUTH')
  })

  test('a cut line is connected again, greeted again, and proved by a ping', async () => {
    emulators.deepgram.speak.faults.next({ kind: 'dropAfter', afterMessages: 1, secs: 0.05 })
    const socket = open({ greeting: () => [JSON.stringify({ type: 'Speak', text: 'Hello' })] })
    const again = new Promise<void>((resolve) => {
      socket.on('open', (second) => {
        if (second) resolve()
      })
    })
    const lost = new Promise<PcError>((resolve) => void socket.on('lost', (error) => resolve(error)))
    socket.connect()
    expect(await lost).toMatchObject({ code: 'connection-closed', kind: 'transient' })
    await again
    await socket.close()
    expect(received(emulators, 'upgrade')).toHaveLength(2)
    expect(received(emulators, 'text')).toHaveLength(2)
  })

  test('a server that cannot be reached is given up in the end', async () => {
    emulators.deepgram.speak.faults.always({ kind: 'reset' })
    const socket = open()
    const failed = failure(socket)
    socket.connect()
    expect(await failed).toMatchObject({ code: 'reconnect-failed' })
    expect(received(emulators, 'upgrade')).toHaveLength(3)
  })
})
