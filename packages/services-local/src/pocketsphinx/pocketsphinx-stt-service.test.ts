import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resample } from '@pc/audio'
import { InputAudioRawFrame, VADUserStartedSpeakingFrame, VADUserStoppedSpeakingFrame } from '@pc/core'
import { runTest } from '@pc/core/testing'
import { expect, test, vi } from 'vitest'
import { FliteSpeech } from '../flite/flite-speech.ts'
import { findRecognizer } from './find-recognizer.ts'
import type { RecognizerProgram } from './find-recognizer.ts'
import { PocketsphinxRecognizer } from './pocketsphinx-recognizer.ts'
import { PocketsphinxSTTService } from './pocketsphinx-stt-service.ts'

const installed = await findRecognizer()

function spokenFrames(audio: Int16Array, sampleRate: number) {
  const step = sampleRate / 50
  const chunks = Array.from({ length: Math.ceil(audio.length / step) }, (_, index) =>
    audio.slice(index * step, (index + 1) * step),
  )
  const frames = chunks.map((chunk) => new InputAudioRawFrame(chunk, sampleRate))
  return [new VADUserStartedSpeakingFrame(), ...frames, new VADUserStoppedSpeakingFrame()]
}

test.skipIf(installed === undefined)(
  'an utterance becomes a transcription (skipped without pocketsphinx)',
  async () => {
    const speech = new FliteSpeech()
    const { audio } = await speech.speak('I would like to order a large pizza.')
    const service = new PocketsphinxSTTService()
    const { down, up } = await runTest(service, {
      frames: spokenFrames(resample(audio, 16_000, 48_000), 48_000),
      params: { audioInSampleRate: 16_000 },
    })
    expect(up.filter((frame) => frame.type === 'ErrorFrame')).toEqual([])
    expect(down.find((frame) => frame.type === 'TranscriptionFrame')).toMatchObject({
      text: expect.stringMatching(/order a large pizza/),
      finalized: true,
    })
    await speech.close()
  },
)

test('a program that dies while the user speaks costs no words', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recognizer-'))
  const path = join(folder, 'pocketsphinx')
  const first = join(folder, 'first')
  const script = `[ -e '${first}' ] || { touch '${first}'; exit 3; }; cat > /dev/null; echo '{"t":"hello"}'`
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  const program: RecognizerProgram = { path, commandLine: 'single', modelFolder: folder }
  using recognizer = new PocketsphinxRecognizer({ program, keepWarm: false })
  const { up, down } = await runTest(new PocketsphinxSTTService({ recognizer }), {
    frames: spokenFrames(new Int16Array(16_000), 16_000),
    params: { audioInSampleRate: 16_000 },
  })
  expect(up.filter((frame) => frame.type === 'ErrorFrame')).toEqual([])
  expect(down.find((frame) => frame.type === 'TranscriptionFrame')).toMatchObject({ text: 'hello' })
  await rm(folder, { recursive: true })
})

test('a session that ends while the user speaks leaves no process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recognizer-'))
  const path = join(folder, 'pocketsphinx')
  const note = join(folder, 'pid')
  await writeFile(path, `#!/bin/sh\necho $$ > '${note}'\nexec sleep 60\n`)
  await chmod(path, 0o755)
  const program: RecognizerProgram = { path, commandLine: 'single', modelFolder: folder }
  using recognizer = new PocketsphinxRecognizer({ program, keepWarm: false })
  const { task } = await runTest(new PocketsphinxSTTService({ recognizer }), {
    frames: spokenFrames(new Int16Array(16_000), 16_000).slice(0, -1),
    params: { audioInSampleRate: 16_000 },
    end: false,
  })
  const pid = await vi.waitFor(async () => Number.parseInt(await readFile(note, 'utf8'), 10), { timeout: 10_000 })
  await task.cancel()
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(/ESRCH/), { timeout: 10_000 })
  await rm(folder, { recursive: true })
})

test('without a recognizer the service says so once and is unusable', async () => {
  const recognizer = new PocketsphinxRecognizer({ findProgram: async () => undefined })
  const service = new PocketsphinxSTTService({ recognizer })
  const frames = spokenFrames(new Int16Array(16_000), 16_000)
  const { up, down } = await runTest(service, { frames, params: { audioInSampleRate: 16_000 } })
  const errors = up.filter((frame) => frame.type === 'ErrorFrame')
  expect(errors).toHaveLength(1)
  expect(errors[0]).toMatchObject({
    error: { code: 'recognizer-missing', message: expect.stringMatching(/apt-get install/) },
  })
  expect(service.isUsable).toBe(false)
  expect(down.some((frame) => frame.type === 'TranscriptionFrame')).toBe(false)
})

test('a language that it does not know is refused', async () => {
  const service = new PocketsphinxSTTService({ settings: { language: 'fr' } })
  const options = { signal: new AbortController().signal, sampleRate: 16_000, settings: { language: 'fr' } }
  await expect(service.transcribeSegment(new Int16Array(0), options)).rejects.toMatchObject({ code: 'invalid-option' })
})
