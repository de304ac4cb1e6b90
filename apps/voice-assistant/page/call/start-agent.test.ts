import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { startAgent, StartRefused } from './start-agent.ts'

let stop: () => void = () => {}
afterEach(() => stop())

async function answering(status: number, body: string, onBody: (body: string) => void = () => {}): Promise<string> {
  const server = createServer((request, response) => {
    void text(request).then((asked) => {
      onBody(asked)
      response.writeHead(status).end(body)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stop = () => server.close()
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/start`
}

const signal = new AbortController().signal

test('only what the client accepts is passed on', async () => {
  const endpoint = await answering(200, '{"wsUrl":"ws://h/ws","token":null,"sessionId":"s"}')
  expect(await startAgent(endpoint, { greet: true }, signal)).toEqual({ wsUrl: 'ws://h/ws' })
})

test('an address relative to the server becomes whole', async () => {
  const endpoint = await answering(200, '{"wsUrl":"/ws-client","token":"t"}')
  expect(await startAgent(endpoint, { greet: true }, signal)).toEqual({
    wsUrl: endpoint.replace('http', 'ws').replace('/start', '/ws-client'),
    token: 't',
  })
})

test('the server learns which transport and which demo are wanted, and whether the agent is to greet', async () => {
  const asked: string[] = []
  const endpoint = await answering(200, '{"wsUrl":"/ws"}', (body) => asked.push(body))
  await startAgent(endpoint, { greet: false, demo: 'food-ordering', conversationId: 'c1' }, signal)
  const body = { greet: false, demo: 'food-ordering', conversationId: 'c1' }
  expect(asked.map((text) => JSON.parse(text))).toEqual([{ transport: 'websocket', body }])
})

test('a refusal carries the reason and the status', async () => {
  const endpoint = await answering(400, '{"detail":"not allowed"}')
  await expect(startAgent(endpoint, { greet: true }, signal)).rejects.toMatchObject({
    name: 'StartRefused',
    message: 'not allowed',
    status: 400,
  })
})

test('an answer that is no address is refused', async () => {
  const endpoint = await answering(200, '<html>')
  await expect(startAgent(endpoint, { greet: true }, signal)).rejects.toBeInstanceOf(StartRefused)
})

test('a server that is not there is an error of fetch', async () => {
  await expect(startAgent('http://127.0.0.1:9/start', { greet: true }, signal)).rejects.toBeInstanceOf(TypeError)
})
