import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@pc/core'

/** How long a ticket admits, seconds. */
const VALID_SECS = 300
/** Tickets that may wait for their connection. */
const MOST = 10_000

interface Waiting {
  readonly body: unknown
  readonly expiresAtMs: number
}

/** What a ticket stood for. */
export interface Admission {
  /** The session's id. */
  readonly id: string
  /** What the client gave to `/start`. */
  readonly body: unknown
}

/**
 * Tickets from `/start` to the connection that follows: `<base64url {exp,jti}>.<hmac-sha256 hex>`, valid for five
 * minutes, once, and only in this process.
 */
export class StartTickets {
  readonly #clock: Clock
  readonly #secret = randomBytes(32)
  readonly #waiting = new Map<string, Waiting>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A new ticket, or `undefined` while too many wait for their connections. */
  issue(id: string, body: unknown): string | undefined {
    this.#forgetExpired()
    if (this.#waiting.size >= MOST) return undefined
    this.#waiting.set(id, { body, expiresAtMs: this.#clock.nowMs() + VALID_SECS * 1000 })
    const exp = Math.floor(this.#clock.epochMs() / 1000) + VALID_SECS
    const payload = Buffer.from(JSON.stringify({ exp, jti: id })).toString('base64url')
    return `${payload}.${this.#sign(payload)}`
  }

  /** What a ticket stands for; `undefined` for a forged, expired or used one. */
  redeem(ticket: string): Admission | undefined {
    const [payload = '', signature = ''] = ticket.split('.')
    const expected = Buffer.from(this.#sign(payload))
    const given = Buffer.from(signature)
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined
    const id = idOf(payload)
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return undefined
    this.#waiting.delete(id)
    return waiting.expiresAtMs > this.#clock.nowMs() ? { id, body: waiting.body } : undefined
  }

  #sign(payload: string): string {
    return createHmac('sha256', this.#secret).update(payload).digest('hex')
  }

  /** They stand in the order in which they expire. */
  #forgetExpired(): void {
    for (const [id, { expiresAtMs }] of this.#waiting) {
      if (expiresAtMs > this.#clock.nowMs()) return
      this.#waiting.delete(id)
    }
  }
}

/** Only called on what this process has signed. */
function idOf(payload: string): string {
  const value: { jti: string } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  return value.jti
}
