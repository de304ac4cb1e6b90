import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { SileroModel } from '../src/model.ts'
import { noisySpeech } from './recordings.ts'

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
const packages = new URL('../../', import.meta.url)
const speech = noisySpeech(16000).slice(0, 100 * 512)

/** Runs both engines over the recording and sends what they say. */
const PAGE = `<!doctype html>
<link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "@pc/core": "/core/src/index.ts", "@pc/audio": "/audio/src/index.ts" } }</script>
<script>
  addEventListener('error', ({ message }) => fetch('/result', { method: 'POST', body: message }))
  addEventListener('unhandledrejection', ({ reason }) => fetch('/result', { method: 'POST', body: String(reason) }))
</script>
<script type="module">
  import { SileroModel } from '/vad-silero/src/index.ts'
  const speech = new Int16Array(await (await fetch('/speech')).arrayBuffer())
  const result = {}
  for (const options of [{}, { engine: 'javascript' }]) {
    const model = await SileroModel.load(16000, options)
    const session = model.session()
    const probabilities = []
    for (let i = 0; i < speech.length; i += 512) probabilities.push(session.process(speech.subarray(i, i + 512)))
    result[model.engine] = probabilities
  }
  await fetch('/result', { method: 'POST', body: JSON.stringify(result) })
</script>`

async function runInChromium(executable: string, policy: string): Promise<Record<string, number[]>> {
  const result = Promise.withResolvers<string>()
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    if (path === '/result') {
      void readBody(request).then((body) => {
        response.end()
        result.resolve(body)
      })
    } else if (path === '/') {
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy }).end(PAGE)
    } else if (path === '/speech') {
      response.end(new Uint8Array(speech.buffer))
    } else {
      const source = stripTypeScriptTypes(readFileSync(new URL(`.${path}`, packages), 'utf8'))
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(source)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const profile = mkdtempSync(join(tmpdir(), 'pc-vad-silero-chromium-'))
  const browser = spawn(
    executable,
    ['--headless=new', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`],
    { stdio: 'ignore' },
  )
  const exited = once(browser, 'exit')
  try {
    const early = exited.then(() => Promise.reject(new Error('Chromium ended before the page had a result')))
    const said = await Promise.race([result.promise, early])
    if (!said.startsWith('{')) throw new Error(`the page failed: ${said}`)
    const parsed: unknown = JSON.parse(said)
    if (!isResult(parsed)) throw new TypeError('the page sent something else than probabilities')
    return parsed
  } finally {
    browser.kill()
    await exited
    server.closeAllConnections()
    server.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function isResult(value: unknown): value is Record<string, number[]> {
  return typeof value === 'object' && value !== null && Object.values(value).every((list) => Array.isArray(list))
}

const suite = chromium ? 'in Chromium' : 'in Chromium (skipped: no Chromium in /usr/bin)'

describe.skipIf(!chromium)(suite, () => {
  const expected = async (engine: 'wasm' | 'javascript'): Promise<number[]> => {
    const session = (await SileroModel.load(16000, { engine })).session()
    return Array.from({ length: 100 }, (_, i) => session.process(speech.subarray(i * 512, (i + 1) * 512)))
  }
  const largestDifference = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? Number.NaN))), 0)

  test('both engines say what they say in Node', { timeout: 60_000 }, async () => {
    const result = await runInChromium(chromium ?? '', "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'")
    expect(Object.keys(result)).toEqual(['wasm', 'javascript'])
    expect(largestDifference(await expected('wasm'), result['wasm'] ?? [])).toBeLessThan(1e-6)
    expect(largestDifference(await expected('javascript'), result['javascript'] ?? [])).toBeLessThan(1e-6)
  })

  test('a page whose policy forbids WebAssembly gets the JavaScript engine', { timeout: 60_000 }, async () => {
    const result = await runInChromium(chromium ?? '', "script-src 'self' 'unsafe-inline'")
    expect(Object.keys(result)).toEqual(['javascript'])
    expect(Math.max(...(result['javascript'] ?? []))).toBeGreaterThan(0.95)
  })
})
