import { expect } from 'vitest'
import type { FlowStore } from '../src/snapshot/flow-store.ts'

/** A store under test, made with `ttlSecs` of {@link TTL_SECS}. */
export interface StoreSubject {
  readonly store: FlowStore
  /** Lets the time pass that the store goes by. */
  passSecs(secs: number): Promise<void>
}

/** One sentence of the contract; `run` rejects where a store breaks it. */
export interface StoreCheck {
  readonly title: string
  run(subject: StoreSubject): Promise<void>
}

/** How long the stores under test keep a snapshot, seconds. */
export const TTL_SECS = 60

const oddIds = [
  '',
  ' ',
  '.',
  '..',
  '../../outside',
  'a/b',
  'a\\b',
  'A',
  'a',
  'a\0b',
  'a\nb',
  '__proto__',
  'constructor',
  'con',
  '%2e%2e',
  'tel:+49 151 000',
  'caf\u00e9',
  'cafe\u0301',
  '🙂',
  'x'.repeat(5000),
]

const oddSnapshots = [
  '',
  '{}',
  '"',
  '{"a":"\\u0000"}',
  'line\r\nline\n',
  '\ufeff{}',
  'žluťoučký 🙂 \u2028',
  '\0',
  '.'.repeat(300_000),
]

/** The contract of a {@link FlowStore}. */
export const flowStoreChecks: readonly StoreCheck[] = [
  {
    title: 'a conversation that was never saved has no snapshot',
    run: async ({ store }) => {
      await store.save('other', '{}')
      expect(await store.load('unknown')).toBeUndefined()
    },
  },
  {
    title: 'what was saved last comes back, and comes back again',
    run: async ({ store }) => {
      await store.save('call', '{"node":"start"}')
      await store.save('call', '{"node":"confirm"}')
      expect(await store.load('call')).toBe('{"node":"confirm"}')
      expect(await store.load('call')).toBe('{"node":"confirm"}')
    },
  },
  {
    title: 'a shorter snapshot leaves nothing of a longer one',
    run: async ({ store }) => {
      await store.save('call', `{"text":"${'long '.repeat(1000)}"}`)
      await store.save('call', '{}')
      expect(await store.load('call')).toBe('{}')
    },
  },
  {
    title: 'every character of a snapshot comes back',
    run: async ({ store }) => {
      for (const snapshot of oddSnapshots) {
        await store.save('call', snapshot)
        expect(await store.load('call')).toBe(snapshot)
      }
    },
  },
  {
    title: 'conversations of any id are kept apart',
    run: async ({ store }) => {
      for (const [n, id] of oddIds.entries()) await store.save(id, `{"n":${n}}`)
      for (const [n, id] of oddIds.entries()) expect(await store.load(id)).toBe(`{"n":${n}}`)
    },
  },
  {
    title: 'a deleted conversation is forgotten, and others are not',
    run: async ({ store }) => {
      await store.save('gone', '{"n":1}')
      await store.save('kept', '{"n":2}')
      await store.delete('gone')
      expect(await store.load('gone')).toBeUndefined()
      expect(await store.load('kept')).toBe('{"n":2}')
    },
  },
  {
    title: 'deleting what is not there is no error',
    run: async ({ store }) => {
      await expect(store.delete('unknown')).resolves.toBeUndefined()
    },
  },
  {
    title: 'a deleted conversation can be saved again',
    run: async ({ store }) => {
      await store.save('call', '{"n":1}')
      await store.delete('call')
      await store.save('call', '{"n":2}')
      expect(await store.load('call')).toBe('{"n":2}')
    },
  },
  {
    title: 'of saves that nobody waits for the last one stands',
    run: async ({ store }) => {
      const saves = Array.from({ length: 30 }, (_, n) =>
        store.save('call', `{"n":${n},"${'x'.repeat(30_000 - n * 999)}":0}`),
      )
      await Promise.all(saves)
      expect(await store.load('call')).toMatch(/^\{"n":29,/)
    },
  },
  {
    title: 'a delete is not overtaken by the save before it',
    run: async ({ store }) => {
      for (let n = 0; n < 20; n++) {
        const saved = store.save('call', '{"text":"long"}'.repeat(2000))
        await Promise.all([saved, store.delete('call')])
        expect(await store.load('call')).toBeUndefined()
      }
    },
  },
  {
    title: 'a load sees the save made before it',
    run: async ({ store }) => {
      const saved = store.save('call', '{"n":1}')
      expect(await store.load('call')).toBe('{"n":1}')
      await saved
    },
  },
  {
    title: 'a snapshot is kept until its time is over, and not longer',
    run: async ({ store, passSecs }) => {
      await store.save('call', '{}')
      await passSecs(TTL_SECS - 1)
      expect(await store.load('call')).toBe('{}')
      await passSecs(2)
      expect(await store.load('call')).toBeUndefined()
    },
  },
  {
    title: 'each save begins the time anew',
    run: async ({ store, passSecs }) => {
      await store.save('call', '{"n":1}')
      await passSecs(TTL_SECS - 1)
      await store.save('call', '{"n":2}')
      await passSecs(TTL_SECS - 1)
      expect(await store.load('call')).toBe('{"n":2}')
    },
  },
  {
    title: 'a conversation whose time is over can be saved again',
    run: async ({ store, passSecs }) => {
      await store.save('call', '{"n":1}')
      await passSecs(TTL_SECS + 1)
      await store.save('call', '{"n":2}')
      expect(await store.load('call')).toBe('{"n":2}')
    },
  },
]
