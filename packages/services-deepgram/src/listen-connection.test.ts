import { once } from 'node:events'
import { createRuntime } from '@pc/core'
import { expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { DeepgramAccess } from './deepgram-access.ts'
import { openListenConnection } from './listen-connection.ts'

/** More than the buffers of a loopback line hold, in pieces of 1 MiB. */
async function* muchAudio(): AsyncIterable<Int16Array> {
  for (let i = 0; i < 64; i++) yield new Int16Array(1 << 19)
}

test('a server that stops reading the audio is given up', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (socket) => socket.pause())
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const access = new DeepgramAccess({ apiKey: 'any', baseUrl: `http://127.0.0.1:${port}` }, 'stt')
  access.setUp(createRuntime())
  const connecting = access.client.listen.v1.connect({ ...access.socketOptions, model: 'nova-3-general' })
  const { signal } = new AbortController()
  const { messages, sendAudio } = await openListenConnection(connecting, { signal, service: 'stt' })
  let ended = false
  const sending = sendAudio(muchAudio(), { onSent: () => {}, onEnd: () => (ended = true) })
  await expect(messages[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'connection-stalled',
    kind: 'transient',
    service: 'stt',
  })
  await sending
  expect(ended).toBe(false)
  for (const client of server.clients) client.terminate()
  await new Promise<void>((resolve) => server.close(() => resolve()))
})
