import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { listen } from '../test/call.ts'
import { type AcceptVerification, acceptWebSockets, type AcceptWebSocketsOptions } from './index.ts'

const open: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function start(options: Omit<AcceptWebSocketsOptions, 'server' | 'onConnection'> = {}) {
  const { server, port } = await listen()
  const requests: IncomingMessage[] = []
  const acceptor = acceptWebSockets({
    server,
    ...options,
    onConnection: (_websocket, request) => void requests.push(request),
  })
  open.push(async () => {
    await acceptor.close()
    server.close()
  })
  return { server, acceptor, requests, at: (path: string) => `ws://127.0.0.1:${port}${path}`, port }
}

/** 101 when the client gets in, or the status it is refused with. */
async function knock(
  url: string,
  options: { origin?: string; headers?: Record<string, string> } = {},
): Promise<number> {
  const socket = new WebSocket(url, options)
  const status = await new Promise<number>((resolve) => {
    socket.once('open', () => resolve(101))
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.once('error', () => resolve(0))
  })
  socket.terminate()
  return status
}

test('a client gets in at the path, without compression', async () => {
  const { at, requests } = await start()
  const socket = new WebSocket(at('/ws?session=1'))
  await once(socket, 'open')
  expect(socket.extensions).toBe('')
  expect(requests[0]?.url).toBe('/ws?session=1')
  socket.terminate()
})

test('another path is answered with 404, unless somebody else listens for upgrades', async () => {
  const { at, server } = await start({ path: /\/call\/[a-z]+/ })
  expect(await knock(at('/call/abc'))).toBe(101)
  expect(await knock(at('/call/abc/more'))).toBe(404)
  expect(await knock(at('//'))).toBe(404)
  server.on('upgrade', (_request, socket) => void socket.end('HTTP/1.1 418 Teapot\r\n\r\n'))
  expect(await knock(at('/other'))).toBe(418)
})

describe('who may connect', () => {
  const cases: [string, AcceptVerification, { origin?: string; headers?: Record<string, string> }, string, number][] = [
    ['a program, without an origin', {}, {}, '/ws', 101],
    ['a foreign page', {}, { origin: 'https://evil.example' }, '/ws', 403],
    ['a page with a broken origin', {}, { origin: 'null' }, '/ws', 403],
    ['a listed page', { origins: ['https://mine.example'] }, { origin: 'https://mine.example' }, '/ws', 101],
    ['any page when all may', { origins: '*' }, { origin: 'https://evil.example' }, '/ws', 101],
    ['nobody without the token', { token: 'secret' }, {}, '/ws', 401],
    ['nobody with another token', { token: 'secret' }, {}, '/ws?token=secreT', 401],
    ['who brings it in the address', { token: 'secret' }, {}, '/ws?token=secret', 101],
    ['who brings it in a header', { token: 'secret' }, { headers: { authorization: 'Bearer secret' } }, '/ws', 101],
    ['whom a function lets in', { token: async (token) => token === 'abc' }, {}, '/ws?token=abc', 101],
    ['nobody when the function fails', { token: () => Promise.reject(new Error('down')) }, {}, '/ws', 500],
  ]
  test.each(cases)('%s', async (_who, verify, options, path, status) => {
    const { at } = await start({ verify })
    expect(await knock(at(path), options)).toBe(status)
  })

  test('a page that this server served', async () => {
    const { at, port } = await start()
    expect(await knock(at('/ws'), { origin: `http://127.0.0.1:${port}` })).toBe(101)
  })
})

test('a message above the limit closes the connection with 1009', async () => {
  const { at } = await start({ maxPayload: 1000 })
  const socket = new WebSocket(at('/ws'))
  await once(socket, 'open')
  socket.send(new Uint8Array(2000))
  const [code] = await once(socket, 'close')
  expect(code).toBe(1009)
})

test('closing closes all clients with 1001 and lets nobody in', async () => {
  const { at, acceptor } = await start()
  const socket = new WebSocket(at('/ws'))
  await once(socket, 'open')
  const closed = once(socket, 'close')
  await acceptor.close()
  expect((await closed)[0]).toBe(1001)
  expect(acceptor.clients.size).toBe(0)
})
