import { EventEmitter } from 'node:events'
import { connect } from 'node:tls'
import {
  defineProcessor,
  type FrameProcessor,
  type Logger,
  LLMContext,
  LLMContextFrame,
  PcError,
  Pipeline,
  PipelineTask,
  TTSAudioRawFrame,
} from '@pc/core'
import { TestClock } from '@pc/core/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { TestClient } from '../test/test-client.ts'
import { type Bot, type BotSession, defineBot } from './bot.ts'
import { lanAddresses } from './origins.ts'
import { type RunningServer, serveBot, type ServeBotOptions } from './serve-bot.ts'

const servers: RunningServer[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close({ drainSecs: 0 })))
})

async function serve(bot: Bot, options: ServeBotOptions = {}): Promise<RunningServer & { ws: string }> {
  const server = await serveBot(bot, { host: '127.0.0.1', port: 0, ...options })
  servers.push(server)
  return Object.assign(Object.create(server), { ws: `ws://127.0.0.1:${server.port}/ws-client` })
}

function taskOf(session: BotSession, ...between: FrameProcessor[]): PipelineTask {
  const { transport } = session
  return new PipelineTask(
    new Pipeline([transport.input(), ...between, transport.output()]),
    {},
    { defaultParts: false },
  )
}

const plain = defineBot((session) => session.run(taskOf(session)))

async function post(
  server: RunningServer,
  path: string,
  body: unknown = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', body: text, headers })
}

async function started(server: RunningServer, body: unknown = {}): Promise<{ wsUrl: string; token?: string }> {
  return (await (await post(server, '/start', body)).json()) as { wsUrl: string; token?: string }
}

