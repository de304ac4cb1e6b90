import { startEmulators } from '@pc/emulators'
import { type RunningServer, serveBot } from '@pc/runner'
import { FliteSpeech } from '@pc/services-local'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { bot } from '../src/bot.ts'
import { Caller, loudSecs } from './caller.ts'

const question = 'What are your opening hours?'
const answer = 'We are open from six to eleven.'
const greeting = 'Hello, I am Luna.'

const emulators = await startEmulators()
const speech = new FliteSpeech()
/** What the caller says, and what the emulators' voices say. */
const recordings = new Map<string, Int16Array>()
const open: { close(): Promise<unknown> }[] = []

beforeAll(async () => {
  for (const text of [question, answer, greeting]) recordings.set(text, (await speech.speak(text)).audio)
  await speech.close()
})

beforeEach(() => {
  vi.stubEnv('OPENAI_BASE_URL', emulators.openai.baseUrl)
  vi.stubEnv('DEEPGRAM_BASE_URL', emulators.deepgram.baseUrl)
  vi.stubEnv('OPENAI_API_KEY', undefined)
  vi.stubEnv('DEEPGRAM_API_KEY', undefined)
  const voice = (text: string) => ({ audio: recordings.get(text.trim()) ?? new Int16Array(8000), sampleRate: 16_000 })
  emulators.openai.speech.respond(voice)
  emulators.deepgram.speak.respond(voice)
  emulators.deepgram.listen.respond(() => question)
  emulators.openai.transcriptions.respond(() => question)
  emulators.openai.chat.respond(({ messages }) => {
    const last = messages.at(-1)
    if (last?.role === 'tool') return answer
    return last?.role === 'user' ? { toolCalls: [{ name: 'opening_hours', arguments: {} }] } : greeting
  })
})

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
  vi.unstubAllEnvs()
  emulators.reset()
})

afterAll(() => emulators.close())

async function call(): Promise<Caller> {
  const server: RunningServer = await serveBot(bot, { port: 0, rtvi: { observer: { functionCalls: { '*': 'full' } } } })
  open.push({ close: () => server.close({ drainSecs: 0 }) })
  const caller = await Caller.call(server.url, { greet: true })
  open.push(caller)
  return caller
}

function eventually<T>(look: () => T): Promise<T> {
  return vi.waitFor(look, { timeout: 15_000, interval: 20 })
}

/** The texts that the agent has spoken to their end. */
const spoken = (caller: Caller): unknown[] =>
  caller.dataOf('bot-output').flatMap((data) => (data['spoken_status'] === 'completed' ? [data['text']] : []))

/** What was asked of the vendors; the connections of an earlier test may still report their end. */
const pathsUsed = (): Set<string> =>
  new Set(
    emulators.requests
      .filter(({ kind }) => kind === 'http' || kind === 'upgrade')
      .map(({ provider, path }) => `${provider} ${path}`),
  )

const secsOf = (text: string): number => loudSecs(recordings.get(text) ?? new Int16Array(0), 16_000)

describe.each([
  {
    keys: ['OPENAI_API_KEY', 'DEEPGRAM_API_KEY'],
    engines: ['Silero', 'Deepgram', 'OpenAI', 'Deepgram'],
    paths: ['deepgram /v1/listen', 'openai /v1/chat/completions', 'deepgram /v1/speak'],
  },
  {
    keys: ['OPENAI_API_KEY'],
    engines: ['Silero', 'OpenAI', 'OpenAI', 'OpenAI'],
    paths: ['openai /v1/audio/transcriptions', 'openai /v1/chat/completions', 'openai /v1/audio/speech'],
  },
])('with $keys', ({ keys, engines, paths }) => {
  beforeEach(() => {
    for (const key of keys) vi.stubEnv(key, 'a-key-of-nobody')
  })

  test('a spoken question gets a spoken answer through the vendors', { timeout: 60_000 }, async () => {
    const caller = await call()
    await eventually(() => expect(spoken(caller)).toEqual([greeting]))
    const [session] = caller.dataOf('server-message')
    expect(session).toMatchObject({ type: 'pc/session', engines: engines.map((name) => ({ name })) })
    caller.say(recordings.get(question) ?? new Int16Array(0))
    await eventually(() => expect(spoken(caller)).toEqual([greeting, answer]))
    await eventually(() => expect(caller.dataOf('bot-stopped-speaking')).toHaveLength(2))

    // A machine that stutters may cut the question in two.
    const heard = caller.dataOf('user-transcription').flatMap((data) => (data['final'] === true ? [data['text']] : []))
    expect(heard.join(' ')).toBe(question)
    expect(caller.dataOf('llm-function-call-stopped')).toMatchObject([{ function_name: 'opening_hours' }])
    expect(caller.dataOf('error')).toEqual([])
    const heardSecs = loudSecs(caller.heard, caller.heardRate)
    expect(heardSecs).toBeGreaterThan(0.9 * (secsOf(greeting) + secsOf(answer)))
    expect(heardSecs).toBeLessThan(1.1 * (secsOf(greeting) + secsOf(answer)))
    expect([...pathsUsed()].sort()).toEqual([...paths].sort())
  })
})

test('a key that the vendor refuses is told as such, and who refused it', { timeout: 60_000 }, async () => {
  vi.stubEnv('OPENAI_API_KEY', 'wrong')
  vi.stubEnv('DEEPGRAM_API_KEY', 'a-key-of-nobody')
  emulators.openai.apiKeys.add('right')
  const caller = await call()
  const [error] = await eventually(() => {
    const errors = caller.dataOf('error')
    expect(errors).not.toEqual([])
    return errors
  })
  expect(error).toMatchObject({ kind: 'auth', service: expect.stringMatching(/^OpenAILLMService/), fatal: false })
  expect(JSON.stringify(error)).not.toContain('wrong')
  await eventually(() => expect(spoken(caller).join(' ')).toMatch(/^Sorry, I have trouble thinking/))
})
