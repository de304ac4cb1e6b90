import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { FliteSpeech, fliteVoices, sharedFliteSpeech } from './flite-speech.ts'

const sentence = 'It costs the apple man $3.50, tomorrow!'

/** A clock whose timers a test fires by hand. */
function manualClock() {
  const timers = new Set<() => void>()
  return {
    fire: () => [...timers].forEach((callback) => callback()),
    setTimeout(callback: () => void) {
      timers.add(callback)
      return { cancel: () => void timers.delete(callback) }
    },
  }
}

describe('FliteSpeech', () => {
  const speech = new FliteSpeech()
  afterAll(() => speech.close())

  test('speaks a sentence at 16 kHz, with sound in it', async () => {
    const { audio, sampleRate } = await speech.speak('What time is it?')
    expect(sampleRate).toBe(16_000)
    expect(audio.length / sampleRate).toBeGreaterThan(1)
    expect(audio.length / sampleRate).toBeLessThan(2)
    expect(audio.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)).toBeGreaterThan(3000)
  })

  test('gives every written word its place, in order, inside the audio', async () => {
    const { audio, sampleRate, words } = await speech.speak(sentence)
    expect(words.map((word) => word.text)).toEqual(sentence.split(' '))
    let last = 0
    for (const word of words) {
      expect(word.startSecs).toBeGreaterThanOrEqual(last)
      expect(word.endSecs).toBeGreaterThan(word.startSecs)
      last = word.endSecs
    }
    expect(last).toBeLessThanOrEqual(audio.length / sampleRate)
    const price = words.find((word) => word.text === '$3.50,')
    expect((price?.endSecs ?? 0) - (price?.startSecs ?? 0)).toBeGreaterThan(1.2)
  })

  test('puts a pause between words outside of both words', async () => {
    const { audio, sampleRate, words } = await speech.speak('Hello there, my friend.')
    const [, there, my] = words
    const gap = audio.subarray(
      Math.ceil((there?.endSecs ?? 0) * sampleRate),
      Math.floor((my?.startSecs ?? 0) * sampleRate),
    )
    expect(gap.length / sampleRate).toBeGreaterThan(0.05)
    const middle = gap.subarray(gap.length / 4, (gap.length * 3) / 4)
    expect(middle.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)).toBeLessThan(800)
  })

  test('speaks the same text twice alike', async () => {
    const [first, second] = await Promise.all([speech.speak(sentence), speech.speak(sentence)])
    expect(second).toEqual(first)
  })

  test.each(fliteVoices)('has the voice %s', async (voice) => {
    const { audio, sampleRate } = await speech.speak('Good morning.', { voice })
    expect(sampleRate).toBe(voice === 'kal' ? 8000 : 16_000)
    expect(audio.length / sampleRate).toBeGreaterThan(0.5)
  })

  test('keeps typographic marks, accents and symbols from breaking a text', async () => {
    const { words } = await speech.speak('Don’t — “café” costs €20 😀 日本')
    expect(words.map((word) => word.text)).toEqual(['Don’t', '—', '“café”', 'costs', '€20', '😀', '日本'])
    expect(words[4]?.endSecs).toBeGreaterThan((words[4]?.startSecs ?? 0) + 0.4)
    expect(words[5]?.endSecs).toBe(words[5]?.startSecs)
  })

  test.each(['', '   ', '...', '日本', '😀'])('is silent for a text without anything to say: %j', async (text) => {
    expect((await speech.speak(text)).audio.length).toBe(0)
  })

  test('reads a text that looks like an option or markup as a text', async () => {
    for (const text of ['-voice kal', '--help', '<b>hello</b> & goodbye', 'a\0b']) {
      expect((await speech.speak(text)).audio.length).toBeGreaterThan(4000)
    }
  })

  test('speaks quicker and slower', async () => {
    const [slow, plain, quick] = await Promise.all([0.5, 1, 2].map((speed) => speech.speak('Good morning.', { speed })))
    expect(slow?.audio.length).toBeGreaterThan((plain?.audio.length ?? 0) * 1.5)
    expect(quick?.audio.length).toBeLessThan((plain?.audio.length ?? 0) * 0.75)
    await expect(speech.speak('Good morning.', { speed: 9 })).rejects.toMatchObject({ code: 'invalid-option' })
  })

  test('refuses a voice that does not exist, with the names of those that do', async () => {
    const nobody: string = 'nobody'
    expect(() => new FliteSpeech(JSON.parse(`{"voice":"${nobody}"}`))).toThrow(/'nobody'.*rms, slt/)
  })

  test('rejects an aborted text at once and speaks the next one', async () => {
    const control = new AbortController()
    const reason = new Error('interrupted')
    const first = speech.speak(sentence, { signal: control.signal })
    const second = speech.speak(sentence, { signal: control.signal })
    const third = speech.speak('Next.')
    control.abort(reason)
    await expect(first).rejects.toBe(reason)
    await expect(second).rejects.toBe(reason)
    expect((await third).words).toHaveLength(1)
    await expect(speech.speak('Late.', { signal: control.signal })).rejects.toBe(reason)
  })
})

test('a text that takes too long fails, and the worker is started anew', async () => {
  const clock = manualClock()
  const speech = new FliteSpeech({ clock })
  const stuck = speech.speak(sentence)
  const waiting = speech.speak('After all.')
  clock.fire()
  await expect(stuck).rejects.toMatchObject({
    code: 'engine-timeout',
    kind: 'timeout',
    retryable: true,
    service: 'flite',
  })
  expect((await waiting).words).toHaveLength(2)
  await speech.close()
})

test('a synthesizer that was warmed up speaks, and warming up a closed one does nothing', async () => {
  const speech = new FliteSpeech()
  speech.warmUp()
  speech.warmUp()
  expect((await speech.speak('Hello.')).words).toHaveLength(1)
  await speech.close()
  speech.warmUp()
  await expect(speech.speak('Hello.')).rejects.toMatchObject({ code: 'closed' })
})

test('a process ends by itself while its synthesizer waits', async () => {
  const source =
    "const { FliteSpeech } = await import(process.argv[1]); const { audio } = await new FliteSpeech().speak('Hello.'); console.log(audio.length > 0)"
  const run = promisify(execFile)
  const entry = new URL('./flite-speech.ts', import.meta.url).href
  const { stdout, stderr } = await run(process.execPath, [
    '--conditions=@pc/source',
    '--input-type=module',
    '-e',
    source,
    entry,
  ])
  expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' })
})

test('closing fails what is in work and what waits, and may be repeated', async () => {
  const speech = new FliteSpeech()
  const results = Promise.allSettled([speech.speak(sentence), speech.speak(sentence)])
  await speech.close()
  await speech.close()
  for (const result of await results) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'closed' } })
  await expect(speech.speak('More.')).rejects.toMatchObject({ code: 'closed' })
})

test('the shared synthesizer is one for the process until it is closed', async () => {
  const first = sharedFliteSpeech()
  expect(sharedFliteSpeech()).toBe(first)
  await first.close()
  expect(sharedFliteSpeech()).not.toBe(first)
})
