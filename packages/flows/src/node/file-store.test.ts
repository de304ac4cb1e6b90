import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { TestClock } from '@pc/core/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fileStore } from './file-store.ts'

let root: string
let directory: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'file-store-'))
  directory = join(root, 'snapshots')
})

afterEach(async () => {
  await rm(root, { recursive: true })
})

const hashOf = (conversationId: string): string => createHash('sha256').update(conversationId).digest('hex')
const pathOf = (conversationId: string): string => join(directory, `${hashOf(conversationId)}.json`)

test('a conversation has one file, which only this user may read, in a folder that only this user may enter', async () => {
  const store = fileStore({ directory })
  await store.save('../call 1', '{"n":1}')
  await store.save('../call 1', '{"n":2}')
  expect(await readdir(directory)).toEqual([`${hashOf('../call 1')}.json`])
  expect(await readdir(root)).toEqual(['snapshots'])
  expect((await stat(pathOf('../call 1'))).mode & 0o777).toBe(0o600)
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
})

/** Runs a script that has a `store` of the folder, in a process of its own. */
function inChild(script: string, launcher: readonly string[] = []): ChildProcessByStdio<null, Readable, null> {
  const source = JSON.stringify(new URL('file-store.ts', import.meta.url))
  const head = `import { fileStore } from ${source}\nconst store = fileStore({ directory: ${JSON.stringify(directory)} })\n`
  const line = [process.execPath, '--conditions=@pc/source', '--input-type=module', '--eval', head + script]
  const [command = '', ...args] = [...launcher, ...line]
  return spawn(command, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] })
}

test('another store of the same folder, as of the next process, reads what was saved', async () => {
  await fileStore({ directory }).save('call', '{"n":1}')
  expect(await fileStore({ directory }).load('call')).toBe('{"n":1}')
})

test('a folder that is not there yet holds nothing, and is made by the first save', async () => {
  const store = fileStore({ directory: join(directory, 'deeper') })
  expect(await store.load('call')).toBeUndefined()
  await store.delete('call')
  expect(await readdir(root)).toEqual([])
  await store.save('call', '{}')
  expect(await store.load('call')).toBe('{}')
})

describe('a file that is torn or foreign', () => {
  const whole = JSON.stringify({ v: 1, conversationId: 'call', expiresAtMs: null, snapshot: '{"secret":"Zoë"}' })

  test('is refused wherever it was cut, by an error that names it and quotes nothing, and stays as it is', async () => {
    await mkdir(directory)
    const bytes = Buffer.from(whole)
    for (let length = 0; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length)
      await writeFile(pathOf('call'), cut)
      const error: unknown = await fileStore({ directory })
        .load('call')
        .catch((reason: unknown) => reason)
      expect(error).toMatchObject({ name: 'FlowError', code: 'snapshot-damaged' })
      expect(String(error)).toContain(pathOf('call'))
      // The name of a temporary folder may hold any letters.
      expect(String(error).replace(pathOf('call'), '')).not.toMatch(/secret|Zo/)
      expect(await readFile(pathOf('call'))).toEqual(cut)
    }
  })

  test.each([
    ['a block of zeros at its end', whole.slice(0, 40) + '\0'.repeat(whole.length - 40)],
    ['bytes that are not UTF-8', Buffer.from(whole.replace('Zoë', 'Zo\u00eb'), 'latin1')],
    ['JSON of something else', '[1, 2]'],
    ['JSON that is no object', 'null'],
    ['a later version', whole.replace('"v":1', '"v":2')],
    ['no snapshot', '{"v":1,"conversationId":"call","expiresAtMs":null}'],
    ['a snapshot that is no text', '{"v":1,"conversationId":"call","expiresAtMs":null,"snapshot":{}}'],
    ['an expiry that is no number', '{"v":1,"conversationId":"call","expiresAtMs":"soon","snapshot":""}'],
    ['the snapshot of another conversation', whole.replace('"call"', '"other"')],
  ])('is refused with %s', async (_what, content) => {
    await mkdir(directory)
    await writeFile(pathOf('call'), content)
    await expect(fileStore({ directory }).load('call')).rejects.toMatchObject({ code: 'snapshot-damaged' })
  })

  test('is copied aside before a save replaces it, each one of them, and goes with the conversation', async () => {
    const store = fileStore({ directory })
    await store.save('other', '{}')
    for (const content of ['torn', 'torn again']) {
      await writeFile(pathOf('call'), content)
      await store.save('call', '{"n":1}')
      expect(await store.load('call')).toBe('{"n":1}')
    }
    expect(await readFile(`${pathOf('call')}.damaged-1`, 'utf8')).toBe('torn')
    expect(await readFile(`${pathOf('call')}.damaged-2`, 'utf8')).toBe('torn again')
    await store.delete('call')
    expect(await readdir(directory)).toEqual([`${hashOf('other')}.json`])
  })
})

