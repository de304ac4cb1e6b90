import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const here = join(import.meta.dirname, '..')
const sources = [join(here, 'page'), join(here, '../ui/src')]
const output = join(here, 'dist/page')

function newestMs(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newestMs(join(path, name))))
}

/** The folder of the built page; builds it when its sources are newer. */
export async function builtPage(): Promise<string> {
  const index = join(output, 'index.html')
  const stale = !existsSync(index) || sources.some((source) => newestMs(source) > statSync(index).mtimeMs)
  if (stale) {
    // Loaded only when there is something to build: it takes a while.
    const { build } = await import('vite')
    await build({ root: join(here, 'page'), configFile: join(here, 'vite.config.ts'), logLevel: 'warn' })
  }
  return output
}