describe('a session', () => {
  test.each([
    ['beside a list without RTVI', plain],
    ['in a list that holds it', (session: BotSession) => session.run(taskOf(session, session.rtvi))],
  ])('shakes hands and serves requests %s', async (_where, bot) => {
    const server = await serve((session) => {
      session.rtvi.handle('whoami', () => session.id)
      return bot(session)
    })
    const client = await TestClient.ready(server.ws)
    client.send('client-message', { t: 'whoami' })
    expect(await client.next('server-response')).toMatchObject({ data: { t: 'whoami', d: server.sessions[0]?.id } })
    await client.close()
  })

  test('gets what the client gave to /start', async () => {
    const bodies: unknown[] = []
    const server = await serve((session) => {
      bodies.push(session.body)
      return plain(session)
    })
    const { wsUrl } = await started(server, { transport: 'websocket', body: { name: 'Ada' } })
    const client = await TestClient.ready(wsUrl)
    expect(bodies).toEqual([{ name: 'Ada' }])
    await client.close()
  })

  test('waits for a bot that prepares itself: the client’s first words are not lost', async () => {
    const server = await serve(async (session) => {
      await new Promise((resolve) => setImmediate(resolve))
      await fetch(`http://127.0.0.1:${server.port}/status`)
      await plain(session)
    })
    const client = await TestClient.ready(server.ws)
    await client.close()
  })

  test('speaks RTVI with the options of the server', async () => {
    const server = await serve(
      (session) => {
        session.rtvi.on('clientReady', () => {
          session.rtvi.sendServerMessage('not yet')
          session.rtvi.sendBotReady()
        })
        return plain(session)
      },
      { rtvi: { manualBotReady: true } },
    )
    const client = await TestClient.ready(server.ws)
    expect(client.messages.map(({ type }) => type)).toEqual(['server-message', 'bot-ready'])
    await client.close()
  })

  test('ends its task when the client leaves', async () => {
    const ended = Promise.withResolvers<string>()
    const server = await serve(async (session) => {
      const task = taskOf(session)
      task.on('pipelineFinished', (frame) => ended.resolve(`${frame.type}, aborted: ${session.signal.aborted}`))
      await session.run(task)
    })
    const client = await TestClient.ready(server.ws)
    expect(server.sessions).toHaveLength(1)
    await client.close()
    expect(await ended.promise).toBe('CancelFrame, aborted: true')
    await vi.waitFor(() => expect(server.sessions).toEqual([]))
  })

  test('closes when its bot returns', async () => {
    const server = await serve(async () => {})
    const client = await TestClient.connect(server.ws)
    expect(await client.closed).toMatchObject({ code: 1000 })
  })

  test('closes when the client asks the bot to leave', async () => {
    const server = await serve(plain)
    const client = await TestClient.ready(server.ws)
    client.send('disconnect-bot')
    expect((await client.closed).code).toBeLessThan(1002)
  })

  test('of a bot that throws ends alone, and its client is told', async () => {
    const log: Logger = { enabled: () => true, log: vi.fn() }
    const server = await serve(
      async (session) => {
        const { fails } = session.body as { fails?: 'ours' | 'other' }
        if (fails === 'ours') throw new PcError('DEEPGRAM_API_KEY is not set.', { code: 'no-key', kind: 'config' })
        if (fails === 'other') throw new TypeError('secret = 42')
        await plain(session)
      },
      { runtime: { log } },
    )
    const good = await TestClient.ready((await started(server, { body: {} })).wsUrl)
    const ours = await TestClient.connect((await started(server, { body: { fails: 'ours' } })).wsUrl)
    const other = await TestClient.connect((await started(server, { body: { fails: 'other' } })).wsUrl)
    expect(await ours.closed).toMatchObject({ code: 1011 })
    expect(await other.closed).toMatchObject({ code: 1011 })
    const text = 'DEEPGRAM_API_KEY is not set.'
    expect(ours.messages).toMatchObject([{ type: 'error', data: { error: text, message: text, fatal: true } }])
    expect(JSON.stringify(other.messages)).not.toContain('42')
    expect(log.log).toHaveBeenCalledWith('error', expect.stringContaining('failed'), { error: expect.any(TypeError) })
    good.send('client-message', { t: 'anyone' })
    good.send('nonsense')
    expect(await good.next('error-response')).toBeDefined()
    await good.close()
  })

  test('goes on after damaged messages, and says what was wrong', async () => {
    const server = await serve(plain)
    const client = await TestClient.ready(server.ws)
    client.socket.send(Buffer.from([0x22, 0xff, 0xff]))
    client.socket.send('text')
    expect(await client.next('error')).toMatchObject({ data: { fatal: false } })
    client.send('unknown-type')
    expect(await client.next('error-response')).toMatchObject({ data: { error: 'Unsupported type unknown-type' } })
    await client.close()
  })

  test('measures replies for clients that report their playback', async () => {
    const voice = defineProcessor({
      name: 'voice',
      on: {
        LLMMessagesAppendFrame: (frame, ctx) => {
          ctx.push(frame)
          ctx.push(new LLMContextFrame(new LLMContext(frame.messages)))
          ctx.push(new TTSAudioRawFrame(new Int16Array(2400).fill(9000), 24_000, 1, 'c'))
        },
      },
    })
    const server = await serve((session) => session.run(taskOf(session, voice)))
    const client = await TestClient.ready(server.ws)
    client.send('client-message', { t: 'pc/playout', d: { enabled: true } })
    client.send('send-text', { content: 'hello' })
    await vi.waitFor(() =>
      expect(client.messages).toContainEqual({
        label: 'rtvi-ai',
        type: 'server-message',
        data: { type: 'pc/latency', turn: 1, stages: {}, totalMs: expect.any(Number) },
      }),
    )
    await client.close()
  })
})

describe('/start', () => {
  test('answers official clients with the keys that they accept, and no others', async () => {
    const open = await serve(plain)
    expect(Object.keys(await started(open))).toEqual(['wsUrl'])
    const guarded = await serve(plain, { wsAuth: 'token' })
    const answer = await started(guarded)
    expect(answer).toEqual({ wsUrl: `ws://127.0.0.1:${guarded.port}/ws-client`, token: expect.any(String) })
  })

  test('names the public address of a server behind a proxy', async () => {
    const server = await serve(plain, { publicUrl: 'https://voice.test/bots/', wsAuth: 'token' })
    expect((await started(server)).wsUrl).toBe('wss://voice.test/bots/ws-client')
  })

  test('takes a body that is no JSON for an empty one', async () => {
    const server = await serve(plain)
    for (const body of ['', '{', '[1]', 'null']) expect((await post(server, '/start', body)).status).toBe(200)
  })

  test.each([
    [{ transport: 'webrtc' }, 'Transport "webrtc" is not installed here; use websocket.'],
    [{ createDailyRoom: true }, 'Transport "daily" is not installed here; use websocket.'],
  ])('refuses what the server does not have: %j', async (body, detail) => {
    const response = await post(await serve(plain), '/start', body)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ detail, info: detail })
  })

  test('refuses a body that is too large', async () => {
    const response = await post(await serve(plain), '/start', JSON.stringify({ body: 'x'.repeat(1 << 20) }))
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('1048576') })
  })
})

