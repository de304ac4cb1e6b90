import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { HttpProblem } from './json-response.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.mp3': 'audio/mpeg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.wav': 'audio/wav',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

/**
 * Serves a file of a folder. A path without an ending that is no file gets `index.html`, for pages that route by
 * themselves.
 *
 * @param path - still percent-encoded, relative to the folder.
 * @throws HttpProblem 400 for a malformed path or one with `..`, 404 for everything that is not in the folder, 405.
 */
export async function serveFile(
  folder: string,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw new HttpProblem(405, 'Files can only be read.')
  const file = await findFile(folder, decode(path))
  const { size } = await stat(file)
  response.writeHead(200, {
    'content-type': TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream',
    'content-length': size,
    // Bundlers put a hash into the names of assets; everything else may change at any time.
    'cache-control': /[\\/]assets[\\/]/.test(file) ? 'public, max-age=31536000, immutable' : 'no-cache',
    'x-content-type-options': 'nosniff',
  })
  if (request.method === 'HEAD') response.end()
  else await pipeline(createReadStream(file), response)
}

function decode(path: string): string {
  try {
    const decoded = decodeURIComponent(path)
    if (!decoded.includes('\0') && !decoded.split(/[\\/]/).includes('..')) return decoded
  } catch {
    // Answered below.
  }
  throw new HttpProblem(400, 'The path must be well-formed, without dots that lead upwards.')
}

async function findFile(folder: string, path: string): Promise<string> {
  const root = await realpath(folder).catch(() => undefined)
  if (root === undefined)
    throw new HttpProblem(404, 'The folder of the client page does not exist; build the page first.')
  const candidates = [
    join(root, path),
    ...(extname(path) === '' ? [join(root, path, 'index.html'), join(root, 'index.html')] : []),
  ]
  for (const candidate of candidates) {
    // Links are followed before the check, so that none leads outside.
    const file = await realpath(candidate).catch(() => undefined)
    if (file === undefined || !file.startsWith(root + sep)) continue
    if ((await stat(file)).isFile()) return file
  }
  throw new HttpProblem(404, `There is no file ${path} here.`)
}
