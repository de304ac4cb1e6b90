import { isUtf8 } from 'node:buffer'
import { createHash, randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, SystemClock } from '@pc/core'
import { FlowError } from '../definition/errors.ts'
import { checkTtl, type FlowStore, type TimeToLive } from '../snapshot/flow-store.ts'
import { KeyedQueue } from '../snapshot/keyed-queue.ts'
import { type KeptFile, keptIn, writeKept } from './kept-file.ts'

/** Options of {@link fileStore}. */
export interface FileStoreOptions extends TimeToLive {
  /** Of its own; made when it is not there, for this user alone. */
  readonly directory: string
  /** Tells when a snapshot's time is over; a later process compares. Default: real time. */
  readonly clock?: Pick<Clock, 'epochMs'> | undefined
}

/** What a save looks through besides, so that the files of conversations that nobody continues go too. */
const SWEPT_PER_SAVE = 16
/** The rest between two rounds through the directory. */
const SWEEP_EVERY_MS = 600_000
/** A file that a crashed process was writing. */
const ABANDONED_MS = 3_600_000

const NAME = /^[0-9a-f]{64}\.json$/
const HALF_WRITTEN = /^[0-9a-f]{64}\.(\d+)\.[0-9a-f-]{36}\.tmp$/

/**
 * Keeps each conversation's snapshot in a file, readable and writable for this user alone and named by the SHA-256 of
 * the conversation's id. A file is replaced whole or not at all, and is on the disk when `save` resolves. Snapshots
 * whose time is over are deleted: when they are asked for, and little by little with each save.
 *
 * Its methods reject with a FlowError: `snapshot-damaged` from `load` when the file is torn or not one of the store's;
 * it is left as it is, and a later save first copies it to `<file>.damaged-<n>`. `snapshot-store-failed` when the disk
 * refuses; the snapshot kept before still stands.
 *
 * @throws FlowError `invalid-option` for a `ttlSecs` that is not above 0.
 */
export function fileStore(options: FileStoreOptions): FlowStore {
  checkTtl(options.ttlSecs)
  return new FileStore(options)
}

class FileStore implements FlowStore {
  readonly #directory: string
  readonly #ttlSecs: number | undefined
  readonly #clock: Pick<Clock, 'epochMs'>
  /** By file name. */
  readonly #queue = new KeyedQueue()
  #unswept: string[] = []
  #nextSweepMs = 0

  constructor({ directory, ttlSecs, clock = new SystemClock() }: FileStoreOptions) {
    this.#directory = directory
    this.#ttlSecs = ttlSecs
    this.#clock = clock
  }

  load(conversationId: string): Promise<string | undefined> {
    return this.#inOrder('load', conversationId, async (name) => {
      const kept = await this.#read(name)
      if (kept === undefined) return undefined
      if (typeof kept === 'string') throw damaged(this.#path(name), kept)
      if (!this.#isOver(kept)) return kept.snapshot
      await rm(this.#path(name), { force: true })
      return undefined
    })
  }

  async save(conversationId: string, snapshot: string): Promise<void> {
    await this.#inOrder('save', conversationId, async (name) => {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 })
      if (typeof (await this.#read(name)) === 'string') await this.#setAside(name)
      const nowMs = this.#clock.epochMs()
      const expiresAtMs = this.#ttlSecs === undefined ? null : nowMs + this.#ttlSecs * 1000
      await this.#replace(name, writeKept({ conversationId, expiresAtMs, snapshot }))
    })
    await this.#sweep()
  }

  delete(conversationId: string): Promise<void> {
    return this.#inOrder('delete', conversationId, async (name) => {
      let deleted = await removed(this.#path(name))
      for (let n = 1; await removed(this.#path(asideName(name, n))); n++) deleted = true
      if (deleted) await this.#syncDirectory()
    })
  }

  async #inOrder<T>(doing: string, conversationId: string, work: (name: string) => Promise<T>): Promise<T> {
    const name = nameOf(conversationId)
    return await this.#queue
      .run(name, () => work(name))
      .catch((cause: unknown) => {
        if (cause instanceof FlowError) throw cause
        const reason = cause instanceof Error ? cause.message : 'no reason given'
        throw new FlowError(`Could not ${doing} the snapshot in ${this.#path(name)}: ${reason}`, {
          code: 'snapshot-store-failed',
          kind: 'transient',
          cause,
        })
      })
  }

  #path(name: string): string {
    return join(this.#directory, name)
  }

  #isOver({ expiresAtMs }: KeptFile): boolean {
    return expiresAtMs !== null && expiresAtMs <= this.#clock.epochMs()
  }

