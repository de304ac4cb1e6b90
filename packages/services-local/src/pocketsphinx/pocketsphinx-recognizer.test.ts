import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { FliteSpeech } from '../flite/flite-speech.ts'
import { findRecognizer } from './find-recognizer.ts'
import type { RecognizerProgram } from './find-recognizer.ts'
import { PocketsphinxRecognizer } from './pocketsphinx-recognizer.ts'

const installed = await findRecognizer()
const silence = new Int16Array(16_000)
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recognizer-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** A stand-in program of a few lines of shell, with a model folder beside it. */
async function standIn(name: string, commandLine: RecognizerProgram['commandLine'], script: string) {
  const bin = join(folder, name, 'bin')
  const modelFolder = join(folder, name, 'share', 'pocketsphinx', 'model', 'en-us')
  await mkdir(join(modelFolder, 'en-us'), { recursive: true })
  await mkdir(bin, { recursive: true })
  await writeFile(join(modelFolder, 'en-us.lm.bin'), '')
  await writeFile(join(modelFolder, 'cmudict-en-us.dict'), '')
  const path = join(bin, commandLine === 'single' ? 'pocketsphinx' : 'pocketsphinx_continuous')
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return { path, commandLine, modelFolder }
}

describe.skipIf(installed === undefined)('with the installed pocketsphinx (skipped where it is missing)', () => {
  const speech = new FliteSpeech()
  const recognizer = new PocketsphinxRecognizer()
  afterAll(async () => {
    recognizer.close()
    await speech.close()
  })

  test.each([
    ['What time is it?', ['what', 'time']],
    ['I would like to order a large pizza with mushrooms.', ['order', 'large', 'pizza', 'mushrooms']],
    ['Tell me a story.', ['tell', 'story']],
  ])('hears the key words of %j', async (sentence, words) => {
    const { audio, sampleRate } = await speech.speak(sentence)
    const heard = await recognizer.recognize(audio, { sampleRate })
    for (const word of words) expect(heard.split(' ')).toContain(word)
  })

  test('brings other sample rates to the rate of its model', async () => {
    const { audio } = await speech.speak('Yes please.')
    const doubled = Int16Array.from({ length: audio.length * 2 }, (_, index) => audio[index >> 1] ?? 0)
    expect(await recognizer.recognize(doubled, { sampleRate: 32_000 })).toContain('please')
  })

  test('hears nothing in silence and in no audio', async () => {
    expect(await recognizer.recognize(silence, { sampleRate: 16_000 })).toBe('')
    expect(await recognizer.recognize(new Int16Array(0), { sampleRate: 16_000 })).toBe('')
  })

  test('serves utterances that overlap', async () => {
    const [yes, story] = await Promise.all([speech.speak('Yes please.'), speech.speak('Tell me a story.')])
    const heard = await Promise.all(
      [yes, story].map(({ audio, sampleRate }) => recognizer.recognize(audio, { sampleRate })),
    )
    expect(heard[0]).toContain('please')
    expect(heard[1]).toContain('story')
  })

  test('stops at an abort half way and serves the next utterance', async () => {
    const { audio, sampleRate } = await speech.speak('Tell me a story.')
    const control = new AbortController()
    const reason = new Error('interrupted')
    const cut = recognizer.recognize(audio, { sampleRate, signal: control.signal })
    queueMicrotask(() => control.abort(reason))
    await expect(cut).rejects.toBe(reason)
    await expect(recognizer.recognize(audio, { sampleRate, signal: control.signal })).rejects.toBe(reason)
    expect(await recognizer.recognize(audio, { sampleRate })).toContain('story')
  })

  test('hears the same in an utterance that comes in parts as in one that comes as a whole', async () => {
    for (const sentence of ['What time is it?', 'I would like to order a large pizza with mushrooms.']) {
      const { audio, sampleRate } = await speech.speak(sentence)
      const utterance = recognizer.open({ sampleRate })
      for (let at = 0; at < audio.length; at += 320) utterance.write(audio.subarray(at, at + 320))
      expect(await utterance.finish()).toBe(await recognizer.recognize(audio, { sampleRate }))
    }
  })

  test('resamples parts as it resamples the whole', async () => {
    const { audio } = await speech.speak('Yes please.')
    const doubled = Int16Array.from({ length: audio.length * 2 }, (_, index) => audio[index >> 1] ?? 0)
    const utterance = recognizer.open({ sampleRate: 32_000 })
    for (let at = 0; at < doubled.length; at += 333) utterance.write(doubled.subarray(at, at + 333))
    expect(await utterance.finish()).toContain('please')
  })

  test('an error of the program names its last complaint', async () => {
    if (installed === undefined) return
    const broken = new PocketsphinxRecognizer({ program: { ...installed, modelFolder: join(folder, 'nowhere') } })
    await expect(broken.recognize(silence, { sampleRate: 16_000 })).rejects.toMatchObject({
      code: 'engine-failed',
      message: expect.stringMatching(/exit code.*nowhere/),
    })
    broken.close()
  })
})

