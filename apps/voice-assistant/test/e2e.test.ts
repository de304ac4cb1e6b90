import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LLMContext } from '@pc/core'
import { type Bot, defineBot, type RunningServer, serveBot, type ServeBotOptions } from '@pc/runner'
import { findRecognizer, PocketsphinxRecognizer } from '@pc/services-local'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { chromiumPath, startChromium } from '../page/test/chromium.ts'
import { bot } from '../src/bot.ts'
import { builtPage } from '../src/page.ts'
import { warmUp } from '../src/services.ts'
import { writeMicrophoneFile } from './microphone-file.ts'
import { copyPageWithRecorder, recordingOf, recordPage, type Sound, soundsOf } from './page-recorder.ts'
import { speechTimes, wordsOf } from './speech-times.ts'
import { type SeenFrame, watchBot, type WatchedSession } from './watched-bot.ts'

const missing = [
  ...(chromiumPath === undefined ? ['Chromium'] : []),
  ...((await findRecognizer()) === undefined ? ['pocketsphinx'] : []),
]
if (missing.length > 0) console.warn(`Skipped: talking to the assistant end to end needs ${missing.join(' and ')}.`)

describe.skipIf(missing.length > 0)('the assistant', () => {
  let folder: string
  let client: string
  const open: { close(): Promise<void> }[] = []

  beforeAll(async () => {
    for (const name of ['OPENAI_API_KEY', 'DEEPGRAM_API_KEY']) vi.stubEnv(name, undefined)
    folder = await mkdtemp(join(tmpdir(), 'pc-e2e-'))
    client = join(folder, 'page')
    await copyPageWithRecorder(await builtPage(), client)
    await warmUp(process.env)
  }, 60_000)

  afterAll(async () => {
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  })

  const closeAll = async (): Promise<void> => {
    for (const each of open.splice(0).toReversed()) await each.close()
  }

  async function serve(serving: Bot, options: ServeBotOptions = {}): Promise<RunningServer> {
    const server = await serveBot(serving, { client, port: 0, ...options })
    open.push({ close: () => server.close({ drainSecs: 0 }) })
    return server
  }

  async function browse(...[microphone]: Parameters<typeof startChromium>): Promise<Browser> {
    const browser = await startChromium(microphone)
    open.push(browser)
    return browser
  }

  async function newPage(browser: Browser): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 720 } })
    return context.newPage()
  }

  /** Waits for what a busy machine may take its time for. */
  function eventually<T>(look: () => T | Promise<T>, secs = 15): Promise<T> {
    return vi.waitFor(look, { timeout: secs * 1000, interval: 25 })
  }

  const word = (page: Page): Promise<string | null> => page.locator('[role=status]').first().textContent()
  const transcript = (page: Page): Promise<string> => page.getByRole('log').innerText()

  async function type(page: Page, text: string): Promise<void> {
    await page.getByRole('textbox', { name: 'Type to the agent' }).fill(text)
    await page.keyboard.press('Enter')
  }

  describe('in a call by voice', () => {
    let page: Page
    let session: WatchedSession
    let decisions: { readonly story: number; readonly cut: number }

    beforeAll(async () => {
      const wavFile = join(folder, 'caller.wav')
      await writeMicrophoneFile(wavFile, [
        { silenceSecs: 6 },
        { say: 'Hello, what can you do?' },
        { silenceSecs: 10 },
        { say: 'Tell me a story.' },
        { silenceSecs: 7 },
        { say: 'Please stop.' },
      ])
      const watched = watchBot(bot)
      const server = await serve(watched.bot)
      page = await newPage(await browse({ wavFile }))
      await recordPage(page)
      await page.goto(`${server.url}/client/`)
      await page.getByRole('button', { name: 'Start the call' }).click()
      session = await eventually(() => {
        const first = watched.sessions[0]
        if (first === undefined) throw new Error('The page has not connected.')
        return first
      })
    }, 30_000)

    afterAll(closeAll)

    const of = <T extends SeenFrame['frame']['type']>(type: T) =>
      session.seen.flatMap(({ frame, atMs }) => (isOf(frame, type) ? [{ frame, atMs }] : []))

    const contextOf = (): LLMContext => {
      if (session.context === undefined) throw new Error('The model was not asked yet.')
      return session.context
    }

    /** The first frame of a type after a moment. */
    const next = <T extends SeenFrame['frame']['type']>(type: T, afterMs: number, secs: number) =>
      eventually(() => {
        const found = of(type).find(({ atMs }) => atMs > afterMs)
        if (found === undefined) throw new Error(`No ${type} came.`)
        return found
      }, secs)

    /** What the page played from one moment to another, as a recogniser understands it. */
    async function heardBetween(fromMs: number, untilMs: number): Promise<{ sounds: Sound[]; text: string }> {
      const recording = await recordingOf(page)
      const sounds = soundsOf(recording).filter(({ startMs }) => startMs > fromMs && startMs < untilMs)
      using recognizer = new PocketsphinxRecognizer({ keepWarm: false })
      const texts = sounds.map(({ samples }) => recognizer.recognize(samples, { sampleRate: recording.sampleRate }))
      return { sounds, text: (await Promise.all(texts)).join(' ') }
    }

    test('the page is ready and the agent greets', { timeout: 30_000 }, async () => {
      const { atMs } = await next('BotStoppedSpeakingFrame', 0, 20)
      expect(contextOf().messages.at(1)).toEqual({
        role: 'assistant',
        content: 'Hello, I am Luna.',
      })
      const { sounds, text } = await heardBetween(0, atMs)
      expect(sounds).toHaveLength(1)
      expect(text).toContain('hello')
      expect(await transcript(page)).toContain('Hello, I am Luna.')
      expect(await word(page)).toBe('Listening')
    })

    test('what the caller says stands in the transcript', { timeout: 30_000 }, async () => {
      await next('TranscriptionFrame', 0, 25)
      const spoken = ['hello', 'what', 'can', 'you', 'do']
      await eventually(async () => {
        const words = wordsOf((await page.locator('[role=log] li.you').first().innerText()).toLowerCase())
        expect(spoken.filter((each) => words.includes(each)).length, words.join(' ')).toBeGreaterThan(3)
      })
    })

    test('the answer leaves the page as speech that another recogniser understands', { timeout: 40_000 }, async () => {
      const { atMs: askedMs } = await next('UserTurnInferenceFrame', 0, 10)
      const started = await next('BotStartedSpeakingFrame', askedMs, 10)
      const story = await next('UserStartedSpeakingFrame', started.atMs, 25)
      const { text } = await heardBetween(askedMs, story.atMs)
      const keywords = ['restaurant', 'open', 'table', 'free', 'book', 'name', 'chat', 'stories']
      expect(keywords.filter((keyword) => text.includes(keyword)).length, text).toBeGreaterThan(1)
      decisions = { story: story.atMs, cut: 0 }
    })

    test('a word of the caller silences the agent within 300 ms', { timeout: 40_000 }, async () => {
      const asked = await next('UserTurnInferenceFrame', decisions.story, 15)
      await next('BotStartedSpeakingFrame', asked.atMs, 10)
      const { atMs: cutMs } = await next('UserStartedSpeakingFrame', asked.atMs, 20)
      decisions = { ...decisions, cut: cutMs }
      const { atMs: heardMs } = await eventually(() => {
        const final = of('BotSpeechHeardFrame').find(({ frame, atMs }) => atMs >= cutMs && frame.final)
        if (final === undefined) throw new Error('Nobody said what was heard.')
        return final
      })
      // The recording holds the silence after the cut as well.
      await eventually(async () => {
        const { samples, sampleRate, startMs } = await recordingOf(page)
        expect(startMs + (samples.length / sampleRate) * 1000).toBeGreaterThan(Math.max(heardMs, cutMs + 300))
      })
      const story = soundsOf(await recordingOf(page)).filter(({ endMs }) => endMs > asked.atMs)
      const last = story.find(({ startMs }) => startMs < cutMs)
      expect(last?.endMs).toBeGreaterThan(cutMs - 1000)
      expect(last?.endMs).toBeLessThan(cutMs + 300)
    })

    test('the conversation holds what was heard of the story, to the word', { timeout: 30_000 }, async () => {
      const asked = of('UserTurnInferenceFrame').find(({ atMs }) => atMs > decisions.story)
      const askedMs = asked?.atMs ?? 0
      const reply = of('LLMTextFrame')
        .filter(({ atMs }) => atMs > askedMs && atMs < decisions.cut)
        .map(({ frame }) => frame.text)
        .join('')
      const said = contextOf().messages.flatMap((message) => ('role' in message ? [message] : []))
      const question = said.findIndex(
        ({ role, content }) => role === 'user' && JSON.stringify(content).includes('story'),
      )
      expect(said[question + 1]?.role, JSON.stringify(said)).toBe('assistant')
      const answer = said[question + 1]?.content
      const kept = typeof answer === 'string' ? answer : ''
      expect(kept).not.toBe('')
      expect(reply.startsWith(kept), `"${reply}" does not begin with "${kept}"`).toBe(true)

      const recording = await recordingOf(page)
      const [first, ...rest] = soundsOf(recording).filter(
        ({ endMs, startMs }) => endMs > askedMs && startMs < decisions.cut,
      )
      const endMs = rest.at(-1)?.endMs ?? first?.endMs ?? 0
      const times = await speechTimes(reply)
      const playedSecs = times.firstSoundSecs + (endMs - (first?.startMs ?? 0)) / 1000
      expect(playedSecs).toBeGreaterThan(2)
      expect(playedSecs).toBeLessThan(times.lengthSecs)
      const report = of('PlayoutReportFrame').find(({ frame, atMs }) => frame.flushed && atMs >= decisions.cut)
      expect(Math.abs((report?.frame.playedMs ?? 0) / 1000 - playedSecs)).toBeLessThan(0.3)
      const spoken = times.words.filter(({ endSecs }) => endSecs <= playedSecs).length
      expect(Math.abs(wordsOf(kept).length - spoken), `${kept} against ${spoken} words`).toBeLessThanOrEqual(1)

      const row = page.locator('[role=log] li.agent', { hasText: kept.slice(0, 20) })
      expect(wordsOf(await row.innerText()).join(' ')).toContain(kept)
      const struck = await row.locator('s').allInnerTexts()
      expect(reply.startsWith(wordsOf([kept, ...struck].join(' ')).join(' ')), struck.join()).toBe(true)
    })
  })

  describe('typed to', () => {
    afterEach(closeAll)

    test('it answers before any permission, by voice, to a caller it need not greet', { timeout: 30_000 }, async () => {
      const watched = watchBot(bot)
      const server = await serve(watched.bot)
      const page = await newPage(await browse('none'))
      await recordPage(page)
      await page.addInitScript(typedHello)
      await page.goto(`${server.url}/client/`)
      await type(page, 'hello')
      expect((await page.evaluate<Answer>(answer)).text).toMatch(/Hello/u)
      expect(await page.evaluate('window.testHello.askedForMic')).toBe(0)
      const { seen } = watched.sessions[0] ?? {}
      await eventually(() => expect(seen?.some(({ frame }) => frame.type === 'BotStoppedSpeakingFrame')).toBe(true))
      const roles = watched.sessions[0]?.context?.messages.map((message) => Object(message).role)
      expect(roles).toEqual(['system', 'user', 'assistant'])
      const { samples, sampleRate } = await eventually(async () => {
        const [sound, ...more] = soundsOf(await recordingOf(page))
        expect(more).toEqual([])
        expect(sound?.samples.length).toBeGreaterThan(24_000)
        return { samples: sound?.samples ?? new Int16Array(), sampleRate: 24_000 }
      })
      using recognizer = new PocketsphinxRecognizer({ keepWarm: false })
      expect(await recognizer.recognize(samples, { sampleRate })).toContain('hello')
    })

    test('the page paints within a second and has the first words within 1.5 s', { timeout: 40_000 }, async () => {
      const server = await serve(bot)
      const browser = await browse('none')
      const tries: { paintMs: number; wordsMs: number }[] = []
      const isFast = (): boolean => tries.some(({ paintMs, wordsMs }) => paintMs < 1000 && wordsMs < 1500)
      // Other work on the machine may slow one try down, but not all of them.
      while (!isFast() && tries.length < 4) {
        const page = await newPage(browser)
        await page.addInitScript(typedHello)
        await page.goto(`${server.url}/client/`)
        const paintMs = await page.evaluate<number>(firstPaint)
        await type(page, 'hello')
        tries.push({ paintMs, wordsMs: (await page.evaluate<Answer>(answer)).afterMs })
        await page.context().close()
      }
      expect(isFast(), JSON.stringify(tries)).toBe(true)
    })

    test(
      'over plain http under another name it says why it cannot hear, and answers',
      { timeout: 30_000 },
      async () => {
        const server = await serve(bot, { allowedOrigins: ['*'] })
        const page = await newPage(await browse('given'))
        await page.goto(`http://pc.test:${server.port}/client/`)
        await page.getByText('No microphone over plain http from another computer.').waitFor()
        await page.getByText('pnpm dev --https').waitFor()
        await type(page, 'hello')
        await eventually(async () => expect(await transcript(page)).toMatch(/Agent\s+Hello/u))
      },
    )

    test('a bot that fails takes down its own call and no other', { timeout: 30_000 }, async () => {
      const fates: ((error: Error) => void)[] = []
      const fragile = defineBot((session) => {
        const fate = Promise.withResolvers<never>()
        fates.push(fate.reject)
        return Promise.race([bot(session), fate.promise])
      })
      const server = await serve(fragile)
      const browser = await browse('none')
      const [first, second] = [await newPage(browser), await newPage(browser)]
      for (const page of [first, second]) {
        await page.goto(`${server.url}/client/`)
        await type(page, 'hello')
        await eventually(async () => expect(await transcript(page)).toMatch(/Agent\s+Hello/u))
      }
      expect(server.sessions).toHaveLength(2)
      await type(second, 'tell me a story')
      await eventually(async () => expect(await transcript(second)).toMatch(/tell me a story\s+Agent\s+\S/u))
      fates[0]?.(new Error('a fault of the bot'))
      await eventually(async () => expect(await word(first)).toBe('Failed'))
      await first.getByText('The bot failed; the log of the server says why.').waitFor()
      await eventually(() => expect(server.sessions).toHaveLength(1))
      const spoken = await second.locator('[role=log] mark').innerText()
      await eventually(async () => expect(await second.locator('[role=log] mark').innerText()).not.toBe(spoken))
      expect(await word(second)).toBe('Speaking')
    })
  })
})

