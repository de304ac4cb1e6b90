import { describe, expect, test, vi } from 'vitest'
import { playedMs, sentOf } from './built-page.ts'
import { chromiumPath } from './chromium.ts'
import { reads, useOpenedPage } from './opened-page.ts'

if (chromiumPath === undefined) console.warn('Skipped: the tests of the page that measure time need Chromium.')

describe.skipIf(chromiumPath === undefined)('the built page in Chromium, in time', () => {
  const open = useOpenedPage()

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

  test('over plain http from another host the page says why there is no microphone, and text still works', async () => {
    const { agent, page, faults } = await open({ host: 'pc.test' })
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
})