test('a program is found on the search path together with the model beside it', async () => {
  const old = await standIn('old', 'continuous', 'exit 0')
  const modern = await standIn('modern', 'single', 'exit 0')
  const find = (names: string[]) =>
    findRecognizer({ searchPath: names.map((name) => join(folder, name, 'bin')).join(':') })
  expect(await find(['nothing', 'modern'])).toEqual(modern)
  expect(await find(['modern', 'old'])).toEqual(old)
  expect(await find(['nothing'])).toBeUndefined()
  expect(await find([])).toBeUndefined()
  const searchPath = join(folder, 'old', 'bin')
  expect(await findRecognizer({ searchPath, modelFolder: join(folder, 'nowhere') })).toBeUndefined()
})

test('the words of version 5 are read from its lines of JSON', async () => {
  const script = `cat > /dev/null; echo '{"b":0,"d":1,"t":"hello  there"}'; echo '{"t":"friend"}'`
  const recognizer = new PocketsphinxRecognizer({ program: await standIn('json', 'single', script) })
  expect(await recognizer.recognize(silence, { sampleRate: 16_000 })).toBe('hello there friend')
  recognizer.close()
})

test('the program gets the samples as 16 kHz little-endian bytes', async () => {
  const program = await standIn('count', 'continuous', 'wc -c')
  const recognizer = new PocketsphinxRecognizer({ program, keepWarm: false })
  expect(await recognizer.recognize(silence, { sampleRate: 16_000 })).toBe('32000')
  recognizer.close()
})

test.each([
  ['prints something else', 'cat > /dev/null; echo hello', /not JSON/],
  ['prints JSON of another form', 'cat > /dev/null; echo 3', /without its field t/],
  ['fails', 'echo "INFO: x" >&2; echo "ERROR: no such model" >&2; exit 3', /exit code 3.*no such model/],
  ['dies', 'kill -9 $$', /SIGKILL/],
])('a program that %s gives an error that says so', async (name, script, message) => {
  const recognizer = new PocketsphinxRecognizer({ program: await standIn(name, 'single', script), keepWarm: false })
  const large = new Int16Array(1_000_000)
  await expect(recognizer.recognize(large, { sampleRate: 16_000 })).rejects.toMatchObject({
    code: 'engine-failed',
    service: 'pocketsphinx',
    message: expect.stringMatching(message),
  })
  recognizer.close()
})

test('a program that cannot be started gives an error, not a crash', async () => {
  const program: RecognizerProgram = { path: join(folder, 'missing'), commandLine: 'single', modelFolder: folder }
  const recognizer = new PocketsphinxRecognizer({ program })
  await expect(recognizer.recognize(silence, { sampleRate: 16_000 })).rejects.toMatchObject({ code: 'engine-failed' })
  recognizer.close()
})

