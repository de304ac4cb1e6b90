import { FlowError } from '../definition/errors.ts'
import { type FlowStore, invalidOption } from './flow-store.ts'
import { KeyedQueue } from './keyed-queue.ts'

/** Options of {@link signedStore}. */
export interface SignedStoreOptions {
  /** Signs and verifies: a secret of at least 32 bytes, a text counting as its UTF-8 bytes. */
  readonly key: string | Uint8Array<ArrayBuffer>
  /** Only verify: keys that signed before this one. What they signed is signed anew when it is saved again. */
  readonly previousKeys?: readonly (string | Uint8Array<ArrayBuffer>)[] | undefined
}

type Subtle = typeof globalThis.crypto.subtle
type Key = Awaited<ReturnType<Subtle['importKey']>>

const KEY_BYTES = 32
const VERSION = 'pcs1'
const HMAC = { name: 'HMAC', hash: 'SHA-256' }
/** Version, signature in hexadecimal, and what was signed. */
const SIGNED = /^pcs1\.([0-9a-f]{64})\.([^]*)$/

/**
 * Signs what a store keeps with HMAC-SHA-256, and gives back only what bears the signature of one of the keys for that
 * conversation. It guards against change, not against reading, nor against an older snapshot of the same conversation
 * that is put back. Signatures are compared in constant time by the platform's Web Crypto.
 *
 * `load` rejects with a FlowError `snapshot-signature` for a snapshot that was changed, cut, moved from another
 * conversation, never signed, or signed with another key; it stays in the store.
 *
 * @throws FlowError `invalid-option` for a key under 32 bytes, or where the platform has no Web Crypto.
 */
export function signedStore(store: FlowStore, { key, previousKeys = [] }: SignedStoreOptions): FlowStore {
  const subtle: Subtle | undefined = globalThis.crypto?.subtle
  if (subtle === undefined) {
    throw invalidOption('Signing needs Web Crypto, which a page has only over https and on localhost.')
  }
  const secrets = [key, ...previousKeys].map(secretOf)
  let imported: Promise<Key[]> | undefined
  const keys = (): Promise<Key[]> =>
    (imported ??= Promise.all(
      secrets.map((secret) => subtle.importKey('raw', secret, HMAC, false, ['sign', 'verify'])),
    ))
  // Signing takes its time: without the queue a delete would overtake the save before it.
  const queue = new KeyedQueue()

  return {
    load: (conversationId) =>
      queue.run(conversationId, async () => {
        const kept = await store.load(conversationId)
        if (kept === undefined) return undefined
        const [, signature, snapshot] = SIGNED.exec(kept) ?? []
        if (signature === undefined || snapshot === undefined) throw refusal('bears no signature')
        const signed = signedText(conversationId, snapshot)
        for (const each of await keys()) {
          if (await subtle.verify(HMAC, each, bytesOf(signature), signed)) return snapshot
        }
        throw refusal('bears a signature that does not fit')
      }),
    save: (conversationId, snapshot) =>
      queue.run(conversationId, async () => {
        const [signing] = await keys()
        const signature = await subtle.sign(HMAC, signing!, signedText(conversationId, snapshot))
        await store.save(conversationId, `${VERSION}.${hexOf(signature)}.${snapshot}`)
      }),
    delete: (conversationId) => queue.run(conversationId, () => store.delete(conversationId)),
  }
}

function secretOf(key: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const secret = typeof key === 'string' ? new TextEncoder().encode(key) : key.slice()
  if (secret.length >= KEY_BYTES) return secret
  throw invalidOption(
    `A key that signs snapshots has at least ${KEY_BYTES} bytes, not ${secret.length}. Make one with: openssl rand -hex 32`,
  )
}

/** As JSON, so that no two pairs give the same bytes. */
function signedText(conversationId: string, snapshot: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify([VERSION, conversationId, snapshot]))
}

function refusal(what: string): FlowError {
  return new FlowError(
    `The snapshot kept for the conversation ${what}: it was changed or cut, belongs to another conversation, or was ` +
      'signed with a key that is neither key nor one of previousKeys. It was not used; delete it to begin anew.',
    { code: 'snapshot-signature', kind: 'auth' },
  )
}

function hexOf(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16))
}
