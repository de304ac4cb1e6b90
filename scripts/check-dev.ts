import { spawn } from 'node:child_process'
import { packagesIn, report, root } from './workspace.ts'
import { decodeFrame, encodeFrame } from '../packages/transports-websocket/src/codec.ts'

/** Runs the README's dev command as a user would, without keys, and talks to the bot that it serves. */
const ADDRESS = 'http://localhost:7860'
const START_SECS = 90
const REPLY_MS = 1500

const problems: string[] = []
const expect = (holds: boolean, problem: string): void => {
  if (!holds) problems.push(problem)
}

const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.endsWith('_API_KEY')))

interface Server {
  /** What it has printed. */
  output: string
  stop(): void
}

function serve(args: readonly string[], port?: number): Server {
  const child = spawn('npx', ['-y', 'pnpm@12', ...args], {
    cwd: root,
    env: { ...env, ...(port !== undefined && { PORT: String(port) }) },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const server: Server = {
    output: '',
    stop() {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
    },
  }
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (server.output += chunk.toString()))
  }
  return server
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function waitUntil(what: string, ready: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < START_SECS * 1000; waited += 250) {
    if (await ready()) return
    await pause(250)
  }
  throw new Error(`${what} within ${START_SECS} s`)
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    (response) => response.ok,
    () => false,
  )

/** Each flow has a command of its own, which serves the same page with that flow chosen. */
async function checkFlow(name: string, port: number): Promise<void> {
  const server = serve(['--filter', name, 'dev'], port)
  const id = name.replace('@pc/flows-', '')
  try {
    await waitUntil(`the dev command of ${name} did not print its address`, async () =>
      server.output.includes(`/client/?demo=${id}`),
    )
    expect(await answers(`http://localhost:${port}/client/?demo=${id}`), `${name} does not serve its page`)
  } catch (error) {
    problems.push(`${String(error)}\n${server.output}`)
  } finally {
    server.stop()
  }
}

interface Reply {
  readonly text: string
  readonly firstTextMs: number
  readonly audioBytes: number
}

/** Says hello as a stock client does, and listens until the bot has finished its answer. */
async function sayHello(wsUrl: string): Promise<Reply> {
  const socket = new WebSocket(wsUrl)
  socket.binaryType = 'arraybuffer'
  const send = (type: string, data: unknown): void =>
    socket.send(
      encodeFrame({ kind: 'message', data: JSON.stringify({ label: 'rtvi-ai', type, id: 'abcd1234', data }) }),
    )
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no whole answer to "hello" within 20 s`)), 20_000)
    let sentMs = 0
    let firstTextMs = 0
    let text = ''
    let audioBytes = 0
    socket.onopen = () => send('client-ready', { version: '2.1.0', about: { library: 'check' } })
    socket.onerror = () => reject(new Error('the socket failed'))
    socket.onmessage = ({ data }: { data: ArrayBuffer }) => {
      const frame = decodeFrame(new Uint8Array(data))
      if (frame?.kind === 'audio') audioBytes += frame.audio.length
      if (frame?.kind !== 'message') return
      const message = JSON.parse(frame.data) as { type: string; data?: { text?: string } }
      if (message.type === 'bot-ready') {
        sentMs = performance.now()
        send('send-text', { content: 'hello', options: { run_immediately: true, audio_response: true } })
      }
      if (message.type === 'bot-llm-text' && sentMs > 0) {
        firstTextMs ||= performance.now() - sentMs
        text += message.data?.text ?? ''
      }
      if (message.type === 'bot-stopped-speaking' && text !== '') {
        clearTimeout(timer)
        socket.close()
        resolve({ text, firstTextMs, audioBytes })
      }
    }
  })
}

const dev = serve(['dev'])
try {
  await waitUntil(`${ADDRESS} did not answer`, () => answers(`${ADDRESS}/status`))
  const page = await fetch(`${ADDRESS}/client/`)
  expect(page.ok && (await page.text()).includes('<div id="root"'), 'GET /client/ is not the page')
  const start = await fetch(`${ADDRESS}/start`, {
    method: 'POST',
    body: JSON.stringify({ transport: 'websocket', body: { greet: false } }),
  })
  const { wsUrl } = (await start.json()) as { wsUrl: string }
  const { text, firstTextMs, audioBytes } = await sayHello(wsUrl)
  console.log(`"hello" was answered after ${Math.round(firstTextMs)} ms: ${text}`)
  expect(firstTextMs < REPLY_MS, `the first words came after ${Math.round(firstTextMs)} ms, the limit is ${REPLY_MS}`)
  expect(audioBytes > 24_000, `only ${audioBytes} bytes of speech came`)
} catch (error) {
  problems.push(`${String(error)}\n${dev.output}`)
} finally {
  dev.stop()
}
const flows = packagesIn('apps').flatMap(({ manifest }) =>
  manifest.name.startsWith('@pc/flows-') && manifest.scripts?.['dev'] !== undefined ? [manifest.name] : [],
)
for (const [index, name] of flows.entries()) await checkFlow(name, 7861 + index)
report('the dev command', problems)
