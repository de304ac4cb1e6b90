import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestClock } from '@pc/core/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fileStore } from '../src/node/file-store.ts'
import { redisStore } from '../src/node/redis-store.ts'
import type { FlowStore } from '../src/snapshot/flow-store.ts'
import { memoryStore } from '../src/snapshot/memory-store.ts'
import { signedStore } from '../src/snapshot/signed-store.ts'
import { flowStoreChecks, type StoreSubject, TTL_SECS } from './flow-store-checks.ts'
import { redisProgram, type RedisServer, startRedis } from './redis-server.ts'

const key = 'k'.repeat(32)
const folders: string[] = []
let server: RedisServer | undefined
let redis: Redis | undefined

if (redisProgram === undefined) console.warn('skipped: the Redis store, for there is no redis-server in PATH')

beforeAll(async () => {
  if (redisProgram === undefined) return
  server = await startRedis(redisProgram)
  redis = new Redis(server.port, '127.0.0.1')
})

afterAll(async () => {
  redis?.disconnect()
  await server?.stop()
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })))
})

function inMemory(): StoreSubject {
  const clock = new TestClock()
  return { store: memoryStore({ ttlSecs: TTL_SECS, clock }), passSecs: (secs) => clock.advance(secs * 1000) }
}

async function inFiles(): Promise<StoreSubject> {
  const clock = new TestClock()
  const directory = await mkdtemp(join(tmpdir(), 'flow-store-'))
  folders.push(directory)
  return { store: fileStore({ directory, ttlSecs: TTL_SECS, clock }), passSecs: (secs) => clock.advance(secs * 1000) }
}

/** Redis has a clock of its own: time passes by taking it from what each key has left. */
async function inRedis(): Promise<StoreSubject> {
  const client = redis
  if (client === undefined) throw new Error('The server is started before the tests.')
  await client.flushall()
  return {
    store: redisStore({ redis: client, ttlSecs: TTL_SECS }),
    passSecs: async (secs) => {
      for (const name of await client.keys('*')) await client.pexpire(name, (await client.pttl(name)) - secs * 1000)
    },
  }
}

const signed = ({ store, passSecs }: StoreSubject): StoreSubject => ({ store: signedStore(store, { key }), passSecs })

const subjects: [string, () => StoreSubject | Promise<StoreSubject>, boolean][] = [
  ['the memory store', inMemory, true],
  ['the file store', inFiles, true],
  ['the Redis store (skipped without redis-server)', inRedis, redisProgram !== undefined],
  ['a signed memory store', () => signed(inMemory()), true],
  ['a signed file store', async () => signed(await inFiles()), true],
  [
    'a signed Redis store (skipped without redis-server)',
    async () => signed(await inRedis()),
    redisProgram !== undefined,
  ],
]

describe.each(subjects)('%s', (_name, open, possible) => {
  test.skipIf(!possible).each(flowStoreChecks)('$title', async ({ run }) => {
    await run(await open())
  })
})

/** Each breaks one sentence of the contract. */
const broken: [string, string, (store: FlowStore) => Partial<FlowStore>][] = [
  ['gives what it has for any id', 'a conversation that was never saved has no snapshot', oneForAll],
  [
    'keeps the first snapshot',
    'what was saved last comes back, and comes back again',
    (store) => ({
      save: async (id, text) => ((await store.load(id)) === undefined ? store.save(id, text) : undefined),
    }),
  ],
  [
    'writes over the old bytes',
    'a shorter snapshot leaves nothing of a longer one',
    (store) => ({
      save: async (id, text) => store.save(id, text + ((await store.load(id)) ?? '').slice(text.length)),
    }),
  ],
  [
    'trims what it keeps',
    'every character of a snapshot comes back',
    (store) => ({ save: (id, text) => store.save(id, text.trim()) }),
  ],
  [
    'ignores the case of ids',
    'conversations of any id are kept apart',
    (store) => ({
      save: (id, text) => store.save(id.toLowerCase(), text),
      load: (id) => store.load(id.toLowerCase()),
    }),
  ],
  ['forgets nothing', 'a deleted conversation is forgotten, and others are not', () => ({ delete: async () => {} })],
  [
    'fails to delete what is not there',
    'deleting what is not there is no error',
    (store) => ({
      delete: async (id) => {
        if ((await store.load(id)) === undefined) throw new Error('ENOENT')
        await store.delete(id)
      },
    }),
  ],
  [
    'keeps a mark of what was deleted',
    'a deleted conversation can be saved again',
    (store) => {
      const deleted = new Set<string>()
      return {
        save: async (id, text) => (deleted.has(id) ? undefined : store.save(id, text)),
        delete: async (id) => {
          deleted.add(id)
          await store.delete(id)
        },
      }
    },
  ],
  ['lets long saves finish last', 'of saves that nobody waits for the last one stands', slowByLength],
  ['lets a delete overtake a save', 'a delete is not overtaken by the save before it', slowByLength],
  ['lets a load overtake a save', 'a load sees the save made before it', slowByLength],
  ['never forgets', 'a snapshot is kept until its time is over, and not longer', () => memoryStore()],
  [
    'forgets at once',
    'a snapshot is kept until its time is over, and not longer',
    (store) => ({ save: async (id, text) => store.save(id, text).then(() => store.delete(id)) }),
  ],
  [
    'counts the time from the first save',
    'each save begins the time anew',
    () => {
      const texts = new Map<string, string>()
      return {
        save: async (id, text) => void (texts.has(id) ? texts.set(id, '') : texts.set(id, text)),
        load: async (id) => texts.get(id) || undefined,
      }
    },
  ],
  [
    'refuses whoever was away for too long',
    'a conversation whose time is over can be saved again',
    (store) => {
      const seen = new Set<string>()
      return {
        save: async (id, text) => {
          if (seen.has(id) && (await store.load(id)) === undefined) return
          seen.add(id)
          await store.save(id, text)
        },
      }
    },
  ],
]

function oneForAll(store: FlowStore): Partial<FlowStore> {
  return { save: (_id, text) => store.save('', text), load: () => store.load('') }
}

/** A save takes a tick for each thousand characters, and nothing waits for it. */
function slowByLength(store: FlowStore): Partial<FlowStore> {
  return {
    save: async (id, text) => {
      for (let left = text.length; left >= 0; left -= 1000) await Promise.resolve()
      await store.save(id, text)
    },
  }
}

describe('the checks of stores', () => {
  test.each(broken)('refuse a store that %s: %s', async (_what, title, breakIt) => {
    const { store, passSecs } = inMemory()
    const check = flowStoreChecks.find((each) => each.title === title)
    expect(check).toBeDefined()
    await expect(check?.run({ store: { ...store, ...breakIt(store) }, passSecs })).rejects.toThrow()
  })

  test('leave no sentence without a store that breaks it', () => {
    expect(new Set(broken.map(([, title]) => title))).toEqual(new Set(flowStoreChecks.map(({ title }) => title)))
  })
})
