import OpenAI, { toFile } from 'openai'
import { encodeWav } from '@pc/audio'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { silence, tone } from '../../test/sounds.ts'
import { startEmulators } from '../emulators.ts'
import type { Emulators } from '../emulators.ts'

let emulators: Emulators
let client: OpenAI

beforeAll(async () => {
  emulators = await startEmulators({ speed: Infinity })
  client = new OpenAI({ apiKey: 'k', baseURL: emulators.openai.baseUrl, maxRetries: 0 })
})
afterEach(() => emulators.reset())
afterAll(() => emulators.close())

const wav = (pcm: Int16Array = tone(2, 16_000)) => toFile(encodeWav(pcm, 16_000), 'speech.wav')

describe('a transcription', () => {
  it('is the queued text with usage in tokens', async () => {
    emulators.openai.transcriptions.reply('What time is it?')
    const result = await client.audio.transcriptions.create({ file: await wav(), model: 'gpt-4o-transcribe' })
    expect(result).toMatchObject({ text: 'What time is it?', usage: { type: 'tokens', input_tokens: 20 } })
  })

  it('names the language with gpt-transcribe and counts seconds with whisper-1', async () => {
    const file = await wav()
    expect(await client.audio.transcriptions.create({ file, model: 'gpt-transcribe' })).toMatchObject({
      languages: [{ code: 'en' }],
    })
    expect(await client.audio.transcriptions.create({ file, model: 'whisper-1' })).toMatchObject({
      usage: { type: 'duration', seconds: 2 },
    })
  })

  it('gives a function the decoded audio and the fields of the form', async () => {
    emulators.openai.transcriptions.respond(
      ({ pcm, durationSecs, language, prompt, fileName }) =>
        `${pcm?.length} samples, ${durationSecs} s, ${language}, ${prompt}, ${fileName}`,
    )
    const { text } = await client.audio.transcriptions.create({
      file: await wav(),
      model: 'gpt-transcribe',
      language: 'fr',
      prompt: 'names',
    })
    expect(text).toBe('32000 samples, 2 s, fr, names, speech.wav')
  })

  it('is empty for silence when nothing is scripted, and a sentence for sound', async () => {
    const model = 'gpt-transcribe'
    const quiet = await client.audio.transcriptions.create({ file: await wav(silence(1, 16_000)), model })
    const loud = await client.audio.transcriptions.create({ file: await wav(), model })
    expect([quiet.text, loud.text]).toEqual(['', 'This is what the emulator heard.'])
  })

  it('has words and segments in verbose form', async () => {
    emulators.openai.transcriptions.reply('What time?')
    const result = await client.audio.transcriptions.create({
      file: await wav(),
      model: 'whisper-1',
      response_format: 'verbose_json',
      timestamp_granularities: ['word', 'segment'],
    })
    expect(result.duration).toBe(2)
    expect(result.words).toEqual([
      { word: 'What', start: 0, end: 1 },
      { word: 'time', start: 1, end: 2 },
    ])
    expect(result.segments).toMatchObject([{ start: 0, end: 2, text: 'What time?' }])
  })

  it.each([
    ['text', 'Hi there.\n'],
    ['srt', '1\n00:00:00,000 --> 00:00:02,000\nHi there.\n\n'],
    ['vtt', 'WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nHi there.\n\n'],
  ] as const)('is plain text in the format %s', async (response_format, expected) => {
    emulators.openai.transcriptions.reply('Hi there.')
    const params = { file: await wav(), model: 'whisper-1', response_format }
    expect(await client.audio.transcriptions.create(params)).toBe(expected)
  })

  it('streams deltas that join to the text of the last event', async () => {
    emulators.openai.transcriptions.reply('What time is it?')
    const params = { file: await wav(), model: 'gpt-4o-mini-transcribe', stream: true as const }
    const events: OpenAI.Audio.TranscriptionStreamEvent[] = []
    for await (const event of await client.audio.transcriptions.create(params)) events.push(event)
    const deltas = events.flatMap((event) => (event.type === 'transcript.text.delta' ? [event.delta] : []))
    expect(deltas.length).toBeGreaterThan(2)
    expect(deltas.join('')).toBe('What time is it?')
    expect(events.at(-1)).toMatchObject({ type: 'transcript.text.done', text: 'What time is it?' })
  })

  it('is recorded with the fields of its form', async () => {
    await client.audio.transcriptions.create({ file: await wav(), model: 'gpt-transcribe', language: 'de' })
    const [request] = emulators.requests
    expect(request?.kind === 'http' && request.form?.get('language')).toBe('de')
  })
})

describe('a transcription that the vendor refuses', () => {
  const failureOf = async (params: object): Promise<unknown> =>
    client.audio.transcriptions
      .create({ file: await wav(), model: 'gpt-transcribe', ...params })
      .catch((error) => error)

  it.each([
    ['for an unknown model', { model: 'ears-1' }, 404, 'ears-1'],
    ['in a form that the model lacks', { response_format: 'verbose_json' }, 400, 'not compatible'],
    ['in an unknown form', { response_format: 'xml' }, 400, 'response_format'],
  ])('%s', async (_what, change, status, text) => {
    const failure = await failureOf(change)
    expect(failure).toMatchObject({ status })
    expect(String(failure)).toContain(text)
  })

  it('of bytes that are no audio file', async () => {
    const failure = await failureOf({ file: await toFile(Buffer.from('hello, this is text'), 'a.wav') })
    expect(failure).toMatchObject({ status: 400, param: 'file' })
  })

  it('of a broken WAV file', async () => {
    const failure = await failureOf({ file: await toFile(Buffer.from('RIFF and nothing more'), 'a.wav') })
    expect(failure).toMatchObject({ status: 400, param: 'file' })
  })

  it('of less than 0.1 s', async () => {
    const failure = await failureOf({ file: await wav(tone(0.05, 16_000)) })
    expect(failure).toMatchObject({ status: 400, code: 'audio_too_short' })
  })

  it('without a multipart body', async () => {
    const failure: unknown = await client
      .post('/audio/transcriptions', { body: { model: 'x' } })
      .catch((error) => error)
    expect(failure).toMatchObject({ status: 400 })
  })
})
