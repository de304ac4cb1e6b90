import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { SystemClock } from '@pc/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../test/folder.ts'
import { DEFAULT_MODEL_SHA256, DEFAULT_MODEL_URL, downloadSmartTurnModel } from './model-file.ts'
import type { DownloadProgress } from './model-file.ts'

const folder = await temporaryFolder()
const model = Buffer.alloc(300_000, 'model')
const modelSha256 = createHash('sha256').update(model).digest('hex')

const answers: Record<string, (response: ServerResponse) => void> = {
  '/model.onnx': (response) => response.writeHead(200, { 'content-length': model.length }).end(model),
  '/moved.onnx': (response) => response.writeHead(302, { location: '/model.onnx' }).end(),
  '/other.onnx': (response) => response.end('something else'),
  '/short.onnx': (response) => response.end(model.subarray(0, 1000)),
  '/forbidden.onnx': (response) => response.writeHead(403).end('no'),
  '/busy.onnx': (response) => response.writeHead(503).end('later'),
  '/cut.onnx': (response) => {
    response.writeHead(200, { 'content-length': model.length })
    response.write(model.subarray(0, 100_000), () => response.destroy())
  },
  '/stalls.onnx': (response) => {
    response.writeHead(200, { 'content-length': model.length })
    response.write(model.subarray(0, 1000))
  },
}
const requests: string[] = []
const server = createServer((request, response) => {
  const path = request.url?.split('?')[0] ?? ''
  requests.push(path)
  const answer = answers[path]
  if (answer) answer(response)
  else response.writeHead(404).end()
})
let origin = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address === 'object' && address) origin = `http://127.0.0.1:${address.port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

let folders = 0
const optionsFor = (path: string) => ({
  modelUrl: origin + path,
  modelSha256,
  cacheDir: join(folder, `cache-${++folders}`),
})

test('the model is fetched once into the cache folder, with progress', async () => {
  const options = optionsFor('/moved.onnx')
  const seen: DownloadProgress[] = []
  const before = requests.length
  const path = await downloadSmartTurnModel({ ...options, onDownload: (progress) => seen.push(progress) })
  expect(path).toBe(join(options.cacheDir, `${modelSha256}.onnx`))
  expect(await readFile(path)).toEqual(model)
  expect(await readdir(options.cacheDir)).toEqual([`${modelSha256}.onnx`])
  expect(seen.at(-1)).toEqual({ loadedBytes: model.length, totalBytes: model.length })
  expect(seen.map(({ loadedBytes }) => loadedBytes)).toEqual(
    seen.map(({ loadedBytes }) => loadedBytes).toSorted((a, b) => a - b),
  )
  expect(await downloadSmartTurnModel(options)).toBe(path)
  expect(requests.slice(before)).toEqual(['/moved.onnx', '/model.onnx'])
})

test('sessions that begin together share one download', async () => {
  const options = optionsFor('/model.onnx')
  const before = requests.length
  const paths = await Promise.all([1, 2, 3].map(() => downloadSmartTurnModel(options)))
  expect(new Set(paths).size).toBe(1)
  expect(requests.length - before).toBe(1)
})

test('a model that is there already is not fetched, one that was damaged is fetched anew', async () => {
  const [kept, damaged] = [optionsFor('/model.onnx'), optionsFor('/model.onnx')]
  for (const [options, content] of [
    [kept, model],
    [damaged, 'half a mod'],
  ] as const) {
    await mkdir(options.cacheDir)
    await writeFile(join(options.cacheDir, `${modelSha256}.onnx`), content)
  }
  const before = requests.length
  await downloadSmartTurnModel({ ...kept, modelSha256: modelSha256.toUpperCase() })
  expect(requests.length - before).toBe(0)
  expect(await readFile(await downloadSmartTurnModel(damaged))).toEqual(model)
  expect(requests.length - before).toBe(1)
})

test.each(['/other.onnx', '/short.onnx'])(
  'another file than the expected one is refused and not kept: %s',
  async (path) => {
    const options = optionsFor(path)
    await expect(downloadSmartTurnModel(options)).rejects.toMatchObject({
      code: 'model-checksum',
      kind: 'protocol',
      message: expect.stringMatching(new RegExp(`${path}.*${modelSha256}.*modelSha256`)),
    })
    expect(await readdir(options.cacheDir)).toEqual([])
  },
)

test('a download that is cut off leaves nothing behind and may be tried again', async () => {
  const options = optionsFor('/cut.onnx')
  await expect(downloadSmartTurnModel(options)).rejects.toMatchObject({
    code: 'download-failed',
    kind: 'transient',
    retryable: true,
  })
  expect(await readdir(options.cacheDir)).toEqual([])
  const path = await downloadSmartTurnModel({ ...options, modelUrl: `${origin}/model.onnx` })
  expect(await readFile(path)).toEqual(model)
})

test.each([
  ['/nothing.onnx', 404, 'invalid-request', false],
  ['/forbidden.onnx', 403, 'auth', false],
  ['/busy.onnx', 503, 'transient', true],
])('a refusal names the address and tells its status: %s', async (path, status, kind, retryable) => {
  const options = optionsFor(path)
  await expect(downloadSmartTurnModel(options)).rejects.toMatchObject({
    code: 'download-failed',
    kind,
    retryable,
    status,
    message: expect.stringMatching(new RegExp(`${path}.*HTTP status ${status}.*modelPath`)),
  })
  expect(await readdir(options.cacheDir)).toEqual([])
})

test('a download that stalls is given up', async () => {
  const control: (() => void)[] = []
  const clock = {
    setTimeout: (fn: () => void) => {
      control.push(fn)
      return { cancel: () => {} }
    },
  }
  const options = { ...optionsFor('/stalls.onnx'), clock, onDownload: () => queueMicrotask(() => control.at(-1)?.()) }
  await expect(downloadSmartTurnModel(options)).rejects.toMatchObject({
    code: 'download-failed',
    message: expect.stringContaining('nothing came for 30 s'),
  })
  expect(await readdir(options.cacheDir)).toEqual([])
})

test('a server that is not there is named', async () => {
  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
  const address = gone.address()
  const port = typeof address === 'object' && address ? address.port : 0
  await new Promise((resolve) => gone.close(resolve))
  const options = { ...optionsFor('/model.onnx'), modelUrl: `http://127.0.0.1:${port}/model.onnx` }
  await expect(downloadSmartTurnModel(options)).rejects.toMatchObject({
    code: 'download-failed',
    message: expect.stringMatching(/127\.0\.0\.1.*ECONNREFUSED/),
  })
})

