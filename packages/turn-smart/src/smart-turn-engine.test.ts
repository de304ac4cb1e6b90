import { execFile } from 'node:child_process'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { onnxRuntimeTrouble, temporaryFolder } from '../test/folder.ts'
import { testSignal } from '../test/signals.ts'
import { writeTinyModel } from '../test/tiny-onnx.ts'
import { createLogMelExtractor } from './log-mel.ts'
import { SmartTurnEngine } from './smart-turn-engine.ts'

const folder = await temporaryFolder()
const trouble = await onnxRuntimeTrouble()
if (trouble) console.warn(`skipped: ${trouble}`)

const voice = (samples: number): Int16Array<ArrayBuffer> => new Int16Array(testSignal('voice', samples))

/** What {@link writeTinyModel}'s model makes of audio. */
function expected(samples: Int16Array): number {
  const features = createLogMelExtractor()(samples)
  return 1 / (1 + Math.exp(-features.reduce((sum, value) => sum + value, 0) / features.length))
}

/** A thread of another program. */
async function engineOf(program: string): Promise<SmartTurnEngine> {
  const path = join(folder, `${program.length}-${Math.random()}.mjs`)
  await writeFile(path, `import { parentPort } from 'node:worker_threads'\n${program}`)
  return new SmartTurnEngine(pathToFileURL(path))
}

describe.skipIf(trouble !== undefined)('with onnxruntime-node', () => {
  test('a model in the thread sees the features of the segment it is given', async () => {
    const model = await writeTinyModel(join(folder, 'tiny.onnx'))
    const engine = new SmartTurnEngine()
    await engine.load(model)
    for (const samples of [16_000, 48_000, 130_000]) {
      expect(await engine.predict(model, voice(samples))).toBeCloseTo(expected(voice(samples)), 4)
    }
  })

  test('the segments of many sessions are judged one after the other, each with its own answer', async () => {
    const model = await writeTinyModel(join(folder, 'shared.onnx'))
    const engine = new SmartTurnEngine()
    const lengths = [8000, 20_000, 40_000, 100_000]
    const answers = await Promise.all(lengths.map((samples) => engine.predict(model, voice(samples))))
    for (const [i, samples] of lengths.entries()) expect(answers[i]).toBeCloseTo(expected(voice(samples)), 4)
  })

  test.each([
    ['an ONNX file of another shape', { bands: 40 }],
    ['a model whose answer is no probability', { sigmoid: false }],
  ])('%s is refused when it is loaded', async (_, options) => {
    const model = await writeTinyModel(join(folder, `${JSON.stringify(options).length}.onnx`), options)
    await expect(new SmartTurnEngine().load(model)).rejects.toMatchObject({ code: 'model-invalid', kind: 'config' })
  })

  test('a file that is no model, and a file that is not there, are named', async () => {
    const broken = join(folder, 'broken.onnx')
    await writeFile(broken, 'not a model')
    const engine = new SmartTurnEngine()
    await expect(engine.load(broken)).rejects.toMatchObject({
      code: 'model-invalid',
      message: expect.stringContaining(broken),
    })
    await expect(engine.load(join(folder, 'nowhere.onnx'))).rejects.toMatchObject({
      code: 'model-missing',
      message: expect.stringMatching(/nowhere\.onnx.*modelPath/),
    })
  })

  test('a model that failed to load is tried again', async () => {
    const late = join(folder, 'late.onnx')
    const engine = new SmartTurnEngine()
    await expect(engine.load(late)).rejects.toMatchObject({ code: 'model-missing' })
    await writeTinyModel(late)
    await expect(engine.load(late)).resolves.toBeUndefined()
  })
})

test('without onnxruntime-node the error names the package and the command that installs it', async () => {
  const alone = join(folder, 'alone')
  await mkdir(alone)
  for (const file of ['smart-turn-worker.ts', 'log-mel.ts', 'fourier.ts', 'mel-filters.ts', 'worker-messages.ts']) {
    await copyFile(new URL(file, import.meta.url), join(alone, file))
  }
  await writeFile(join(alone, 'package.json'), '{ "type": "module" }')
  const engine = new SmartTurnEngine(pathToFileURL(join(alone, 'smart-turn-worker.ts')))
  await expect(engine.load(join(folder, 'any.onnx'))).rejects.toMatchObject({
    code: 'onnxruntime-missing',
    kind: 'config',
    service: 'smart-turn',
    message: expect.stringMatching(/onnxruntime-node.*Cannot find package.*npm install onnxruntime-node/),
  })
})

test('an abort rejects at once while the thread is busy, and what waits behind it never reaches the thread', async () => {
  const engine = await engineOf(
    `let count = 0
     parentPort.on('message', () => {
       count++
       setImmediate(() => parentPort.postMessage({ probability: count / 10 }))
     })`,
  )
  const slow = new AbortController()
  const waiting = new AbortController()
  const reason = new Error('the deadline has passed')
  const cut = engine.predict('any', new Int16Array(1), slow.signal)
  const never = engine.predict('any', new Int16Array(1), waiting.signal)
  slow.abort(reason)
  waiting.abort(reason)
  await expect(cut).rejects.toBe(reason)
  await expect(never).rejects.toBe(reason)
  expect(await engine.predict('any', new Int16Array(1))).toBe(0.2)
  await expect(engine.predict('any', new Int16Array(1), waiting.signal)).rejects.toBe(reason)
})

test('a thread that never answers keeps nobody beyond the abort', async () => {
  const engine = await engineOf(`parentPort.on('message', () => {})`)
  const control = new AbortController()
  const verdicts = Array.from({ length: 3 }, () => engine.predict('any', new Int16Array(1), control.signal))
  control.abort(new Error('late'))
  expect((await Promise.allSettled(verdicts)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
})

test('a thread that dies fails the segment it worked on, and the next gets another thread', async () => {
  const engine = await engineOf(
    `parentPort.on('message', ({ modelPath }) => {
       if (modelPath === 'exit') process.exit(3)
       if (modelPath === 'throw') throw new Error('out of memory')
       parentPort.postMessage({ probability: 0.5 })
     })`,
  )
  const failed = { code: 'analysis-failed', kind: 'internal' }
  await expect(engine.load('exit')).rejects.toMatchObject({
    ...failed,
    message: expect.stringContaining('exit code 3'),
  })
  const thrown = engine.load('throw')
  const behind = engine.predict('fine', new Int16Array(1))
  await expect(thrown).rejects.toMatchObject({ ...failed, message: expect.stringContaining('out of memory') })
  expect(await behind).toBe(0.5)
})

test.each([
  ['a thread that is idle', `await engine.predict('quick', new Int16Array(1))`],
  [
    'a thread that hangs in a segment given up',
    `
     const control = new AbortController()
     const verdict = engine.predict('hang', new Int16Array(1), control.signal)
     control.abort(new Error('late'))
     await verdict.catch(() => {})`,
  ],
])('the process ends by itself beside %s', async (name, use) => {
  const thread = join(folder, `${name}.mjs`)
  await writeFile(
    thread,
    `import { parentPort } from 'node:worker_threads'
     parentPort.on('message', ({ modelPath }) => { if (modelPath === 'quick') parentPort.postMessage({ probability: 1 }) })`,
  )
  const program = `
    const { SmartTurnEngine } = await import('${new URL('smart-turn-engine.ts', import.meta.url).href}')
    const engine = new SmartTurnEngine(new URL('${pathToFileURL(thread).href}'))
    ${use}
    console.log('done')`
  const args = ['--conditions=@pc/source', '--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 15_000 })
  expect(stdout).toBe('done\n')
})
