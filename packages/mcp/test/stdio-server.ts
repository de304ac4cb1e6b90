import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { createTestServer } from './test-server.ts'

process.stderr.write('ready\n')
await createTestServer().connect(new StdioServerTransport())
