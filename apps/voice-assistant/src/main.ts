import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { consoleLogger } from '@pc/core'
import { serveBot } from '@pc/runner'
import { bot } from './bot.ts'
import { builtPage } from './page.ts'
import { warmUp } from './services.ts'

for (const dir of ['..', '../../..']) {
  const file = join(import.meta.dirname, dir, '.env')
  if (existsSync(file)) process.loadEnvFile(file)
}

const { values } = parseArgs({
  // A package manager may pass its own separator on.
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: { https: { type: 'boolean', default: false }, host: { type: 'string' } },
})

await warmUp(process.env)
const server = await serveBot(bot, {
  client: await builtPage(),
  port: Number(process.env['PORT'] ?? 7860),
  https: values.https,
  ...(values.host !== undefined && { host: values.host }),
  rtvi: { observer: { functionCalls: { '*': 'full' } } },
  signals: process,
  runtime: { log: consoleLogger('warn') },
})
for (const url of server.urls) console.log(`Talk to it at ${url}`)
