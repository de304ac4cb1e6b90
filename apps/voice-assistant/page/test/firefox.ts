import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const paths = ['/usr/bin/firefox', '/usr/bin/firefox-esr']

/** A Firefox on this machine, or undefined. */
export const firefoxPath: string | undefined = paths.find((path) => existsSync(path))

/** One page in Firefox, driven over WebDriver BiDi. */
export interface FirefoxPage {
  open(url: string): Promise<void>
  /** Evaluates an expression in the page and returns it as JSON. */
  evaluate(expression: string): Promise<unknown>
  /** Presses and releases keys one after the other, as a person would: the page takes it as its user's act. */
  type(keys: readonly string[]): Promise<void>
  /** A picture of the page, PNG. */
  screenshot(): Promise<Buffer>
  close(): Promise<void>
}

// A microphone that beeps, given without asking, and speakers that need no device.
const preferences = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.cubeb.force_mock_context': true,
  'media.autoplay.default': 0,
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
}

interface Answer {
  id?: number
  result?: Record<string, unknown>
  message?: string
}

function answerOf(data: unknown): Answer {
  const value: unknown = typeof data === 'string' ? JSON.parse(data) : undefined
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** Starts Firefox without a window and opens one page. */
export async function startFirefox(): Promise<FirefoxPage> {
  const profile = await mkdtemp(join(tmpdir(), 'pc-firefox-'))
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${value});`)
  await writeFile(join(profile, 'user.js'), lines.join('\n'))
  const firefox = spawn(
    firefoxPath ?? '',
    ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const exited = new Promise<void>((resolve) => {
    firefox.on('exit', () => resolve())
  })
  const address = await new Promise<string>((resolve, reject) => {
    let said = ''
    firefox.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString()
      const found = /WebDriver BiDi listening on (ws:\/\/\S+)/u.exec(said)?.[1]
      if (found !== undefined) resolve(found)
    })
    firefox.on('exit', () => reject(new Error(`Firefox did not start: ${said}`)))
  })
  const socket = new WebSocket(`${address}/session`)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error('Firefox does not answer over BiDi.')))
  })
  let lastId = 0
  const waiting = new Map<number, (answer: Answer) => void>()
  socket.addEventListener('message', ({ data }) => {
    const answer = answerOf(data)
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
  })
  const send = async (method: string, params: object): Promise<Record<string, unknown>> => {
    lastId += 1
    const id = lastId
    const answer = await new Promise<Answer>((resolve) => {
      waiting.set(id, resolve)
      socket.send(JSON.stringify({ id, method, params }))
    })
    waiting.delete(id)
    if (answer.result === undefined) throw new Error(`${method}: ${answer.message ?? 'no result'}`)
    return answer.result
  }
  await send('session.new', { capabilities: {} })
  const { context } = await send('browsingContext.create', { type: 'tab' })
  await send('browsingContext.setViewport', { context, viewport: { width: 1280, height: 720 } })
  return {
    open: async (url) => {
      await send('browsingContext.navigate', { context, url, wait: 'complete' })
    },
    evaluate: async (expression) => {
      const { result, exceptionDetails } = await send('script.evaluate', {
        expression: `(async () => JSON.stringify(await (${expression})) ?? 'null')()`,
        target: { context },
        awaitPromise: true,
      })
      const value = Object(result).value
      if (typeof value !== 'string') throw new Error(`Firefox: ${JSON.stringify(exceptionDetails)}`)
      return JSON.parse(value)
    },
    type: async (keys) => {
      const actions = keys.flatMap((value) => [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ])
      await send('input.performActions', { context, actions: [{ type: 'key', id: 'keys', actions }] })
    },
    screenshot: async () => {
      const { data } = await send('browsingContext.captureScreenshot', { context })
      return Buffer.from(String(data), 'base64')
    },
    close: async () => {
      socket.close()
      firefox.kill()
      await exited
      await rm(profile, { recursive: true, maxRetries: 5 })
    },
  }
}
