import OpenAI, { BadRequestError } from 'openai'
import { decodeWav, WavStreamParser } from '@pc/audio'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/manual-clock.ts'
import { startEmulators } from '../emulators.ts'
import type { Emulators } from '../emulators.ts'
import { synthesizeBuzz } from '../synthetic-speech.ts'

let emulators: Emulators
let client: OpenAI

beforeAll(async () => {
  emulators = await startEmulators({ speed: Infinity })
  client = new OpenAI({ apiKey: 'k', baseURL: emulators.openai.baseUrl, maxRetries: 0 })
})
afterEach(() => emulators.reset())
afterAll(() => emulators.close())

const params = { model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'Hello world.' } as const

const bytesOf = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer())

const samplesOf = async (response: Response): Promise<Int16Array> => {
  const bytes = await bytesOf(response)
  return new Int16Array(bytes.buffer, 0, bytes.length / 2)
}

describe('speech as pcm', () => {
  it('is 24 kHz samples without a header, 60 ms for each character, the same every time', async () => {
    const first = await samplesOf(await client.audio.speech.create({ ...params, response_format: 'pcm' }))
    expect(first.length).toBe(12 * 0.06 * 24_000)
    expect(first).toEqual(synthesizeBuzz('Hello world.'))
  })

  it('is shorter at a higher speed', async () => {
    const fast = await samplesOf(await client.audio.speech.create({ ...params, response_format: 'pcm', speed: 2 }))
    expect(fast.length).toBe(12 * 0.03 * 24_000)
  })

  it('is what the function of the test returns, resampled to 24 kHz', async () => {
    emulators.openai.speech.respond((text, { voice, instructions }) => {
      expect([text, voice, instructions]).toEqual(['Hello world.', 'alloy', 'Whisper.'])
      return { audio: new Int16Array(1600).fill(1000), sampleRate: 16_000 }
    })
    const body = { ...params, response_format: 'pcm' as const, instructions: 'Whisper.' }
    const pcm = await samplesOf(await client.audio.speech.create(body))
    expect(pcm.length).toBe(2400)
    expect(pcm[1200]).toBeGreaterThan(990)
    expect(pcm[1200]).toBeLessThan(1010)
  })

  it('runs at most 0.4 s ahead of real time, in pieces that do not end on whole samples', async () => {
    const clock = new ManualClock()
    const paced = await startEmulators({ clock })
    paced.openai.speech.respond(() => new Int16Array(5 * 24_000))
    const slow = new OpenAI({ apiKey: 'k', baseURL: paced.openai.baseUrl })
    const read = async (): Promise<number[]> => {
      const { body } = await slow.audio.speech.create({ ...params, response_format: 'pcm' })
      const sizes: number[] = []
      for await (const piece of body ?? []) sizes.push(piece.length)
      return sizes
    }
    const sizes = await clock.drive(read())
    expect(sizes.reduce((sum, size) => sum + size)).toBe(5 * 48_000)
    expect(sizes.filter((size) => size % 2 === 1).length).toBeGreaterThan(10)
    expect(clock.nowMs()).toBeGreaterThan(4600)
    expect(clock.nowMs()).toBeLessThan(4760)
    await paced.close()
  })
})

describe('speech in other formats', () => {
  it('is a WAV file with the lengths of a live stream', async () => {
    const response = await client.audio.speech.create({ ...params, response_format: 'wav' })
    expect(response.headers.get('content-type')).toBe('audio/wav')
    const file = await bytesOf(response)
    expect(new DataView(file.buffer).getUint32(40, true)).toBe(0xffff_ffff)
    const parser = new WavStreamParser()
    expect(parser.process(file)).toEqual(synthesizeBuzz('Hello world.'))
    expect(parser.format).toMatchObject({ sampleRate: 24_000, channels: 1 })
    expect(decodeWav(file).sampleRate).toBe(24_000)
  })

  it('is by default an MP3 of silent frames that lasts as long', async () => {
    const response = await client.audio.speech.create(params)
    expect(response.headers.get('content-type')).toBe('audio/mpeg')
    const file = await bytesOf(response)
    // 576 samples at 24 kHz in each frame of 96 bytes.
    expect((file.length / 96) * (576 / 24_000)).toBeCloseTo(12 * 0.06, 1)
    for (let frame = 0; frame < file.length; frame += 96)
      expect(file.subarray(frame, frame + 2)).toEqual(Uint8Array.of(0xff, 0xf3))
  })

  it('is base64 in server-sent events with usage at the end when a stream of events is asked for', async () => {
    const response = await client.audio.speech.create({ ...params, response_format: 'pcm', stream_format: 'sse' })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const events = (await response.text())
      .split('\n\n')
      .filter((event) => event !== '')
      .map((event) => JSON.parse(event.replace(/^data: /, '')))
    expect(events.slice(0, -1).every(({ type }) => type === 'speech.audio.delta')).toBe(true)
    const audio = Buffer.concat(events.slice(0, -1).map(({ audio: piece }) => Buffer.from(piece, 'base64')))
    expect(audio.length).toBe(12 * 0.06 * 48_000)
    expect(events.at(-1)).toMatchObject({ type: 'speech.audio.done', usage: { input_tokens: 3 } })
  })
})

describe('a speech request that the vendor refuses', () => {
  it.each([
    ['an unknown voice', { voice: 'hal' }, 400, 'voice'],
    ['no text', { input: '' }, 400, 'input'],
    ['a text of 4097 characters', { input: 'x'.repeat(4097) }, 400, 'input'],
    ['an unknown format', { response_format: 'ogg' }, 400, 'response_format'],
    ['a format that is not emulated', { response_format: 'opus' }, 400, 'not emulated'],
    ['a speed out of range', { speed: 5 }, 400, 'speed'],
    ['events from a model without them', { model: 'tts-1', stream_format: 'sse' }, 400, 'stream_format'],
    ['an unknown model', { model: 'tts-9' }, 404, 'tts-9'],
  ])('has %s', async (_what, change, status, text) => {
    const failure: unknown = await client
      .post('/audio/speech', { body: { ...params, ...change } })
      .catch((error) => error)
    expect(failure).toMatchObject({ status })
    expect(String(failure)).toContain(text)
    if (status === 400) expect(failure).toBeInstanceOf(BadRequestError)
  })
})