test('a cache folder that cannot be written is named with the way out', async () => {
  const file = join(folder, 'a-file')
  await writeFile(file, '')
  const options = { ...optionsFor('/model.onnx'), cacheDir: join(file, 'below') }
  await expect(downloadSmartTurnModel(options)).rejects.toMatchObject({
    code: 'cache-unwritable',
    kind: 'config',
    message: expect.stringMatching(/a-file.*cacheDir/),
  })
})

test('a token in an address shows in no message', async () => {
  const options = { ...optionsFor(''), modelUrl: `${origin}/nothing.onnx?token=secret` }
  const error = await downloadSmartTurnModel(options).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'download-failed' })
  expect(String(error)).not.toContain('secret')
  const withPassword = { ...optionsFor(''), modelUrl: 'http://me:secret@127.0.0.1/model.onnx' }
  await expect(downloadSmartTurnModel(withPassword)).rejects.toMatchObject({
    code: 'invalid-turn-options',
    message: expect.not.stringContaining('secret'),
  })
})

test.each(['', 'model.onnx', 'file:///model.onnx'])('an address that is none is refused: "%s"', async (modelUrl) => {
  await expect(downloadSmartTurnModel({ modelUrl })).rejects.toMatchObject({ code: 'invalid-turn-options' })
})

test('without options the published file is asked for, and nothing else passes for it', async () => {
  const cacheDir = join(folder, 'published')
  const asked: unknown[] = []
  const fetch: typeof globalThis.fetch = async (input) => {
    asked.push(input)
    return new Response('not the model')
  }
  await expect(downloadSmartTurnModel({ cacheDir, fetch, clock: new SystemClock() })).rejects.toMatchObject({
    code: 'model-checksum',
    message: expect.stringContaining(DEFAULT_MODEL_SHA256),
  })
  expect(asked).toEqual([DEFAULT_MODEL_URL])
})
