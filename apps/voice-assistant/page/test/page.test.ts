import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { buildPage, playedMs, sentOf } from './built-page.ts'
import type { BuiltPage } from './built-page.ts'
import { chromiumPath, startChromium } from './chromium.ts'
import type { StubAgent, StubOptions } from './stub-agent.ts'

if (chromiumPath === undefined) console.warn('Skipped: the tests of the page in a browser need Chromium.')

describe.skipIf(chromiumPath === undefined)('the built page in Chromium', () => {
  let built: BuiltPage
  let browser: Browser

  beforeAll(async () => {
    built = await buildPage()
    browser = await startChromium('given')
  }, 60_000)

  afterEach(async () => {
    for (const context of browser.contexts()) await context.close()
    built.closeServers()
  })

  afterAll(async () => {
    await browser.close()
    await built.remove()
  })

  interface Opened {
    agent: StubAgent
    page: Page
    /** Errors of the page, and requests that left its origin. */
    faults: string[]
  }

  async function open(options: StubOptions = {}, browserWith = browser, host = 'localhost'): Promise<Opened> {
    const { agent, port } = await built.serve(options)
    const origin = `http://${host}:${port}/`
    const context = await browserWith.newContext({ viewport: { width: 1280, height: 720 } })
    context.setDefaultTimeout(10_000)
    const page = await context.newPage()
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith(origin)) faults.push(`asked for ${request.url()}`)
    })
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text())
    })
    await page.goto(`${origin}client/`)
    return { agent, page, faults }
  }

  const word = (page: Page): Promise<string | null> => page.locator('[role=status]').first().textContent()

  const reads = (page: Page, expected: string): Promise<void> =>
    vi.waitFor(async () => expect(await word(page)).toBe(expected), { timeout: 4000, interval: 20 })

  test('paints within a second and asks nothing but its own origin', async () => {
    const { page, faults } = await open()
    const paintMs = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          new PerformanceObserver((list) => {
            const paint = list.getEntriesByName('first-contentful-paint')[0]
            if (paint !== undefined) resolve(paint.startTime)
          }).observe({ type: 'paint', buffered: true })
        }),
    )
    expect(paintMs).toBeLessThan(1000)
    expect(await page.getByRole('button', { name: 'Start the call' }).isVisible()).toBe(true)
    expect(faults).toEqual([])
  })

  test('a typed hello connects by itself, without a microphone, and is answered', async () => {
    const { agent, page, faults } = await open({
      onText: (stub) => {
        stub.say('bot-llm-started')
        stub.say('bot-output', {
          text: 'Hello to you.',
          segment_id: 1,
          will_be_spoken: true,
          aggregated_by: 'sentence',
          spoken_status: 'new',
          spoken_progress: { accumulated_text: '', remaining_text: 'Hello to you.' },
        })
        stub.say('bot-started-speaking')
        stub.tone('c1', 300)
      },
    })
    const startedAt = performance.now()
    await page.getByRole('textbox', { name: 'Type to the agent' }).fill('hello')
    await page.keyboard.press('Enter')
    await page.getByText('Hello to you.').waitFor()
    const tookMs = performance.now() - startedAt
    expect(tookMs).toBeLessThan(1500)
    expect(agent.sent.map((each) => each.type)).toEqual(expect.arrayContaining(['client-ready', 'send-text']))
    expect(agent.sent.find((each) => each.data['t'] === 'pc/playout')?.data['d']).toEqual({ enabled: true })
    expect(agent.micBytes()).toBe(0)
    expect(await playedMs(agent, 'c1', false)).toBe(300)
    expect(faults).toEqual([])
  })

  test('a flush silences the player and reports to the millisecond what was played', async () => {
    const { agent, page } = await open({
      onReady: (stub) => {
        stub.tone('long', 3000)
        stub.tone('queued', 500)
        stub.say('bot-started-speaking')
      },
    })
    await page.getByRole('button', { name: 'Start the call' }).click()
    await reads(page, 'Speaking')
    agent.say('server-message', { type: 'pc/flush' })
    const cutMs = await playedMs(agent, 'long', true)
    expect(cutMs).toBeGreaterThan(0)
    expect(cutMs).toBeLessThan(1500)
    expect(await playedMs(agent, 'queued', true)).toBe(0)
    // A late chunk of a flushed utterance is not played; the next utterance is, to its end.
    agent.tone('long', 200)
    agent.tone('after', 200)
    expect(await playedMs(agent, 'after', false)).toBe(200)
    expect(
      agent.sent.some(({ data }) => Object(data['d']).contextId === 'long' && Object(data['d']).flushed === false),
    ).toBe(false)
  })

  test('the microphone is sent at 16 kHz and muting turns it into silence', async () => {
    const { agent, page, faults } = await open()
    await page.getByRole('button', { name: 'Start the call' }).click()
    await reads(page, 'Listening')
    const before = agent.micBytes()
    const from = performance.now()
    await vi.waitFor(() => expect(agent.micBytes() - before).toBeGreaterThan(32_000), { timeout: 5000 })
    const secs = (performance.now() - from) / 1000
    expect((agent.micBytes() - before) / secs / 2).toBeGreaterThan(12_000)
    expect((agent.micBytes() - before) / secs / 2).toBeLessThan(20_000)
    await page.getByRole('button', { name: 'Mute microphone' }).click()
    await reads(page, 'Muted')
    await page.getByRole('button', { name: 'Unmute microphone' }).click()
    await reads(page, 'Listening')
    expect(faults).toEqual([])
  })

  test('the words a cut reply was not heard to say are struck through', async () => {
    const { agent, page } = await open()
    await page.getByRole('button', { name: 'Start the call' }).click()
    await reads(page, 'Listening')
    const text = 'One two three four five.'
    const output = (status: string, accumulated: string): void =>
      agent.say('bot-output', {
        text,
        segment_id: 7,
        will_be_spoken: true,
        aggregated_by: 'sentence',
        spoken_status: status,
        spoken_progress: { accumulated_text: accumulated, remaining_text: text.slice(accumulated.length) },
      })
    agent.say('bot-started-speaking')
    output('new', '')
    output('in-progress', 'One two')
    await page.locator('mark', { hasText: 'two' }).waitFor()
    agent.say('server-message', { type: 'pc/flush' })
    agent.say('server-message', {
      type: 'pc/heard',
      contextId: 'c',
      segments: [{ segmentId: 7, heard: 'One two three', unheard: 'four five.' }],
    })
    await page.locator('s', { hasText: /^four five\.$/u }).waitFor()
    expect(await page.getByText('You cut in.').isVisible()).toBe(true)
  })

  test('says in plain words that the server broke off, and starts again', async () => {
    const { agent, page } = await open()
    await page.getByRole('button', { name: 'Start the call' }).click()
    await reads(page, 'Listening')
    agent.cut()
    await reads(page, 'Failed')
    expect(await page.getByRole('alert').textContent()).toContain('The connection to the server broke off.')
    await page.getByRole('button', { name: 'Start again' }).click()
    await reads(page, 'Listening')
  })

  test('an orderly close by the server is the end of the call, not a fault', async () => {
    const { agent, page } = await open()
    await page.getByRole('button', { name: 'Start the call' }).click()
    await reads(page, 'Listening')
    agent.close(1000)
    await reads(page, 'Ended')
    expect(await page.getByText('The agent ended the call').isVisible()).toBe(true)
  })

  test('a refusal of /start is shown with the reason the server gave', async () => {
    const { page } = await open({ start: { status: 400, body: { detail: 'The websocket transport is switched off' } } })
    await page.getByRole('textbox', { name: 'Type to the agent' }).fill('hello')
    await page.keyboard.press('Enter')
    await reads(page, 'Failed')
    expect(await page.getByRole('alert').textContent()).toContain('The websocket transport is switched off.')
    expect(await page.getByText('hello', { exact: true }).isVisible()).toBe(true)
  })

  test('a provider that refuses the key is named as such', async () => {
    const { agent, page } = await open()
    await page.getByRole('button', { name: 'Start the call' }).click()
    await reads(page, 'Listening')
    const error = 'OpenAI refused the request.'
    agent.say('error', { error, message: error, fatal: false, kind: 'auth', service: 'OpenAILLMService#1' })
    await page.getByText('The provider refused the key.').waitFor()
    expect(await page.getByText('OPENAI_API_KEY').isVisible()).toBe(true)
    expect(await word(page)).toBe('Listening')
  })

  test('ending the call closes the connection and the microphone', async () => {
    const { agent, page } = await open()
    await page.getByRole('button', { name: 'Start the call' }).click()
    await reads(page, 'Listening')
    await page.getByRole('button', { name: 'End call' }).click()
    await reads(page, 'Ended')
    const bytes = agent.micBytes()
    await page.getByRole('button', { name: 'Start again' }).click()
    await reads(page, 'Listening')
    await vi.waitFor(() => expect(agent.micBytes()).toBeGreaterThan(bytes), { timeout: 4000 })
  })

  test('without a microphone the call goes on in writing', async () => {
    const bare = await startChromium('none')
    try {
      const { agent, page } = await open({}, bare)
      await page.getByRole('button', { name: 'Start the call' }).click()
      await page.getByText(/has no microphone|keeps the microphone/u).waitFor()
      await page.getByRole('textbox', { name: 'Type to the agent' }).fill('hello')
      await page.keyboard.press('Enter')
      await sentOf(agent, (sent) => sent.type === 'send-text')
    } finally {
      await bare.close()
    }
  })

  test('a denied microphone is said in plain words, and the call goes on in writing', async () => {
    const strict = await startChromium('denied')
    try {
      const { agent, page } = await open({}, strict)
      await page.getByRole('button', { name: 'Start the call' }).click()
      await page.getByText('The browser keeps the microphone from this page.').waitFor()
      await reads(page, 'Ready')
      await page.getByRole('textbox', { name: 'Type to the agent' }).fill('hello')
      await page.keyboard.press('Enter')
      await sentOf(agent, (sent) => sent.type === 'send-text')
    } finally {
      await strict.close()
    }
  })

  test('over plain http from another host the page says why there is no microphone, and text still works', async () => {
    const { agent, page, faults } = await open({}, browser, 'pc.test')
    await page.getByText('No microphone over plain http from another computer.').waitFor()
    expect(await page.getByText('pnpm dev --https').isVisible()).toBe(true)
    await page.getByRole('textbox', { name: 'Type to the agent' }).fill('hello')
    await page.keyboard.press('Enter')
    await sentOf(agent, (sent) => sent.type === 'send-text')
    agent.tone('c1', 200)
    expect(await playedMs(agent, 'c1', false)).toBe(200)
    agent.tone('c2', 5000)
    agent.say('bot-started-speaking')
    await reads(page, 'Speaking')
    agent.say('server-message', { type: 'pc/flush' })
    expect(await playedMs(agent, 'c2', true)).toBeLessThan(2500)
    expect(faults).toEqual([])
  })

  test('engines, keys and the delay of a reply are shown as the server tells them', async () => {
    const { agent, page } = await open()
    await page.getByRole('button', { name: 'Start the call' }).click()
    await reads(page, 'Listening')
    agent.say('server-message', {
      type: 'pc/session',
      engines: [
        { stage: 'vad', name: 'Silero' },
        { stage: 'llm', name: 'Rules', note: 'a fixed set' },
      ],
      keys: [{ env: 'OPENAI_API_KEY', set: false, changes: 'a real model' }],
      notices: [{ kind: 'no-recognizer', text: 'No recogniser here. Type instead.' }],
    })
    await page.getByText('a real model').first().waitFor()
    await reads(page, 'Ready')
    agent.say('user-started-speaking')
    await reads(page, 'Listening')
    agent.say('user-stopped-speaking')
    await reads(page, 'Ready')
    agent.tone('c1', 300)
    agent.say('server-message', { type: 'pc/latency', turn: 1, stages: { turnEndMs: 200, llmMs: 100 }, totalMs: 300 })
    // The gap is drawn when the first sample was heard.
    const floor = page.getByRole('img', { name: /The agent answered after \d+ milliseconds\./u })
    const answeredMs = Number(/after (\d+) milli/u.exec((await floor.getAttribute('aria-label')) ?? '')?.[1])
    // A playback of no length has no part in the bar.
    const bar = page.getByRole('img', { name: /^Turn end 200, Model 100(, Playback \d+)? milliseconds$/u })
    const playbackMs = Number(/Playback (\d+)/u.exec((await bar.getAttribute('aria-label')) ?? '')?.[1] ?? 0)
    expect(Math.abs(answeredMs - (300 + playbackMs))).toBeLessThanOrEqual(1)
  })

  test('everything can be reached and done by keyboard', async () => {
    const { page } = await open()
    const names: string[] = []
    for (let step = 0; step < 12; step++) {
      await page.keyboard.press('Tab')
      names.push(
        await page.evaluate(() => {
          const element = document.activeElement
          return element?.getAttribute('aria-label') ?? element?.textContent ?? ''
        }),
      )
    }
    expect(names).toEqual(
      expect.arrayContaining(['Switch to dark', 'Start the call', 'Transcript', 'Type hello for me']),
    )
    await page.getByRole('button', { name: 'Start the call' }).press('Enter')
    await reads(page, 'Listening')
  })
})