interface Answer {
  readonly text: string
  readonly afterMs: number
}

/** Runs in the page before its own code: times the first words of an answer, and counts who asks for a microphone. */
const typedHello = `
(() => {
  const hello = { askedForMic: 0, answer: undefined }
  window.testHello = hello
  const { mediaDevices } = navigator
  const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices)
  mediaDevices.getUserMedia = (constraints) => (hello.askedForMic++, getUserMedia(constraints))
  let enteredMs = 0
  addEventListener('keydown', ({ key }) => { if (key === 'Enter') enteredMs = performance.now() }, true)
  hello.answer = new Promise((resolve) => {
    new MutationObserver(() => {
      const text = document.querySelector('[role=log] .agent p')?.textContent ?? ''
      if (text !== '') resolve({ text, afterMs: performance.now() - enteredMs })
    }).observe(document, { subtree: true, childList: true, characterData: true })
  })
})()`

const answer = 'window.testHello.answer'

const firstPaint = `new Promise((resolve) => new PerformanceObserver((list) => {
  for (const entry of list.getEntriesByName('first-contentful-paint')) resolve(entry.startTime)
}).observe({ type: 'paint', buffered: true }))`

function isOf<T extends SeenFrame['frame']['type']>(
  frame: SeenFrame['frame'],
  type: T,
): frame is Extract<SeenFrame['frame'], { type: T }> {
  return frame.type === type
}
