import { readFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { extname, join, normalize } from 'node:path'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/** Serves a folder under a path, as the runner does with the built page. */
export function serveFolder(folder: string, path: string): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const rest = url.pathname.startsWith(path) ? url.pathname.slice(path.length) : undefined
    const file = rest === undefined ? undefined : join(folder, normalize(`/${rest === '' ? 'index.html' : rest}`))
    const answer = async (): Promise<void> => {
      if (file === undefined) throw new Error('elsewhere')
      const body = await readFile(file)
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(body)
    }
    answer().catch(() => response.writeHead(404).end())
  }
}
