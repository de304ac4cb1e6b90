import type { Page } from 'playwright-core'
import { describe, expect, test, vi } from 'vitest'
import { sentOf, usePage } from './built-page.ts'
import { chromiumPath, closeContexts, startChromium } from './chromium.ts'
import type { StubAgent } from './stub-agent.ts'

if (chromiumPath === undefined) console.warn('Skipped: the tests of flows on the page need Chromium.')

const node = (id: string) => ({ id, final: id === 'end', automatic: false, parameterised: false, opaque: false })
const edge = (from: string, to: string, via: string) => ({ from, to, via, kind: 'function', global: false })
const graph = {
  id: 'pizza',
  version: '1',
  initial: 'start',
  nodes: [node('start'), node('size'), node('end')],
  edges: [edge('start', 'size', 'choose'), edge('size', 'end', 'finish'), edge('size', 'start', 'back')],
}
const address = { ...graph, id: 'address', initial: 'street', nodes: [node('street')], edges: [] }
const demos = {
  demos: [
    { id: 'assistant', title: 'Voice assistant', about: 'Luna', examples: [] },
    { id: 'pizza', title: 'Pizza', about: 'Order one', examples: ['I would like a pizza'], graph },
  ],
}

describe.skipIf(chromiumPath === undefined)('a page with flows in Chromium', () => {
  const { serve, browser } = usePage(() => startChromium('none'), closeContexts)

  async function open(search = '', width = 1280): Promise<{ agent: StubAgent; page: Page }> {
    const { agent, port } = await serve({ demos })
    const context = await browser().newContext({ viewport: { width, height: 800 }, reducedMotion: 'reduce' })
    context.setDefaultTimeout(10_000)
    const page = await context.newPage()
    await page.goto(`http://localhost:${port}/client/${search}`)
    await page.getByRole('radio').first().waitFor()
    return { agent, page }
  }

  async function talk(page: Page, agent: StubAgent): Promise<void> {
    await page.getByRole('textbox', { name: 'Type to the agent' }).fill('hello')
    await page.keyboard.press('Enter')
    await sentOf(agent, ({ type }) => type === 'send-text')
  }

  const tell = (agent: StubAgent, event: string, rest: object, flow = 'pizza'): void =>
    agent.say('server-message', { t: 'flow', flow, atMs: 1, event, ...rest })
  const move = (agent: StubAgent, from: string | null, to: string, name: string, flow?: string): void => {
    tell(agent, 'transition', { from, to, cause: { by: 'function', name } }, flow)
    tell(agent, 'enter', { node: to, visit: 1, functions: [], tookMs: 1 }, flow)
  }
  const stepIs = (page: Page, step: string, state: string): Promise<void> =>
    page.locator(`.flow-diagram [data-step="${step}"][data-state=${state}]`).waitFor()
  const announced = (page: Page): Promise<string> => page.locator('.flow-diagram [aria-live]').innerText()

  test('a demo is chosen before the call, in the list or by the address, and the server is told', async () => {
    const { agent, page } = await open()
    expect(await page.getByRole('radio', { checked: true }).getAttribute('value')).toBe('assistant')
    expect(await page.locator('.flow-diagram').count()).toBe(0)
    await page.getByRole('radio', { name: /Pizza/u }).check()
    await stepIs(page, 'start', 'open')
    expect(new URL(page.url()).searchParams.get('demo')).toBe('pizza')
    await page.getByRole('button', { name: 'I would like a pizza' }).click()
    await sentOf(agent, ({ type }) => type === 'send-text')
    expect(agent.started).toMatchObject([
      {
        transport: 'websocket',
        body: { greet: false, demo: 'pizza', conversationId: expect.stringMatching(/^\w{32}$/u) },
      },
    ])

    const direct = await open('?demo=pizza')
    expect(await direct.page.getByRole('radio', { checked: true }).getAttribute('value')).toBe('pizza')
    const unknown = await open('?demo=zz')
    expect(await unknown.page.getByRole('radio', { checked: true }).getAttribute('value')).toBe('assistant')
  })

  test('the diagram follows the conversation, its calls and what it knows', async () => {
    const { agent, page } = await open('?demo=pizza')
    await talk(page, agent)
    tell(agent, 'graph', { graph })
    move(agent, null, 'start', '')
    await stepIs(page, 'start', 'current')
    tell(agent, 'call.start', { node: 'start', function: 'choose', callId: 'c1' })
    await page.locator('[data-step=start] .running').waitFor()
    expect(await announced(page)).toBe('The conversation is at start. Running: choose.')
    tell(agent, 'call.end', { node: 'start', function: 'choose', callId: 'c1', end: 'transition', tookMs: 2 })
    tell(agent, 'state', { node: 'start', state: { order: { size: 'large' } } })
    move(agent, 'start', 'size', 'choose')
    await stepIs(page, 'size', 'current')
    await stepIs(page, 'start', 'visited')
    expect(await page.locator('.running').count()).toBe(0)
    expect(await page.locator('.way[data-gone]').count()).toBe(1)
    expect(await announced(page)).toBe('The conversation is at size.')
    const panel = page.getByRole('region', { name: 'Flow', exact: true })
    const text = (await panel.innerText()).replaceAll(/\s+/gu, ' ')
    for (const words of ['Now at size by choose', 'finish leads to end', 'back leads to start', 'order.size large']) {
      expect(text).toContain(words)
    }
  })

  test('a flow within the flow is drawn while it converses, and the other can be looked at', async () => {
    const { agent, page } = await open('?demo=pizza')
    await talk(page, agent)
    move(agent, null, 'start', '')
    tell(agent, 'graph', { graph: address }, 'address')
    move(agent, null, 'street', 'choose', 'address')
    await stepIs(page, 'street', 'current')
    await page.getByRole('button', { name: 'pizza', exact: true }).click()
    await stepIs(page, 'start', 'current')
    move(agent, 'start', 'size', 'choose')
    await stepIs(page, 'size', 'current')
  })

  test('steps are reached by keyboard, and say what leads on from them', async () => {
    const { page } = await open('?demo=pizza')
    await page.locator('[data-step=start]').focus()
    await page.keyboard.press('ArrowDown')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-step'))).toBe('size')
    await page.getByText('From size').waitFor()
    const text = await page.getByRole('group', { name: 'What leads on' }).innerText()
    expect(text).toContain('finish leads to end')
    expect(await page.locator('[data-step][tabindex="0"]').count()).toBe(1)
  })

  test('on a narrow page the flow is behind a tab', async () => {
    const { page } = await open('?demo=pizza', 390)
    const [panel, log] = [page.getByRole('region', { name: 'Flow', exact: true }), page.getByRole('log')]
    expect([await panel.isVisible(), await log.isVisible()]).toEqual([false, true])
    await page.getByRole('tab', { name: 'Conversation' }).press('ArrowRight')
    expect([await panel.isVisible(), await log.isVisible()]).toEqual([true, false])
    expect(await page.getByRole('tab', { name: 'Flow' }).getAttribute('aria-selected')).toBe('true')
  })

  test('on a narrow page the figures of the last reply stand in a line, and the conversation right below its tab', async () => {
    const { agent, page } = await open('?demo=pizza', 390)
    await talk(page, agent)
    agent.say('server-message', { type: 'pc/latency', turn: 1, stages: { turnEndMs: 200, llmMs: 100 }, totalMs: 300 })
    const [reply, spread] = [page.getByText('last reply'), page.getByText('p95')]
    await spread.waitFor()
    for (const figures of [reply, spread]) expect((await figures.boundingBox())?.height).toBeLessThan(24)
    const [tabs, aside] = [await page.getByRole('tablist').boundingBox(), await page.locator('aside').boundingBox()]
    expect(aside?.y).toBe((tabs?.y ?? 0) + (tabs?.height ?? 0))
  })

  test('a call that broke off goes on as the same conversation, a new one does not', async () => {
    const { agent, page } = await open('?demo=pizza')
    await talk(page, agent)
    agent.cut()
    await page.getByRole('button', { name: 'Start again' }).click()
    await vi.waitFor(() => expect(agent.started).toHaveLength(2), { timeout: 5000 })
    await page.getByRole('button', { name: 'End call' }).click()
    await page.getByRole('button', { name: 'Start again' }).click()
    await vi.waitFor(() => expect(agent.started).toHaveLength(3), { timeout: 5000 })
    const [first, second, third] = agent.started.map((body) => Object(Object(body).body).conversationId)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
    await page.getByRole('button', { name: 'End call' }).click()
    await page.getByRole('button', { name: 'Choose another' }).click()
    await page.getByRole('radio', { name: /Voice assistant/u }).check()
    expect(await page.locator('.flow-diagram').count()).toBe(0)
  })
})
