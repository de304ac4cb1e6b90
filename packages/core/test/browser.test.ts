import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { isBuiltin } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Conversation, runConversation } from './browser-conversation.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
const suite = executablePath === undefined ? 'in Chromium (skipped: no Chromium in /usr/bin)' : 'in Chromium'

interface Bundle {
  readonly code: string
  /** Modules of Node that somebody asked for. */
  readonly builtins: readonly string[]
}

/** All entries of this package and a conversation, bundled for a browser from the sources. */
async function bundle(): Promise<Bundle> {
  const builtins: string[] = []
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@pc/source'] },
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(new URL('browser-conversation.ts', import.meta.url)), formats: ['es'] },
    },
    plugins: [
      {
        name: 'builtins',
        enforce: 'pre',
        resolveId(source) {
          if (isBuiltin(source)) builtins.push(source)
        },
      },
    ],
  })
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((part) => ('output' in part ? part.output : []))
  const chunks = outputs.filter((output): output is Rolldown.OutputChunk => output.type === 'chunk')
  return { code: chunks.map(({ code }) => code).join('\n'), builtins }
}

const WORKER = `import { runConversation } from '/core.js'
runConversation().then((conversation) => postMessage(conversation), (error) => postMessage(String(error)))`

async function serve(code: string): Promise<Server> {
  const files: Record<string, string> = { '/core.js': code, '/worker.js': WORKER }
  const server = createServer(({ url = '/' }, response) => {
    const file = files[url]
    response.setHeader('content-type', file === undefined ? 'text/html' : 'text/javascript')
    response.end(file ?? '<!doctype html><link rel="icon" href="data:,">')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const EXPECTED: Conversation = {
  messages: [
    { role: 'user', content: 'How are you?' },
    { role: 'assistant', content: 'You said: How are you?' },
  ],
  played: Array.from({ length: 10 }, () => 480),
}

describe('a bundle of core', () => {
  let bundled: Bundle
  beforeAll(async () => {
    bundled = await bundle()
  }, 60_000)

  it('asks for no module of Node', () => {
    expect(bundled.builtins).toEqual([])
    expect(bundled.code).not.toMatch(/["']node:/)
    expect(bundled.code).toContain('runConversation')
  })

  it('holds a conversation in Node', async () => {
    expect(await runConversation()).toEqual(EXPECTED)
  })

  describe.skipIf(executablePath === undefined)(suite, () => {
    let browser: Browser
    let server: Server
    let page: Page
    beforeAll(async () => {
      server = await serve(bundled.code)
      browser = await chromium.launch({
        executablePath: executablePath ?? '',
        args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
      })
      page = await browser.newPage()
      const address = server.address()
      await page.goto(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`)
    }, 60_000)
    afterAll(async () => {
      await browser.close()
      server.close()
    })

    it('holds the same conversation on a page', { timeout: 60_000 }, async () => {
      const held: unknown = await page.evaluate(`import('/core.js').then((core) => core.runConversation())`)
      expect(held).toEqual(EXPECTED)
    })

    it('holds the same conversation in a worker', { timeout: 60_000 }, async () => {
      const held: unknown = await page.evaluate(`new Promise((resolve, reject) => {
        const worker = new Worker('/worker.js', { type: 'module' })
        worker.onmessage = ({ data }) => resolve(data)
        worker.onerror = reject
      })`)
      expect(held).toEqual(EXPECTED)
    })
  })
})
