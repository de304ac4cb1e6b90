import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, describe, expect, test, vi } from 'vitest'

import { SileroModel } from '../src/model.ts'
import { noisySpeech } from './recordings.ts'

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
const packages = new URL('../../', import.meta.url)
const speech = noisySpeech(16000).slice(0, 100 * 512)

const FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-breakpad', '--disable-crash-reporter']

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

interface PageRun {
  /** The content security policy of the page. */
  readonly policy: string
  /** Gives up, for example because the test took too long. */
  readonly signal: AbortSignal
  /** The page was asked for; the browser's process group has this id. */
  readonly onOpened?: (group: number) => void
}

/** What the page says. No browser is left when it settles. */
async function runInChromium(executable: string, run: PageRun): Promise<Record<string, number[]>> {
  const result = Promise.withResolvers<string>()
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    if (path === '/result') {
      void readBody(request).then((body) => {
        response.end()
        result.resolve(body)
      })
    } else if (path === '/') {
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': run.policy }).end(PAGE)
      run.onOpened?.(browser.pid ?? 0)
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
    [...FLAGS, `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`],
    // A process group of its own, so that its helpers end with it.
    { stdio: 'ignore', detached: true },
  )
  const exited = once(browser, 'exit')
  const end = (): void => endGroup(browser.pid)
  // A test run that is broken off does not come to the end of this function.
  process.once('exit', end)
  const onAbort = (): void => result.reject(new Error('Chromium was given up', { cause: run.signal.reason }))
  run.signal.addEventListener('abort', onAbort, { once: true })
  try {
    const early = exited.then(() => Promise.reject(new Error('Chromium ended before the page had a result')))
    const said = await Promise.race([result.promise, early])
    if (!said.startsWith('{')) throw new Error(`the page failed: ${said}`)
    const parsed: unknown = JSON.parse(said)
    if (!isResult(parsed)) throw new TypeError('the page sent something else than probabilities')
    return parsed
  } finally {
    run.signal.removeEventListener('abort', onAbort)
    process.off('exit', end)
    end()
    await exited
    server.closeAllConnections()
    server.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
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
  const runs: Promise<unknown>[] = []
  /** A test that timed out is over before its browser is. */
  afterEach(() => Promise.allSettled(runs.splice(0)))
  const inChromium = (run: PageRun): Promise<Record<string, number[]>> => {
    const result = runInChromium(chromium ?? '', run)
    runs.push(result)
    return result
  }
  const expected = async (engine: 'wasm' | 'javascript'): Promise<number[]> => {
    const session = (await SileroModel.load(16000, { engine })).session()
    return Array.from({ length: 100 }, (_, i) => session.process(speech.subarray(i * 512, (i + 1) * 512)))
  }
  const largestDifference = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? Number.NaN))), 0)

  test('both engines say what they say in Node', { timeout: 60_000 }, async ({ signal }) => {
    const policy = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'"
    const result = await inChromium({ policy, signal })
    expect(Object.keys(result)).toEqual(['wasm', 'javascript'])
    expect(largestDifference(await expected('wasm'), result['wasm'] ?? [])).toBeLessThan(1e-6)
    expect(largestDifference(await expected('javascript'), result['javascript'] ?? [])).toBeLessThan(1e-6)
  })

  test(
    'a page whose policy forbids WebAssembly gets the JavaScript engine',
    { timeout: 60_000 },
    async ({ signal }) => {
      const result = await inChromium({ policy: "script-src 'self' 'unsafe-inline'", signal })
      expect(Object.keys(result)).toEqual(['javascript'])
      expect(Math.max(...(result['javascript'] ?? []))).toBeGreaterThan(0.95)
    },
  )

  test('a page that never answers leaves no browser behind', { timeout: 60_000 }, async ({ signal }) => {
    const control = new AbortController()
    let group = 0
    const waiting = inChromium({
      policy: "script-src 'none'",
      signal: AbortSignal.any([signal, control.signal]),
      onOpened: (pid) => {
        group = pid
        control.abort()
      },
    })
    await expect(waiting).rejects.toThrow('Chromium was given up')
    expect(group).toBeGreaterThan(0)
    await vi.waitFor(() => expect(() => process.kill(-group, 0)).toThrow(/ESRCH/), { timeout: 10_000 })
  })
})
