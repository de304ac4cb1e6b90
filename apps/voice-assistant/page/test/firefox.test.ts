import { describe, expect, test, vi } from 'vitest'
import { playedMs, sentOf, usePage } from './built-page.ts'
import { firefoxPath, startFirefox } from './firefox.ts'

if (firefoxPath === undefined) console.warn('Skipped: the tests of the page in Firefox need Firefox.')

const enter = '\uE007'

describe.skipIf(firefoxPath === undefined)('the built page in Firefox', () => {
  const { serve, browser } = usePage(startFirefox)

  const reads = (word: string): Promise<void> =>
    vi.waitFor(
      async () => expect(await browser().evaluate(`document.querySelector('[role=status]')?.textContent`)).toBe(word),
      { timeout: 6000, interval: 50 },
    )

  test('typing connects, the voice is played to its end and a flush cuts it', async () => {
    const { agent, port } = await serve({ onText: (stub) => stub.tone('c1', 400) })
    const page = browser()
    await page.open(`http://localhost:${port}/client/`)
    await page.evaluate(`document.querySelector('.composer input').focus()`)
    await page.type(['h', 'e', 'l', 'l', 'o', enter])
    await sentOf(agent, (sent) => sent.type === 'send-text')
    expect(await playedMs(agent, 'c1', false)).toBe(400)
    agent.tone('c2', 5000)
    agent.say('bot-started-speaking')
    await reads('Speaking')
    agent.say('server-message', { type: 'pc/flush' })
    const cutMs = await playedMs(agent, 'c2', true)
    expect(cutMs).toBeGreaterThan(0)
    expect(cutMs).toBeLessThan(2500)
  })

  test('the microphone is sent at 16 kHz though Firefox runs it at its own rate', async () => {
    const { agent, port } = await serve({})
    const page = browser()
    await page.open(`http://localhost:${port}/client/`)
    await page.evaluate(`document.querySelector('.button.large').focus()`)
    await page.type([enter])
    await reads('Listening')
    const before = agent.micBytes()
    const from = performance.now()
    await vi.waitFor(() => expect(agent.micBytes() - before).toBeGreaterThan(48_000), { timeout: 6000 })
    const samplesPerSec = (agent.micBytes() - before) / 2 / ((performance.now() - from) / 1000)
    expect(samplesPerSec).toBeGreaterThan(12_000)
    expect(samplesPerSec).toBeLessThan(20_000)
  })
})