describe('other routes', () => {
  test.each([
    ['GET', '/nothing', 404],
    ['GET', '/client/', 404],
    ['GET', '/start', 405],
    ['POST', '/status', 405],
    ['GET', '/sessions/abc/api/offer', 404],
    ['POST', '/sessions/abc/anything', 404],
  ])('%s %s is %i, in JSON', async (method, path, status) => {
    const server = await serve(plain)
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method })
    expect(response.status).toBe(status)
    const { detail, info } = (await response.json()) as { detail: string; info: string }
    expect(detail).toBe(info)
    expect(detail).not.toBe('')
  })

  test('the status names the transports', async () => {
    const server = await serve(plain)
    const response = await fetch(`http://127.0.0.1:${server.port}/status`)
    expect(await response.json()).toEqual({ status: 'ready', transports: ['websocket'] })
  })

  test('a middleware serves the page, and may take connections of its own', async () => {
    const server = await serve(plain, {
      client: (http) => {
        http.on('upgrade', (request, socket) => {
          if (request.url === '/hmr') socket.end('HTTP/1.1 418 Teapot\r\n\r\n')
        })
        return (request, response, next) => {
          if (request.url === '/client/app') response.end('from middleware')
          else next(request.url === '/client/bug' ? new Error('broken') : undefined)
        }
      },
    })
    const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${server.port}${path}`)
    expect(await (await get('/client/app')).text()).toBe('from middleware')
    expect((await get('/client/other')).status).toBe(404)
    const broken = await get('/client/bug')
    expect([broken.status, JSON.stringify(await broken.json())]).toEqual([500, expect.not.stringContaining('broken')])
    const hmr = new TestClient(`ws://127.0.0.1:${server.port}/hmr`)
    const refused = await new Promise((resolve) =>
      hmr.socket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode)),
    )
    expect(refused).toBe(418)
  })

  test('connections to another path are refused', async () => {
    const server = await serve(plain)
    await expect(TestClient.connect(`ws://127.0.0.1:${server.port}/ws`)).rejects.toThrow('404')
  })
})

describe('tokens', () => {
  test('admit once, in the query, the path or the header', async () => {
    const server = await serve(plain, { wsAuth: 'token' })
    const token = async (): Promise<string> => (await started(server)).token ?? ''
    const first = await token()
    for (const client of [
      await TestClient.ready(`${server.ws}?token=${first}`),
      await TestClient.ready(`${server.ws}/${await token()}`),
      await TestClient.ready(server.ws, { headers: { authorization: `Bearer ${await token()}` } }),
    ]) {
      await client.close()
    }
    for (const url of [server.ws, `${server.ws}?token=${first}`, `${server.ws}/forged.token`]) {
      expect(await (await TestClient.connect(url)).closed).toMatchObject({ code: 4003 })
    }
    expect(server.sessions).toEqual([])
  })

  test('are not needed by default, but a false one is refused', async () => {
    const server = await serve(plain)
    expect(await (await TestClient.connect(`${server.ws}/forged`)).closed).toMatchObject({ code: 4003 })
  })
})

describe('pages of other origins', () => {
  const evil = { origin: 'https://evil.test' }

  test('can neither connect nor start sessions nor read answers', async () => {
    const server = await serve(plain)
    expect(await (await TestClient.connect(server.ws, { headers: evil })).closed).toMatchObject({ code: 4003 })
    const response = await post(server, '/start', {}, evil)
    expect(response.status).toBe(403)
    expect(response.headers.has('access-control-allow-origin')).toBe(false)
  })

  test('can when the application allows them', async () => {
    const server = await serve(plain, { allowedOrigins: [evil.origin] })
    await (await TestClient.ready(server.ws, { headers: evil })).close()
    const preflight = await fetch(`http://127.0.0.1:${server.port}/start`, { method: 'OPTIONS', headers: evil })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(evil.origin)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('content-type')
  })
})

