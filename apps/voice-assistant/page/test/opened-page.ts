import type { Browser, Page } from 'playwright-core'
import { expect, vi } from 'vitest'
import { usePage } from './built-page.ts'
import { closeContexts, startChromium } from './chromium.ts'
import type { StubAgent, StubOptions } from './stub-agent.ts'

/** The page, opened in Chromium beside a stub of the agent. */
export interface OpenedPage {
  agent: StubAgent
  page: Page
  /** Errors of the page, and requests that left its origin. */
  faults: string[]
}

/** How to open the page otherwise than in the Chromium with a microphone, under `localhost`. */
export interface OpenOptions extends StubOptions {
  browser?: Browser
  host?: string
}

/** Builds the page and starts a Chromium with a microphone for the tests of a `describe`; returns what opens the page. */
export function useOpenedPage(): (options?: OpenOptions) => Promise<OpenedPage> {
  const { serve, browser } = usePage(() => startChromium('given'), closeContexts)
  return async ({ browser: otherBrowser, host = 'localhost', ...options } = {}) => {
    const { agent, port } = await serve(options)
    const origin = `http://${host}:${port}/`
    const context = await (otherBrowser ?? browser()).newContext({ viewport: { width: 1280, height: 720 } })
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
}

/** The word that tells the state of the call. */
export function statusOf(page: Page): Promise<string | null> {
  return page.locator('[role=status]').first().textContent()
}

/** Waits until the state of the call reads so. */
export function reads(page: Page, expected: string): Promise<void> {
  return vi.waitFor(async () => expect(await statusOf(page)).toBe(expected), { timeout: 4000, interval: 20 })
}
