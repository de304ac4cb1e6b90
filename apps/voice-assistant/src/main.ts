import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { consoleLogger } from '@pc/core'
import { memoryStore } from '@pc/flows'
import { fileStore } from '@pc/flows/node'
import { serveBot } from '@pc/runner'
import { writeDemoList } from './demo-list.ts'
import { demoBot } from './demos.ts'
import { builtPage } from './page.ts'
import { warmUp } from './services.ts'

for (const dir of ['..', '../../..']) {
  const file = join(import.meta.dirname, dir, '.env')
  if (existsSync(file)) process.loadEnvFile(file)
}

const { values } = parseArgs({
  // A package manager may pass its own separator on.
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    https: { type: 'boolean', default: false },
    host: { type: 'string' },
    demo: { type: 'string', default: 'assistant' },
  },
})

/** How long a conversation that broke off may be gone on with, seconds. */
const keptSecs = 24 * 60 * 60
const directory = process.env['FLOW_STORE_DIR']
const store = directory ? fileStore({ directory, ttlSecs: keptSecs }) : memoryStore({ ttlSecs: keptSecs })
const bot = demoBot({ chosen: values.demo, store })
await warmUp(process.env)
const client = await builtPage()
await writeDemoList(client)
const server = await serveBot(bot, {
  client,
  port: Number(process.env['PORT'] ?? 7860),
  https: values.https,
  ...(values.host !== undefined && { host: values.host }),
  rtvi: { observer: { functionCalls: { '*': 'full' } } },
  signals: process,
  runtime: { log: consoleLogger('warn') },
})
const path = values.demo === 'assistant' ? '' : `/client/?demo=${values.demo}`
for (const url of server.urls) console.log(`Talk to it at ${url}${path}`)
await server.closed
// The builder of the page leaves a thread behind that would keep the process.
process.exit()
