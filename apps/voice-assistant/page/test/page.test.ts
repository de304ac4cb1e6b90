import { describe, expect, test, vi } from 'vitest'
import { sentOf } from './built-page.ts'
import { chromiumPath, startChromium } from './chromium.ts'
import { reads, statusOf, useOpenedPage } from './opened-page.ts'

if (chromiumPath === undefined) console.warn('Skipped: the tests of the page in a browser need Chromium.')

describe.skipIf(chromiumPath === undefined)('the built page in Chromium', () => {
  const open = useOpenedPage()

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
    expect(await statusOf(page)).toBe('Listening')
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
      const { agent, page } = await open({ browser: bare })
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
      const { agent, page } = await open({ browser: strict })
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
