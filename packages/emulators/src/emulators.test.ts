import { connect } from 'node:net'
import OpenAI from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../test/manual-clock.ts'
import { SocketClient } from '../test/socket-client.ts'
import { startEmulators } from './emulators.ts'
import type { Emulators, EmulatorsOptions } from './emulators.ts'

let running: Emulators | undefined

const start = async (options: EmulatorsOptions = {}): Promise<Emulators> => {
  running = await startEmulators({ speed: Infinity, ...options })
  return running
}
afterEach(() => running?.close())

const listenUrl = ({ deepgram }: Emulators): string =>
  `${deepgram.baseUrl.replace('http', 'ws')}/v1/listen?model=nova-3&encoding=linear16&sample_rate=16000`

describe('starting and closing', () => {
  it('refuses a host that others could reach', async () => {
    const host = JSON.parse('"0.0.0.0"')
    await expect(startEmulators({ host })).rejects.toThrow(/not a loopback address/)
  })

  it.each([0, -1, NaN])('refuses the speed %s', async (speed) => {
    await expect(startEmulators({ speed })).rejects.toThrow(RangeError)
  })

  it('rejects when the port is taken', async () => {
    const { port } = await start()
    await expect(startEmulators({ port })).rejects.toThrow(/EADDRINUSE/)
  })

  it('cuts open connections, rejects waiters and can be closed twice', async () => {
    const emulators = await start()
    const client = await new SocketClient(listenUrl(emulators)).opened()
    const waiter = expect(emulators.waitForRequest(() => false)).rejects.toThrow(/were closed/)
    await Promise.all([emulators.close(), emulators.close()])
    expect(await client.closed).toMatchObject({ code: 1006 })
    await waiter
    await expect(fetch(emulators.openai.baseUrl)).rejects.toThrow()
  })

  it('closes at the end of an `await using` block', async () => {
    const emulators = await start()
    await emulators[Symbol.asyncDispose]()
    await expect(fetch(emulators.openai.baseUrl)).rejects.toThrow()
  })

  it('runs beside another set of emulators', async () => {
    const [first, second] = await Promise.all([start(), startEmulators()])
    expect(first.port).not.toBe(second.port)
    await second.close()
    expect((await fetch(`${first.openai.baseUrl}/models`)).status).toBe(401)
  })

  it('leaves no timer behind when a client goes away in mid-reply', async () => {
    const clock = new ManualClock()
    const emulators = await start({ clock, speed: 1 })
    const client = await new SocketClient(listenUrl(emulators)).opened()
    client.socket.close()
    await client.closed
    await emulators.waitForRequest(({ kind }) => kind === 'close')
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('closing in the middle of replies', () => {
  it('ends them all, without a timer or an error left over', async () => {
    const clock = new ManualClock()
    const emulators = await start({ clock, speed: 1 })
    const client = new OpenAI({ apiKey: 'k', baseURL: emulators.openai.baseUrl, maxRetries: 0 })
    const body = { model: 'gpt-5.4', messages: [{ role: 'user' as const, content: 'Hi' }] }
    const completion = expect(client.chat.completions.create(body)).rejects.toThrow()
    const streaming = expect(client.chat.completions.create({ ...body, stream: true })).resolves.toBeDefined()
    await streaming
    await emulators.waitForRequest(({ connection }) => connection === 2)
    await emulators.close()
    await completion
    await new Promise((resolve) => setImmediate(resolve))
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('addresses', () => {
  it('may have repeated slashes', async () => {
    const emulators = await start()
    const { port } = emulators
    const response = await fetch(`http://127.0.0.1:${port}//openai//v1///models`, {
      headers: { authorization: 'Bearer k' },
    })
    expect(response.status).toBe(200)
    const client = new SocketClient(listenUrl(emulators).replace('/v1/', '//v1//'))
    await client.opened()
    client.socket.close()
  })

  it('of no provider are 404 with a hint, for requests and for upgrades', async () => {
    const { port } = await start()
    const response = await fetch(`http://127.0.0.1:${port}/somewhere`)
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('/openai or /deepgram')
    await expect(new SocketClient(`ws://127.0.0.1:${port}/somewhere`).opened()).rejects.toThrow('404')
  })

  it('that the vendor does not have are 404, with the wrong method 405, in the form of the vendor', async () => {
    const { openai, deepgram } = await start()
    const headers = { authorization: 'Bearer k' }
    const unknown = await fetch(`${openai.baseUrl}/nothing`, { headers })
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { error: { message: expect.any(String) } }])
    expect((await fetch(`${openai.baseUrl}/chat/completions`, { headers })).status).toBe(405)
    const missing = await fetch(`${deepgram.baseUrl}/v1/nothing`, { headers })
    expect([missing.status, await missing.json()]).toMatchObject([404, { err_code: 'NOT_FOUND' }])
    expect((await fetch(`${deepgram.baseUrl}/v1/speak`, { headers })).status).toBe(405)
  })

  it('survive bytes that are not HTTP', async () => {
    const emulators = await start()
    const socket = connect(emulators.port, '127.0.0.1', () => socket.write('\x00\x01 nonsense\r\n\r\n'))
    await new Promise((resolve) => socket.on('close', resolve).resume())
    expect((await fetch(`${emulators.openai.baseUrl}/models`)).status).toBe(401)
  })

  it('list the known models and answer for one of them', async () => {
    const { openai } = await start()
    const client = new OpenAI({ apiKey: 'k', baseURL: openai.baseUrl })
    const ids: string[] = []
    for await (const model of client.models.list()) ids.push(model.id)
    expect(ids).toContain('gpt-transcribe')
    expect(await client.models.retrieve('gpt-5.4')).toMatchObject({ id: 'gpt-5.4', object: 'model' })
    await expect(client.models.retrieve('gpt-0')).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
  })
})

describe('the record of requests', () => {
  it('holds everything that came in with its time, without credentials', async () => {
    const clock = new ManualClock()
    const emulators = await start({ clock })
    clock.advance(1500)
    const client = await new SocketClient(listenUrl(emulators)).opened()
    client.send({ type: 'KeepAlive' })
    client.send(Uint8Array.of(1, 2))
    client.socket.close(1000, 'done')
    await emulators.waitForRequest((message) => message.kind === 'close')
    expect(emulators.requests).toMatchObject([
      { kind: 'upgrade', provider: 'deepgram', path: '/v1/listen', atMs: 1500, connection: 1 },
      { kind: 'text', text: '{"type":"KeepAlive"}', body: { type: 'KeepAlive' }, connection: 1 },
      { kind: 'binary', bytes: Uint8Array.of(1, 2) },
      { kind: 'close', code: 1000, reason: 'done' },
    ])
    const [upgrade] = emulators.requests
    expect(upgrade?.kind === 'upgrade' && upgrade.headers['authorization']).toBe('Token ***')
    expect(upgrade?.kind === 'upgrade' && upgrade.query.get('sample_rate')).toBe('16000')
  })

  it('hides keys in every form they come in', async () => {
    const emulators = await start()
    const secret = 'very-secret-key'
    for (const headers of [{ authorization: `Bearer ${secret}` }, { authorization: secret }, { 'api-key': secret }]) {
      await fetch(`${emulators.openai.baseUrl}/models`, { headers })
    }
    const client = new SocketClient(listenUrl(emulators), { headers: {}, protocols: ['token', secret] })
    await client.opened()
    client.socket.close()
    expect(JSON.stringify(emulators.requests)).not.toContain(secret)
    expect(emulators.requests).toHaveLength(4)
  })

  it('can be waited for, with the type of the message', async () => {
    const emulators = await start()
    const waiting = emulators.waitForRequest((message) => message.kind === 'http')
    const client = new OpenAI({ apiKey: 'k', baseURL: emulators.openai.baseUrl })
    await client.chat.completions.create({ model: 'gpt-5.4', messages: [{ role: 'user', content: 'Hi' }] })
    const { method, body } = await waiting
    expect([method, body]).toMatchObject(['POST', { model: 'gpt-5.4' }])
  })

  it('drops the oldest beyond its limit', async () => {
    const emulators = await start({ keepRequests: 10 })
    for (let count = 0; count < 25; count++) await fetch(`${emulators.openai.baseUrl}/models?n=${count}`)
    expect(emulators.requests.length).toBeLessThanOrEqual(10)
    const last = emulators.requests.at(-1)
    expect(last?.kind === 'http' && last.query.get('n')).toBe('24')
  })

  it('is emptied by a reset, and so is everything scripted', async () => {
    const emulators = await start()
    const client = new OpenAI({ apiKey: 'k', baseURL: emulators.openai.baseUrl, maxRetries: 0 })
    emulators.openai.chat.reply('queued')
    emulators.openai.faults.next({ kind: 'refuse', status: 500 })
    emulators.openai.apiKeys.add('other')
    await fetch(`${emulators.openai.baseUrl}/models`)
    emulators.reset()
    expect(emulators.requests).toEqual([])
    const body = { model: 'gpt-5.4', messages: [{ role: 'user' as const, content: 'Hi' }] }
    expect((await client.chat.completions.create(body)).choices[0]?.message.content).toBe('You said: Hi')
  })
})