describe('when the disk refuses', () => {
  test.each(['load', 'save', 'delete'] as const)('%s rejects with an error that names the file', async (method) => {
    await writeFile(directory, 'a file where the folder should be')
    await expect(fileStore({ directory })[method]('call', '{}')).rejects.toMatchObject({
      name: 'FlowError',
      code: 'snapshot-store-failed',
      message: expect.stringContaining(method === 'save' ? directory : pathOf('call')),
    })
  })

  test('a snapshot for which there is no room leaves the one before, and nothing half written', async () => {
    const script = `
      await store.save('call', 'small')
      await store.save('call', 'x'.repeat(200_000)).catch((error) => console.log(error.code, error.cause.code))`
    const child = inChild(script, ['sh', '-c', `trap '' XFSZ; ulimit -f 8; exec "$@"`, 'sh'])
    const lines: string[] = []
    for await (const line of createInterface(child.stdout)) lines.push(line)
    expect(lines).toEqual(['snapshot-store-failed EFBIG'])
    expect(await fileStore({ directory }).load('call')).toBe('small')
    expect(await readdir(directory)).toEqual([`${hashOf('call')}.json`])
  })
})

describe('files that nobody asks for', () => {
  test('go with the saves of other conversations when their time is over', async () => {
    const clock = new TestClock()
    const store = fileStore({ directory, ttlSecs: 3600, clock })
    for (let n = 0; n < 40; n++) await store.save(`old ${n}`, '{}')
    await clock.advance(3_601_000)
    for (let n = 0; n < 3; n++) await store.save('new', '{}')
    expect(await readdir(directory)).toEqual([`${hashOf('new')}.json`])
  })

  test('go when a crashed process left them half written an hour ago; younger ones and those of others stay', async () => {
    const clock = new TestClock()
    const half = (epochMs: number): string => `${hashOf('call')}.${epochMs}.${crypto.randomUUID()}.tmp`
    const [abandoned, young] = [half(clock.epochMs() - 3_600_000), half(clock.epochMs() - 3_599_000)]
    const damaged = `${hashOf('damaged')}.json`
    await mkdir(directory)
    for (const name of [abandoned, young, damaged, 'notes.json', 'notes.tmp'])
      await writeFile(join(directory, name), '')
    await fileStore({ directory, ttlSecs: 1, clock }).save('call', '{}')
    const left = await readdir(directory)
    expect(left.toSorted()).toEqual([young, damaged, 'notes.json', 'notes.tmp', `${hashOf('call')}.json`].toSorted())
  })
})

test('a process that is killed while it saves leaves a whole snapshot, and no older one than it reported', async () => {
  const child = inChild(`
    for (let n = 0; ; n++) {
      await store.save('call', JSON.stringify({ n, text: 'x'.repeat(200_000) }))
      console.log(n)
    }`)
  let reported = -1
  for await (const line of createInterface(child.stdout)) {
    reported = Number(line)
    if (reported === 20) child.kill('SIGKILL')
  }
  expect(reported).toBeGreaterThanOrEqual(20)
  const { n, text } = JSON.parse((await fileStore({ directory }).load('call')) ?? '{}')
  expect(n).toBeGreaterThanOrEqual(reported)
  expect(text).toHaveLength(200_000)
})

test('a ttlSecs that is not above 0 is refused', () => {
  expect(() => fileStore({ directory, ttlSecs: 0 })).toThrow(expect.objectContaining({ code: 'invalid-option' }))
})