test('a full server says so, and has room again when somebody leaves', async () => {
  const server = await serve(plain, { maxSessions: 1 })
  const first = await TestClient.ready(server.ws)
  expect(await (await TestClient.connect(server.ws)).closed).toMatchObject({ code: 1013 })
  const response = await post(server, '/start')
  expect([response.status, await response.json()]).toEqual([503, expect.objectContaining({ info: expect.any(String) })])
  await first.close()
  await vi.waitFor(() => expect(server.sessions).toEqual([]))
  await (await TestClient.ready(server.ws)).close()
})

describe('a server that stops', () => {
  test('ends conversations gracefully and takes no more', async () => {
    const ended = Promise.withResolvers<string>()
    const hold = Promise.withResolvers<void>()
    const slow = defineProcessor({ name: 'slow', on: {}, onEnd: () => hold.promise })
    const server = await serve(async (session) => {
      const task = taskOf(session, slow)
      task.on('pipelineFinished', (frame) => ended.resolve(frame.type))
      await session.run(task)
    })
    const client = await TestClient.ready(server.ws)
    const closing = server.close()
    await expect(TestClient.connect(server.ws)).rejects.toThrow()
    hold.resolve()
    expect(await ended.promise).toBe('EndFrame')
    await closing
    await server.closed
    await client.closed
  })

  test('cancels what does not end in time, and cuts off what does not return', async () => {
    const clock = new TestClock()
    const log: Logger = { enabled: () => true, log: vi.fn() }
    const finished: string[] = []
    const server = await serve(
      async (session) => {
        if (session.body === 'deaf') await new Promise(() => {})
        const task = taskOf(session, defineProcessor({ name: 'stuck', on: {}, onEnd: () => new Promise(() => {}) }))
        task.on('pipelineFinished', (frame) => finished.push(frame.type))
        await session.run(task)
      },
      { runtime: { clock, log } },
    )
    const stuck = await TestClient.ready((await started(server)).wsUrl)
    const deaf = await TestClient.connect((await started(server, { body: 'deaf' })).wsUrl)
    const closing = server.close({ drainSecs: 3 })
    await deaf.closed
    await clock.advance(2999)
    expect(finished).toEqual([])
    await clock.advance(1)
    await stuck.closed
    await clock.advanceUntil(() => vi.mocked(log.log).mock.calls.some(([, text]) => text.includes('does not return')))
    await closing
    expect(finished).toEqual(['CancelFrame'])
  })

  test('does so on the first signal, and at once on the second', async () => {
    const signals = new EventEmitter()
    const server = await serve(
      (session) =>
        session.run(taskOf(session, defineProcessor({ name: 'stuck', on: {}, onEnd: () => new Promise(() => {}) }))),
      { signals },
    )
    const client = await TestClient.ready(server.ws)
    signals.emit('SIGTERM')
    await expect(TestClient.connect(server.ws)).rejects.toThrow()
    expect(server.sessions).toHaveLength(1)
    signals.emit('SIGINT')
    await server.closed
    await client.closed
  })

  test('listens to no signals afterwards', async () => {
    const signals = new EventEmitter()
    const server = await serve(plain, { signals })
    await server.close()
    expect(signals.listenerCount('SIGTERM') + signals.listenerCount('SIGINT')).toBe(0)
  })
})

describe('over TLS', () => {
  const certificateNames = (port: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subjectaltname))
        socket.end()
      })
      socket.on('error', reject)
    })

  test('a certificate is made for the names of this machine', async () => {
    const server = await serve(plain, { https: true })
    expect(server.url).toBe(`https://localhost:${server.port}`)
    const names = await certificateNames(server.port)
    for (const name of ['localhost', '127.0.0.1', ...lanAddresses()]) expect(names).toContain(name)
    const client = await TestClient.ready(`wss://127.0.0.1:${server.port}/ws-client`, { rejectUnauthorized: false })
    await client.close()
  })

  test('the network’s addresses are listed when it listens there', async () => {
    const server = await serve(plain, { https: true, host: '0.0.0.0' })
    expect(server.urls).toEqual(['localhost', ...lanAddresses()].map((name) => `https://${name}:${server.port}`))
  })
})

test('a port that is taken is a clear error', async () => {
  const first = await serve(plain)
  await expect(serve(plain, { port: first.port })).rejects.toMatchObject({
    code: 'listen-failed',
    message: expect.stringContaining(String(first.port)),
  })
})
