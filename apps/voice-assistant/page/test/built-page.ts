import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, vi } from 'vitest'
import { build } from 'vite'
import { serveFolder } from './static-files.ts'
import { createStubAgent } from './stub-agent.ts'
import type { Sent, StubAgent, StubOptions } from './stub-agent.ts'

/** The page as it is shipped, in a folder of its own. */
interface BuiltPage {
  /** Serves the page under `/client/` beside a stub of the agent; returns both and the port. */
  serve(options: StubOptions): Promise<{ agent: StubAgent; port: number }>
  /** Closes what was served since the last call. */
  closeServers(): void
  remove(): Promise<void>
}

/** What the tests of the page in one browser share. */
export interface PageTests<B> {
  readonly serve: BuiltPage['serve']
  /** There once the tests run. */
  browser(): B
}

/**
 * Builds the page and starts a browser once for the tests of the `describe` around it. After each test `tidy` puts the
 * browser in order, and what was served is closed.
 */
export function usePage<B extends { close(): Promise<void> }>(
  start: () => Promise<B>,
  tidy?: (browser: B) => Promise<void>,
): PageTests<B> {
  let built: BuiltPage | undefined
  let browser: B | undefined
  const ready = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('The page and its browser are there once the tests run.')
    return part
  }

  beforeAll(async () => {
    built = await buildPage()
    browser = await start()
  }, 60_000)

  afterEach(async () => {
    await tidy?.(ready(browser))
    ready(built).closeServers()
  })

  afterAll(async () => {
    await browser?.close()
    await built?.remove()
  })

  return { serve: (options) => ready(built).serve(options), browser: () => ready(browser) }
}

/** Builds the page into a temporary folder. */
async function buildPage(): Promise<BuiltPage> {
  const folder = await mkdtemp(join(tmpdir(), 'pc-page-'))
  await build({
    configFile: fileURLToPath(new URL('../../vite.config.ts', import.meta.url)),
    build: { outDir: folder },
    logLevel: 'error',
  })
  const agents: StubAgent[] = []
  return {
    serve: async (options) => {
      const agent = createStubAgent({ ...options, serve: serveFolder(folder, '/client/') })
      agents.push(agent)
      agent.server.listen(0, '127.0.0.1')
      await once(agent.server, 'listening')
      const address = agent.server.address()
      return { agent, port: typeof address === 'object' && address !== null ? address.port : 0 }
    },
    closeServers: () => {
      for (const agent of agents.splice(0)) {
        agent.cut()
        agent.server.closeAllConnections()
        agent.server.close()
      }
    },
    remove: () => rm(folder, { recursive: true }),
  }
}

/** Waits for a message of the page that fits. */
export function sentOf(agent: StubAgent, fits: (sent: Sent) => boolean): Promise<Sent> {
  return vi.waitFor(
    () => {
      const found = agent.sent.find(fits)
      if (found === undefined) throw new Error(`No such message among ${JSON.stringify(agent.sent)}`)
      return found
    },
    { timeout: 6000, interval: 10 },
  )
}

/** Waits for a playout report on an utterance and returns the position in it. */
export async function playedMs(agent: StubAgent, contextId: string, flushed: boolean): Promise<unknown> {
  const report = await sentOf(agent, ({ data }) => {
    const d = Object(data['d'])
    return data['t'] === 'pc/playout' && d.contextId === contextId && d.flushed === flushed
  })
  return Object(report.data['d']).playedMs
}
