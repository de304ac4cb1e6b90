import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Caller } from './caller.ts'

const main = join(import.meta.dirname, '../src/main.ts')
let store: string
let port: number
const open: (() => Promise<void>)[] = []

beforeEach(async () => {
  store = await mkdtemp(join(tmpdir(), 'pc-flows-'))
  port = await freePort()
})

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
  await rm(store, { recursive: true })
})

function eventually<T>(look: () => T | Promise<T>, secs = 20): Promise<T> {
  return vi.waitFor(look, { timeout: secs * 1000, interval: 50 })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('No port is free.')
  return address.port
}

/** The server of the demos, as `pnpm dev` starts it, in a process of its own. */
async function startServer(): Promise<ChildProcess> {
  const { OPENAI_API_KEY: _openai, DEEPGRAM_API_KEY: _deepgram, ...environment } = process.env
  const server = spawn(process.execPath, ['--conditions=@pc/source', main, '--demo', 'food-ordering'], {
    env: { ...environment, OPENAI_API_KEY: '', DEEPGRAM_API_KEY: '', PORT: String(port), FLOW_STORE_DIR: store },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  open.push(() => kill(server))
  await eventually(async () => expect((await fetch(`http://localhost:${port}/status`)).ok).toBe(true), 45)
  return server
}

async function kill(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  server.kill('SIGKILL')
  await once(server, 'exit')
}

async function call(conversationId: string): Promise<Caller> {
  const caller = await Caller.call(`http://localhost:${port}`, { greet: true, demo: 'food-ordering', conversationId })
  open.push(() => caller.close())
  return caller
}

/** What was told of the flow, by its event. */
const told = (caller: Caller, event: string) =>
  caller.dataOf('server-message').filter((data) => data['t'] === 'flow' && data['event'] === event)
const nodeOf = (caller: Caller): unknown => told(caller, 'enter').at(-1)?.['node']
const stateOf = (caller: Caller): unknown => told(caller, 'state').at(-1)?.['state']

/** What the store has of all conversations. */
async function kept(): Promise<string> {
  const files = (await readdir(store)).filter((name) => name.endsWith('.json'))
  return (await Promise.all(files.map((name) => readFile(join(store, name), 'utf8')))).join('\n')
}

test('an order goes on in another process when the server is killed in its middle', { timeout: 150_000 }, async () => {
  const first = await startServer()
  const before = await call('order-1')
  await eventually(() => expect(nodeOf(before)).toBe('start'))
  before.type('I would like a pizza')
  await eventually(() => expect(nodeOf(before)).toBe('pizza_size'))
  before.type('A large one')
  await eventually(() => expect(nodeOf(before)).toBe('toppings'))
  const state = stateOf(before)
  expect(state).toMatchObject({ order: { kind: 'pizza', size: 'large', price: 20 } })
  await eventually(async () => expect(await kept()).toMatch(/toppings[^]*A large one|A large one[^]*toppings/u))
  await kill(first)

  await startServer()
  const after = await call('order-1')
  await eventually(() => expect(nodeOf(after)).toBe('toppings'))
  expect(told(after, 'transition')).toMatchObject([{ from: null, to: 'toppings', cause: { by: 'resume' } }])
  expect(stateOf(after)).toEqual(state)
  after.type('Mushrooms')
  await eventually(() => expect(nodeOf(after)).toBe('confirm'))
  expect(stateOf(after)).toMatchObject({ order: { size: 'large', topping: 'mushrooms', price: 20 } })
  // The history is one: what was said to the first process and to the second.
  await eventually(async () => {
    const history = await kept()
    for (const words of ['I would like a pizza', 'A large one', 'Mushrooms']) expect(history).toContain(words)
  })

  const other = await call('order-2')
  await eventually(() => expect(nodeOf(other)).toBe('start'))
  after.type('Yes, that is right')
  await eventually(() => expect(stateOf(after)).toMatchObject({ confirmed: true }))
  // What is over is kept no longer.
  await eventually(async () => expect(await kept()).not.toContain('Mushrooms'))
})

test('a demo that there is not is refused in words', { timeout: 60_000 }, async () => {
  await startServer()
  const caller = await Caller.call(`http://localhost:${port}`, { greet: true, demo: 'taxi' })
  open.push(() => caller.close())
  await eventually(() => expect(caller.dataOf('error')).toHaveLength(1))
  expect(caller.dataOf('error')[0]).toMatchObject({ fatal: true, kind: 'invalid-request' })
  expect(caller.dataOf('error')[0]?.['error']).toContain('There is no demo "taxi". There are: assistant, food-ordering')
})
