import { createHmac } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import type { FlowStore } from './flow-store.ts'
import { memoryStore } from './memory-store.ts'
import { signedStore } from './signed-store.ts'

const key = 'a key that only this server knows'
const older = new Uint8Array(32).fill(7)
const snapshot = '{"node":"confirm","state":{"name":"Zoë 🙂"}}'
const refused = expect.objectContaining({ name: 'FlowError', code: 'snapshot-signature', retryable: false })

async function kept(store: FlowStore): Promise<string> {
  return (await store.load('call')) ?? ''
}

test('the store keeps version, signature and the snapshot; the signature is HMAC-SHA-256', async () => {
  const inner = memoryStore()
  await signedStore(inner, { key }).save('call', snapshot)
  const signature = createHmac('sha256', key)
    .update(JSON.stringify(['pcs1', 'call', snapshot]))
    .digest('hex')
  expect(await kept(inner)).toBe(`pcs1.${signature}.${snapshot}`)
})

test('a snapshot is refused when any one of its characters was changed, taken away or put in', async () => {
  const inner = memoryStore()
  const store = signedStore(inner, { key })
  await store.save('call', '{"ok":true}')
  const text = await kept(inner)
  for (let at = 0; at < text.length; at++) {
    const swapped = text[at] === '1' ? '2' : '1'
    const variants = [
      text.slice(0, at) + swapped + text.slice(at + 1),
      text.slice(0, at) + text.slice(at + 1),
      `${text.slice(0, at)}1${text.slice(at)}`,
      text.slice(0, at),
    ]
    for (const variant of variants) {
      if (variant === text) continue
      await inner.save('call', variant)
      await expect(store.load('call')).rejects.toEqual(refused)
    }
  }
})

test.each([
  ['empty', ''],
  ['never signed', snapshot],
  ['signed in capitals', `pcs1.${'A'.repeat(64)}.${snapshot}`],
  ['signed by nobody', `pcs1.${'0'.repeat(64)}.${snapshot}`],
  ['signed in another form', `pcs2.${'0'.repeat(64)}.${snapshot}`],
])('a snapshot that is %s is refused and stays in the store', async (_what, text) => {
  const inner = memoryStore()
  await inner.save('call', text)
  await expect(signedStore(inner, { key }).load('call')).rejects.toEqual(refused)
  expect(await inner.load('call')).toBe(text)
})

test('a snapshot that was moved to another conversation is refused', async () => {
  const inner = memoryStore()
  const store = signedStore(inner, { key })
  await store.save('mine', snapshot)
  await inner.save('call', (await inner.load('mine')) ?? '')
  await expect(store.load('call')).rejects.toEqual(refused)
})

test('what the error says quotes neither the snapshot nor the key', async () => {
  const inner = memoryStore()
  await inner.save('call', snapshot)
  const error: unknown = await signedStore(inner, { key })
    .load('call')
    .catch((reason: unknown) => reason)
  expect(String(error)).toMatch(/bears no signature/)
  expect(String(error)).not.toMatch(/Zoë|a key that only/)
})

describe('a change of keys', () => {
  test('what an earlier key signed is read, and signed with the new one when it is saved again', async () => {
    const inner = memoryStore()
    await signedStore(inner, { key: older }).save('call', snapshot)
    const both = signedStore(inner, { key, previousKeys: ['another key of more than 32 bytes', older] })
    expect(await both.load('call')).toBe(snapshot)
    await both.save('call', snapshot)
    expect(await signedStore(inner, { key }).load('call')).toBe(snapshot)
  })

  test('what a key signed that is no longer named is refused', async () => {
    const inner = memoryStore()
    await signedStore(inner, { key: older }).save('call', snapshot)
    await expect(signedStore(inner, { key }).load('call')).rejects.toEqual(refused)
  })

  test('a key that the caller writes over afterwards still signs', async () => {
    const inner = memoryStore()
    const secret = new Uint8Array(32).fill(9)
    const store = signedStore(inner, { key: secret })
    secret.fill(0)
    await store.save('call', snapshot)
    expect(await signedStore(inner, { key: new Uint8Array(32).fill(9) }).load('call')).toBe(snapshot)
  })
})

test('a failure of the store reaches the caller, and later calls go on', async () => {
  const inner = memoryStore()
  const store = signedStore(
    { ...inner, save: vi.fn(inner.save).mockRejectedValueOnce(new Error('disk full')) },
    { key },
  )
  await expect(store.save('call', '1')).rejects.toThrow('disk full')
  await store.save('call', '2')
  expect(await store.load('call')).toBe('2')
})

test.each([
  ['a short text', 'secret'],
  ['31 bytes', new Uint8Array(31)],
])('%s is no key', (_what, short) => {
  const error = expect.objectContaining({ code: 'invalid-option', message: expect.stringMatching(/at least 32 bytes/) })
  expect(() => signedStore(memoryStore(), { key: short })).toThrow(error)
  expect(() => signedStore(memoryStore(), { key, previousKeys: [short] })).toThrow(error)
})

test('where the platform has no Web Crypto the store says so at once', () => {
  vi.stubGlobal('crypto', {})
  try {
    expect(() => signedStore(memoryStore(), { key })).toThrow(/https/)
  } finally {
    vi.unstubAllGlobals()
  }
})