  /** What is kept; a text that says what is wrong with the file; `undefined` when there is none. */
  async #read(name: string): Promise<KeptFile | string | undefined> {
    const bytes = await readFile(this.#path(name)).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    })
    if (bytes === undefined) return undefined
    const kept = isUtf8(bytes) ? keptIn(bytes.toString('utf8')) : 'it is not UTF-8'
    return typeof kept === 'string' || nameOf(kept.conversationId) === name
      ? kept
      : 'it is that of another conversation'
  }

  async #replace(name: string, text: string): Promise<void> {
    const half = this.#path(name.replace('json', `${Math.floor(this.#clock.epochMs())}.${randomUUID()}.tmp`))
    try {
      const file = await open(half, 'wx', 0o600)
      try {
        await file.writeFile(text)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(half, this.#path(name))
    } catch (error) {
      await rm(half, { force: true })
      throw error
    }
    await this.#syncDirectory()
  }

  /** Puts new and removed names on the disk; Windows does so by itself. */
  async #syncDirectory(): Promise<void> {
    if (process.platform === 'win32') return
    const directory = await open(this.#directory, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  }

  async #setAside(name: string): Promise<void> {
    for (let n = 1; ; n++) {
      try {
        await copyFile(this.#path(name), this.#path(asideName(name, n)), constants.COPYFILE_EXCL)
        return
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error
      }
    }
  }

  /** A file that it cannot read or delete stays until a later round: the save itself has succeeded. */
  async #sweep(): Promise<void> {
    const nowMs = this.#clock.epochMs()
    if (this.#unswept.length === 0 && nowMs >= this.#nextSweepMs) {
      this.#nextSweepMs = nowMs + SWEEP_EVERY_MS
      this.#unswept = await readdir(this.#directory).catch(() => [])
    }
    for (const name of this.#unswept.splice(-SWEPT_PER_SAVE)) {
      await this.#queue.run(name, () => this.#sweepOne(name, nowMs)).catch(() => {})
    }
  }

  async #sweepOne(name: string, nowMs: number): Promise<void> {
    const begunMs = HALF_WRITTEN.exec(name)?.[1]
    if (begunMs !== undefined) {
      if (nowMs - Number(begunMs) >= ABANDONED_MS) await rm(this.#path(name), { force: true })
      return
    }
    if (!NAME.test(name)) return
    const kept = await this.#read(name)
    if (typeof kept === 'object' && this.#isOver(kept)) await rm(this.#path(name), { force: true })
  }
}

function nameOf(conversationId: string): string {
  return `${createHash('sha256').update(conversationId).digest('hex')}.json`
}

function asideName(name: string, n: number): string {
  return `${name}.damaged-${n}`
}

async function removed(path: string): Promise<boolean> {
  return await rm(path).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === 'ENOENT') return false
      throw error
    },
  )
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function damaged(path: string, why: string): FlowError {
  return new FlowError(
    `The file ${path} is torn or none of this store: ${why}. It was left as it is: mend it, move it away, or delete ` +
      'the snapshot of the conversation.',
    { code: 'snapshot-damaged', kind: 'protocol' },
  )
}