test('a program that never answers is ended at the limit', async () => {
  const program = await standIn('stuck', 'continuous', 'exec sleep 60')
  const timers = new Set<() => void>()
  const clock = {
    setTimeout(callback: () => void) {
      timers.add(callback)
      queueMicrotask(callback)
      return { cancel: () => void timers.delete(callback) }
    },
  }
  const recognizer = new PocketsphinxRecognizer({ program, clock, keepWarm: false })
  const late = recognizer.recognize(silence, { sampleRate: 16_000 })
  await expect(late).rejects.toMatchObject({ code: 'engine-timeout', kind: 'timeout', retryable: true })
  expect(timers.size).toBe(0)
  recognizer.close()
})

test('closing ends what is in work and refuses what follows', async () => {
  const program = await standIn('slow', 'continuous', 'exec sleep 60')
  const recognizer = new PocketsphinxRecognizer({ program })
  await recognizer.warmUp()
  const cut = recognizer.recognize(silence, { sampleRate: 16_000 })
  await Promise.resolve()
  recognizer.close()
  recognizer.close()
  await expect(cut).rejects.toMatchObject({ code: 'closed' })
  await expect(recognizer.recognize(silence, { sampleRate: 16_000 })).rejects.toMatchObject({ code: 'closed' })
})

describe('an utterance that is still being spoken', () => {
  const note = (name: string): string => join(folder, `${name}.txt`)
  const noted = (name: string): Promise<string> =>
    vi.waitFor(
      async () => {
        const text = (await readFile(note(name), 'utf8')).trim()
        if (text === '') throw new Error('Nothing is written yet.')
        return text
      },
      { timeout: 10_000, interval: 10 },
    )

  /** Settles when a process is gone. */
  const goneFrom = (pid: number): Promise<void> =>
    vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(/ESRCH/), { timeout: 10_000, interval: 10 })

  test('reaches the program before its end', async () => {
    const program = await standIn(
      'early',
      'single',
      `head -c 4 > '${note('early')}'; cat > /dev/null; echo '{"t":"ok"}'`,
    )
    using recognizer = new PocketsphinxRecognizer({ program, keepWarm: false })
    const utterance = recognizer.open({ sampleRate: 16_000 })
    utterance.write(Int16Array.of(0x4241, 0x4443))
    expect(await noted('early')).toBe('ABCD')
    expect(await utterance.finish()).toBe('ok')
  })

  test('fails at its end when the program has died, and takes what is written until then', async () => {
    const program = await standIn('gone', 'single', `echo $$ > '${note('gone')}'; exit 3`)
    using recognizer = new PocketsphinxRecognizer({ program, keepWarm: false })
    const utterance = recognizer.open({ sampleRate: 16_000 })
    await goneFrom(Number(await noted('gone')))
    for (let part = 0; part < 100; part++) utterance.write(new Int16Array(16_000))
    await expect(utterance.finish()).rejects.toMatchObject({ code: 'engine-failed' })
  })

  test('leaves no process behind when nobody wants it any more', async () => {
    const program = await standIn('left', 'single', `sleep 60 & echo $! > '${note('left')}'; wait`)
    using recognizer = new PocketsphinxRecognizer({ program, keepWarm: false })
    const control = new AbortController()
    const utterance = recognizer.open({ sampleRate: 16_000, signal: control.signal })
    utterance.write(silence)
    const pid = Number(await noted('left'))
    const reason = new Error('the session is over')
    control.abort(reason)
    await goneFrom(pid)
    utterance.write(silence)
    await expect(utterance.finish()).rejects.toBe(reason)
  })

  test('ends when the recognizer is closed', async () => {
    const program = await standIn('closing', 'single', `echo $$ > '${note('closing')}'; exec sleep 60`)
    const recognizer = new PocketsphinxRecognizer({ program, keepWarm: false })
    const utterance = recognizer.open({ sampleRate: 16_000 })
    const pid = Number(await noted('closing'))
    recognizer.close()
    await goneFrom(pid)
    await expect(utterance.finish()).rejects.toMatchObject({ code: 'closed' })
    await expect(recognizer.open({ sampleRate: 16_000 }).finish()).rejects.toMatchObject({ code: 'closed' })
  })

  test('a sample rate that is none is refused', () => {
    using recognizer = new PocketsphinxRecognizer()
    expect(() => recognizer.open({ sampleRate: 0 })).toThrow(/above 0 Hz/)
  })
})
