import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLogger } from '@pc/core'
import { httpRoutes } from './http-routes.ts'
import { originPolicy } from './origins.ts'

const server = createServer()
let base = ''
let port = 0
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pc-static-'))
  const page = join(folder, 'page')
  await mkdir(join(page, 'assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await mkdir(join(folder, 'page-other'))
  await writeFile(join(folder, 'page-other', 'secret.txt'), 'secret')
  await writeFile(join(page, 'index.html'), '<title>page</title>')
  await writeFile(join(page, 'assets', 'app-1a2b.js'), 'export {}')
  await writeFile(join(page, 'voice.wasm'), Buffer.from([0, 97, 115, 109]))
  await writeFile(join(page, 'with space.txt'), 'space')
  await symlink(join(folder, 'secret.txt'), join(page, 'link.txt'))
  const target = {
    page,
    origins: originPolicy('', []),
    log: silentLogger,
    draining: () => false,
    start: () => ({ wsUrl: '' }),
  }
  server.on('request', httpRoutes(target))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
  base = `http://127.0.0.1:${port}`
})

afterAll(async () => {
  server.close()
  server.closeAllConnections()
  await rm(folder, { recursive: true })
})

/** Sends a path as it is, which `fetch` would tidy up first. */
function raw(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
    )
    let text = ''
    socket.on('data', (chunk) => (text += String(chunk)))
    socket.on('end', () => resolve(text))
    socket.on('error', reject)
  })
}

test.each([
  ['/client/', 'text/html; charset=utf-8', 'no-cache'],
  ['/client/assets/app-1a2b.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
  ['/client/voice.wasm', 'application/wasm', 'no-cache'],
  ['/client/with%20space.txt?v=1', 'text/plain; charset=utf-8', 'no-cache'],
])('%s is served with its type', async (path, type, cache) => {
  const response = await fetch(base + path)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe(type)
  expect(response.headers.get('cache-control')).toBe(cache)
  expect((await response.arrayBuffer()).byteLength).toBe(Number(response.headers.get('content-length')))
})

test('a path of the page’s own routing gets the page', async () => {
  expect(await (await fetch(`${base}/client/settings/voice`)).text()).toBe('<title>page</title>')
})

test('the root leads to the page', async () => {
  const response = await fetch(base, { redirect: 'manual' })
  expect([response.status, response.headers.get('location')]).toEqual([302, '/client/'])
})

test('a file that is not there is a JSON 404', async () => {
  const response = await fetch(`${base}/client/missing.js`)
  expect(response.status).toBe(404)
  const text = 'There is no file missing.js here.'
  expect(await response.json()).toEqual({ detail: text, info: text })
})

test.each([
  '/client/../secret.txt',
  '/client/%2e%2e/secret.txt',
  '/client/..%2fsecret.txt',
  '/client/..%5csecret.txt',
  '/client/../page-other/secret.txt',
  '/client/link.txt',
  '/client/%00',
  '/client/%zz',
])('nothing outside of the folder is served: %s', async (path) => {
  const answer = await raw(path)
  expect(answer).toMatch(/^HTTP\/1.1 40[04] /)
  expect(answer).not.toContain('\r\nsecret')
})

test('HEAD answers without a body, and nothing can be written', async () => {
  const head = await fetch(`${base}/client/`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  expect((await fetch(`${base}/client/`, { method: 'PUT', body: 'x' })).status).toBe(405)
})
