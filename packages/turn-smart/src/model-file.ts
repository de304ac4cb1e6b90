import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { kindOfStatus, PcError, SystemClock } from '@pc/core'
import type { Clock } from '@pc/core'
import { reasonOf, smartTurnError } from './smart-turn-error.ts'

/** Where Smart Turn v3.2, quantised to 8 bits (8.7 MB), is published; the address names one version for good. */
export const DEFAULT_MODEL_URL =
  'https://huggingface.co/pipecat-ai/smart-turn-v3/resolve/f766f81d3cfdf7737ac64aad813d91bbfd56bf93/smart-turn-v3.2-cpu.onnx'

/** The SHA-256 of the file at {@link DEFAULT_MODEL_URL}. */
export const DEFAULT_MODEL_SHA256 = '2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f'

/** A download that brings nothing for so long has failed, milliseconds. */
const STALLED_MS = 30_000

/** How far a download is. */
export interface DownloadProgress {
  readonly loadedBytes: number
  /** As the server said; `undefined` when it did not. */
  readonly totalBytes: number | undefined
}

/** Where the model comes from. */
export interface ModelFileOptions {
  /** Where to fetch it. Default {@link DEFAULT_MODEL_URL}. */
  readonly modelUrl?: string
  /** Its SHA-256 in hexadecimal. Default {@link DEFAULT_MODEL_SHA256}: a mirror serves the same file. */
  readonly modelSha256?: string
  /** The folder it is kept in. Default `pc/turn-smart` in `$XDG_CACHE_HOME`, else in `~/.cache`. */
  readonly cacheDir?: string
  /** Called with each piece that arrives. */
  readonly onDownload?: (progress: DownloadProgress) => void
}

/** What {@link downloadSmartTurnModel} takes. */
export interface DownloadOptions extends ModelFileOptions {
  /** Default: the platform's. */
  readonly fetch?: typeof globalThis.fetch
  /** Notices a download that stalls for 30 s. Default: real time. */
  readonly clock?: Pick<Clock, 'setTimeout'>
}

/** Files that are in place or on their way, by path. */
const files = new Map<string, Promise<string>>()

/**
 * Makes sure that the model is in the cache folder and returns its path. It is fetched if it is not there or is not
 * what it should be, and put into its place only whole and with the right checksum. Calls for one file share the work,
 * and its progress is told to the first of them. Use it when an image is built or a server starts, so that no
 * conversation waits for a download.
 *
 * @throws PcError `download-failed` when the file cannot be fetched, `model-checksum` when another file arrives,
 * `cache-unwritable` when it cannot be kept, `invalid-turn-options` for an address that is none. The next call tries
 * again.
 */
export async function downloadSmartTurnModel(options: DownloadOptions = {}): Promise<string> {
  checkUrl(options.modelUrl ?? DEFAULT_MODEL_URL)
  const sha256 = (options.modelSha256 ?? DEFAULT_MODEL_SHA256).toLowerCase()
  const folder =
    options.cacheDir ?? join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'pc', 'turn-smart')
  const path = join(folder, `${sha256}.onnx`)
  let file = files.get(path)
  if (!file) {
    file = provide(path, folder, { ...options, modelSha256: sha256 })
    files.set(path, file)
    file.catch(() => files.delete(path))
  }
  return await file
}

async function provide(
  path: string,
  folder: string,
  options: DownloadOptions & { modelSha256: string },
): Promise<string> {
  if ((await checksumOf(path)) === options.modelSha256) return path
  // Never two writers in one file: several processes may fetch at the same time, and the last to finish wins.
  const part = `${path}.${randomUUID()}.part`
  try {
    await mkdir(folder, { recursive: true })
    await download(part, options)
    await rename(part, path)
    return path
  } catch (error) {
    await rm(part, { force: true }).catch(() => {})
    if (!isFileError(error)) throw error
    throw smartTurnError(
      'cache-unwritable',
      `The Smart Turn model cannot be kept in ${folder} (${reasonOf(error)}). Pass a folder that can be written as ` +
        'cacheDir, or the path of the file as modelPath.',
      { cause: error },
    )
  }
}

async function checksumOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk)
  } catch {
    return undefined
  }
  return hash.digest('hex')
}

async function download(part: string, options: DownloadOptions & { modelSha256: string }): Promise<void> {
  const { modelUrl = DEFAULT_MODEL_URL, modelSha256, onDownload } = options
  const hash = createHash('sha256')
  const file = await open(part, 'w')
  let loadedBytes = 0
  try {
    for await (const { chunk, totalBytes } of chunksOf(modelUrl, options)) {
      hash.update(chunk)
      await file.writeFile(chunk)
      loadedBytes += chunk.length
      onDownload?.({ loadedBytes, totalBytes })
    }
    await file.sync()
  } finally {
    await file.close()
  }
  const found = hash.digest('hex')
  if (found === modelSha256) return
  throw smartTurnError(
    'model-checksum',
    `${placeOf(modelUrl)} gave ${loadedBytes} bytes with the SHA-256 ${found}, not ${modelSha256}. Pass modelSha256 if another ` +
      'model is meant; else do not trust the source.',
  )
}

interface Chunk {
  readonly chunk: Uint8Array
  readonly totalBytes: number | undefined
}

async function* chunksOf(url: string, options: DownloadOptions): AsyncGenerator<Chunk> {
  const { fetch = globalThis.fetch, clock = new SystemClock() } = options
  const stalled = new AbortController()
  const watch = () =>
    clock.setTimeout(() => stalled.abort(new Error('nothing came for 30 s')), STALLED_MS, { background: true })
  let timer = watch()
  try {
    const response = await fetch(url, { signal: stalled.signal })
    if (!response.ok || !response.body) {
      await response.body?.cancel()
      throw downloadError(url, `HTTP status ${response.status}`, {
        kind: kindOfStatus(response.status),
        status: response.status,
      })
    }
    const length = Number(response.headers.get('content-length') ?? Number.NaN)
    const totalBytes = Number.isFinite(length) && !response.headers.has('content-encoding') ? length : undefined
    for await (const chunk of response.body) {
      timer.cancel()
      yield { chunk, totalBytes }
      timer = watch()
    }
  } catch (error) {
    throw PcError.is(error) ? error : downloadError(url, reasonOf(error), { cause: error })
  } finally {
    timer.cancel()
  }
}

function downloadError(url: string, reason: string, details: Parameters<typeof smartTurnError>[2]): PcError {
  return smartTurnError(
    'download-failed',
    `The Smart Turn model could not be fetched from ${placeOf(url)} (${reason}). Check the network, or download the file ` +
      'elsewhere and pass its path as modelPath.',
    details,
  )
}

/** Addresses of private mirrors may carry a token, which no message shows. */
function placeOf(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}

function checkUrl(url: string): void {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '') && URL.parse(url)?.username === '') return
  const message =
    'modelUrl is not an http or https address without user and password; for a file on this machine use modelPath.'
  throw smartTurnError('invalid-turn-options', message)
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'path' in error
}
