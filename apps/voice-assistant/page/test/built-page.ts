import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { build } from 'vite'
import { serveFolder } from './static-files.ts'
import { createStubAgent } from './stub-agent.ts'
import type { Sent, StubAgent, StubOptions } from './stub-agent.ts'

/** The page as it is shipped, in a folder of its own. */
export interface BuiltPage {
  /** Serves the page under `/client/` beside a stub of the agent; returns both and the port. */
  serve(options: StubOptions): Promise<{ agent: StubAgent; port: number }>
  /** Closes what was served since the last call. */
  closeServers(): void
  remove(): Promise<void>
}

/** Builds the page into a temporary folder. */
export async function buildPage(): Promise<BuiltPage> {
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
