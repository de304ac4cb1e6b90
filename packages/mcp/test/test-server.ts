import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { EmptyResultSchema } from '@modelcontextprotocol/sdk/types.js'
import * as z from 'zod'

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] })

/** What all servers of a test process have seen. */
export interface ServerLog {
  readonly started: string[]
  readonly cancelled: string[]
}

/** A server with one tool for each thing a server may do. */
export function createTestServer(log: ServerLog = { started: [], cancelled: [] }): McpServer {
  const server = new McpServer({ name: 'test', version: '1.0.0' })
  const numbers = { a: z.number(), b: z.number().describe('The second number') }
  server.registerTool('add', { description: 'Adds two numbers', inputSchema: numbers }, ({ a, b }) =>
    text(String(a + b)),
  )
  server.registerTool('files.read.all', { description: 'A name that models do not take' }, () => text('read'))
  server.registerTool('fail', {}, () => ({ ...text('The disk is full.'), isError: true }))
  server.registerTool('weather', { outputSchema: { celsius: z.number() } }, () => ({
    ...text('It is 21 degrees.'),
    structuredContent: { celsius: 21 },
  }))
  server.registerTool('picture', {}, () => ({
    content: [
      { type: 'text', text: 'Here:' },
      { type: 'image', data: 'AAAA', mimeType: 'image/png' },
      { type: 'resource', resource: { uri: 'file:///note.txt', text: 'a note' } },
      { type: 'resource_link', uri: 'file:///big.bin', name: 'big' },
    ],
  }))
  server.registerTool('environment', { inputSchema: { name: z.string() } }, ({ name }) =>
    text(process.env[name] ?? 'not set'),
  )
  server.registerTool('hang', { inputSchema: { id: z.string() } }, ({ id }, { signal }) => {
    log.started.push(id)
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        log.cancelled.push(id)
        resolve(text('too late'))
      })
    })
  })
  server.registerTool(
    'count',
    { inputSchema: { to: z.number() } },
    async ({ to }, { sendNotification, sendRequest, _meta }) => {
      const progressToken = _meta?.progressToken
      for (let progress = 1; progress <= to && progressToken !== undefined; progress++) {
        await sendNotification({
          method: 'notifications/progress',
          params: { progressToken, progress, total: to, message: `at ${progress}` },
        })
        // The SDK's client drops progress that comes in one piece with the result: the answer shows that it was read.
        await sendRequest({ method: 'ping' }, EmptyResultSchema)
      }
      return text('done')
    },
  )
  server.registerTool('grow', {}, () => {
    server.registerTool('grown', { description: 'Came later' }, () => text('here'))
    return text('grew')
  })
  server.registerTool('crash', {}, () => process.exit(1))
  return server
}
