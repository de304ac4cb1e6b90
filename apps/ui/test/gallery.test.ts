import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { build, preview } from 'vite'
import type { PreviewServer } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
if (chromiumPath === undefined) console.warn('Skipped: the checks of the gallery need Chromium.')

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const assistant = fileURLToPath(new URL('../../voice-assistant', import.meta.url))
const states = [
  'ready',
  'insecure',
  'connecting',
  'listening',
  'hearing',
  'thinking',
  'tool',
  'speaking',
  'cut',
  'muted',
  'typed',
  'mic-denied',
  'no-recognizer',
  'server-gone',
  'key-refused',
  'ended',
  'choosing',
  'choosing-flow',
  'flow',
  'flow&tab=flow',
  'flow-call&tab=flow',
  'flow-inner&tab=flow',
  'flow-ended',
]

interface Violation {
  id: string
  targets: string[]
}

describe.skipIf(chromiumPath === undefined)('the gallery', () => {
  let folder: string
  let server: PreviewServer
  let browser: Browser

  // Built, for it is loaded some sixty times: the dev server answers each with hundreds of files.
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-gallery-'))
    const config = { configFile: join(assistant, 'vite.config.ts'), logLevel: 'error' } as const
    const input = join(assistant, 'page/gallery.html')
    await build({ ...config, build: { outDir: folder, rolldownOptions: { input } } })
    server = await preview({ ...config, build: { outDir: folder }, preview: { port: 0, host: '127.0.0.1' } })
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] })
  }, 60_000)

  afterAll(async () => {
    await browser.close()
    await server.close()
    await rm(folder, { recursive: true })
  })

  async function withPage(
    options: BrowserContextOptions,
    use: (page: Page, address: string) => Promise<void>,
  ): Promise<void> {
    // The page's policy would keep out the styles that a test adds.
    const context = await browser.newContext({ ...options, bypassCSP: true })
    try {
      await use(await context.newPage(), `${server.resolvedUrls?.local[0] ?? ''}gallery.html`)
    } finally {
      await context.close()
    }
  }

  async function violations(page: Page): Promise<Violation[]> {
    await page.evaluate(axe)
    return page.evaluate(async () => {
      const run: unknown = Reflect.get(Reflect.get(globalThis, 'axe'), 'run')
      if (typeof run !== 'function') throw new Error('axe did not load')
      const result = await run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      return result.violations.map((each: { id: string; nodes: { target: string[] }[] }) => ({
        id: each.id,
        targets: each.nodes.flatMap((node) => node.target),
      }))
    })
  }

  test('axe finds nothing in any part or state, light and dark', async () => {
    await withPage({ viewport: { width: 1280, height: 720 }, reducedMotion: 'reduce' }, async (page, address) => {
      for (const state of ['parts', ...states]) {
        await page.goto(`${address}?state=${state}&theme=light`)
        await page.locator('#root > *').first().waitFor()
        expect(await violations(page), state).toEqual([])
        await page.evaluate(() => (document.documentElement.dataset['theme'] = 'dark'))
        expect(await violations(page), `${state}, dark`).toEqual([])
      }
    })
  }, 120_000)

  test('every state fits 1280 x 720 and 390 x 844 without scrolling', async () => {
    const sizes = [
      { width: 1280, height: 720 },
      { width: 390, height: 844 },
    ]
    await withPage({}, async (page, address) => {
      for (const state of states) {
        await page.goto(`${address}?state=${state}`)
        for (const size of sizes) {
          await page.setViewportSize(size)
          await page.locator('.page').waitFor()
          const { over, hidden } = await page.evaluate(() => ({
            over: [
              document.documentElement.scrollWidth - innerWidth,
              document.documentElement.scrollHeight - innerHeight,
            ],
            hidden: [...document.querySelectorAll('button, input')]
              .filter((each) => !each.closest('.transcript') && each.getClientRects().length > 0)
              .filter((each) => {
                const box = each.getBoundingClientRect()
                return box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1 || box.top < -1
              })
              .map((each) => each.getAttribute('aria-label') ?? each.textContent),
          }))
          expect({ state, size, over, hidden }).toEqual({ state, size, over: [0, 0], hidden: [] })
        }
      }
    })
  }, 60_000)

  test('the panel of engines opens within the page and closes with Escape', async () => {
    for (const viewport of [
      { width: 1280, height: 720 },
      { width: 390, height: 844 },
    ]) {
      await withPage({ viewport }, async (page, address) => {
        await page.goto(`${address}?state=listening`)
        await page.locator('summary').click()
        const panel = page.getByRole('group', { name: 'Engines and keys' })
        const box = await panel.boundingBox()
        expect(box === null ? Infinity : box.y + box.height).toBeLessThanOrEqual(viewport.height)
        await page.keyboard.press('Escape')
        await panel.waitFor({ state: 'hidden' })
      })
    }
  })

  test('text of twice the size keeps every control on the page and usable', async () => {
    await withPage({ viewport: { width: 1280, height: 720 } }, async (page, address) => {
      for (const state of ['ready', 'listening', 'server-gone']) {
        await page.goto(`${address}?state=${state}`)
        await page.locator('.page').waitFor()
        await page.addStyleTag({ content: 'html { font-size: 200% }' })
        for (const control of await page.locator('.controls :is(button, input):enabled, .connect button').all()) {
          await control.click({ trial: true, timeout: 1000 })
        }
      }
    })
  }, 60_000)

  test('forced colours keep a border around every button', async () => {
    await withPage({ viewport: { width: 1280, height: 720 }, forcedColors: 'active' }, async (page, address) => {
      await page.goto(`${address}?state=parts`)
      await page.locator('.parts').waitFor()
      const bare = await page.evaluate(
        () =>
          [...document.querySelectorAll('.button')].filter((each) => getComputedStyle(each).borderTopWidth === '0px')
            .length,
      )
      expect(bare).toBe(0)
    })
  })
})
