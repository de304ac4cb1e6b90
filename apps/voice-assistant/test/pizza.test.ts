import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FlowManager } from '@pc/flows'
import type { FlowDemo } from '@pc/flows-demo'
import { demo as foodOrdering } from '@pc/flows-food-ordering'
import { type RunningServer, serveBot } from '@pc/runner'
import { findRecognizer } from '@pc/services-local'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { chromiumPath, startChromium } from '../page/test/chromium.ts'
import { writeDemoList } from '../src/demo-list.ts'
import { demoBot } from '../src/demos.ts'
import { builtPage } from '../src/page.ts'
import { warmUp } from '../src/services.ts'
import { writeMicrophoneFile } from './microphone-file.ts'
import { copyPageWithRecorder } from './page-recorder.ts'
import { watchBot } from './watched-bot.ts'

const missing = [
  ...(chromiumPath === undefined ? ['Chromium'] : []),
  ...((await findRecognizer()) === undefined ? ['pocketsphinx'] : []),
]
if (missing.length > 0) console.warn(`Skipped: ordering a pizza by voice needs ${missing.join(' and ')}.`)

/** Words that pocketsphinx hears well. What it misses is asked again, and said again. */
const answers = [{ say: 'A large one' }, { silenceSecs: 4.5 }, { say: 'Mushrooms' }, { silenceSecs: 4.5 }]
const confirmed = [{ say: 'Yes, that is right' }, { silenceSecs: 9 }]
const caller = [
  { silenceSecs: 4.5 },
  { say: 'I would like a pizza' },
  { silenceSecs: 4.5 },
  ...answers,
  ...confirmed,
  ...answers,
  ...confirmed,
]

describe.skipIf(missing.length > 0)('ordering a pizza by voice, without keys', () => {
  let folder: string
  let server: RunningServer
  let browser: Browser
  let page: Page
  const managers: FlowManager[] = []

  /** The demo itself, with a hand on its managers. */
  const demo: FlowDemo = {
    ...foodOrdering,
    flow: undefined,
    team: {
      flows: foodOrdering.flow === undefined ? [] : [foodOrdering.flow],
      manage: (options) => {
        const manager = new FlowManager({ ...options, flow: foodOrdering.flow })
        managers.push(manager)
        return manager
      },
    },
  }
  const watched = watchBot(demoBot({ flows: [demo] }))

  beforeAll(async () => {
    for (const name of ['OPENAI_API_KEY', 'DEEPGRAM_API_KEY']) vi.stubEnv(name, undefined)
    folder = await mkdtemp(join(tmpdir(), 'pc-pizza-'))
    const client = join(folder, 'page')
    const wavFile = join(folder, 'caller.wav')
    await copyPageWithRecorder(await builtPage(), client)
    await writeDemoList(client, [demo])
    await writeMicrophoneFile(wavFile, caller)
    await warmUp(process.env)
    server = await serveBot(watched.bot, { client, port: 0, rtvi: { observer: { functionCalls: { '*': 'full' } } } })
    browser = await startChromium({ wavFile })
    page = await (await browser.newContext({ viewport: { width: 1280, height: 720 } })).newPage()
  }, 60_000)

  afterAll(async () => {
    await browser.close()
    await server.close({ drainSecs: 0 })
    vi.unstubAllEnvs()
    await rm(folder, { recursive: true })
  })

  const eventually = <T>(look: () => T | Promise<T>, secs = 15): Promise<T> =>
    vi.waitFor(look, { timeout: secs * 1000, interval: 50 })
  const current = (): Promise<string | null> =>
    page.locator('.flow-diagram [data-state=current]').getAttribute('data-step')

  test('the page offers the demo, and the agent greets at its first step', { timeout: 30_000 }, async () => {
    await page.goto(`${server.url}/client/`)
    await page.getByRole('radio', { name: /^Food ordering/u }).check()
    expect(new URL(page.url()).searchParams.get('demo')).toBe('food-ordering')
    await page.getByRole('button', { name: 'Start the call' }).click()
    await eventually(async () => expect(await current()).toBe('start'))
  })

  test('what is said leads to a confirmed order', { timeout: 60_000 }, async () => {
    await eventually(() => expect(managers[0]?.state['confirmed']).toBe(true), 55)
    expect(managers).toHaveLength(1)
    expect(managers[0]?.state).toMatchObject({
      order: { kind: 'pizza', size: 'large', topping: 'mushrooms', price: 20 },
      confirmed: true,
    })
    const heard = watched.sessions[0]?.seen.flatMap(({ frame }) =>
      frame.type === 'TranscriptionFrame' ? [frame.text] : [],
    )
    expect(heard?.join('\n')).toContain('pizza')
  })

  test('the diagram stands at the end, and the transcript shows the order', { timeout: 30_000 }, async () => {
    await eventually(async () => expect(await current()).toBe('end'))
    const visited = await page.locator('.flow-diagram [data-state=visited]').all()
    const ids = await Promise.all(visited.map((each) => each.getAttribute('data-step')))
    expect(new Set(ids)).toEqual(new Set(['start', 'pizza_size', 'toppings', 'confirm']))
    const knows = await page.getByRole('region', { name: 'What the flow knows' }).innerText()
    expect(knows.replaceAll(/\s+/gu, ' ')).toContain('order.size large order.price 20 order.topping mushrooms')
    const transcript = (await page.getByRole('log').innerText()).toLowerCase()
    for (const words of ['large', 'mushrooms', 'complete_order', '20 dollars']) expect(transcript).toContain(words)
  })

  test('the call ends with the flow', { timeout: 50_000 }, async () => {
    await eventually(async () => expect(await page.locator('[role=status]').first().textContent()).toBe('Ended'), 40)
    expect(await page.getByText('The agent ended the call').isVisible()).toBe(true)
    await eventually(() => expect(server.sessions).toEqual([]))
  })
})
