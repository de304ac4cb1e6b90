import { TestClock } from '@pc/core/testing'
import { expect, test } from 'vitest'
import { StartTickets } from './start-tickets.ts'

function issue(tickets: StartTickets, id = 'one', body: unknown = { name: 'Ada' }): string {
  const ticket = tickets.issue(id, body)
  if (ticket === undefined) throw new Error('no ticket')
  return ticket
}

test('a ticket admits once, with what was given for it', () => {
  const tickets = new StartTickets(new TestClock())
  const ticket = issue(tickets)
  expect(tickets.redeem(ticket)).toEqual({ id: 'one', body: { name: 'Ada' } })
  expect(tickets.redeem(ticket)).toBeUndefined()
})

test('a ticket says when it expires, and is signed in hexadecimal', () => {
  const clock = new TestClock()
  const [payload, signature] = issue(new StartTickets(clock)).split('.')
  expect(JSON.parse(Buffer.from(payload!, 'base64url').toString())).toEqual({
    exp: clock.epochMs() / 1000 + 300,
    jti: 'one',
  })
  expect(signature).toMatch(/^[0-9a-f]{64}$/)
})

test('a ticket admits nobody after five minutes', async () => {
  const clock = new TestClock()
  const tickets = new StartTickets(clock)
  const [early, late] = [issue(tickets, 'early'), issue(tickets, 'late')]
  await clock.advance(299_999)
  expect(tickets.redeem(early)).toBeDefined()
  await clock.advance(1)
  expect(tickets.redeem(late)).toBeUndefined()
})

test.each([
  ['another signature', (ticket: string) => ticket.replace(/.$/, (last) => (last === '0' ? '1' : '0'))],
  ['another content', (ticket: string) => `A${ticket.slice(1)}`],
  ['no signature', (ticket: string) => ticket.split('.')[0]!],
  ['nothing', () => ''],
  ['a dot', () => '.'],
])('a ticket with %s admits nobody', (_name, change) => {
  const tickets = new StartTickets(new TestClock())
  expect(tickets.redeem(change(issue(tickets)))).toBeUndefined()
})

test('a ticket of another process admits nobody', () => {
  const clock = new TestClock()
  const tickets = new StartTickets(clock)
  issue(tickets)
  expect(tickets.redeem(issue(new StartTickets(clock)))).toBeUndefined()
})

test('tickets that nobody redeems do not pile up', async () => {
  const clock = new TestClock()
  const tickets = new StartTickets(clock)
  let issued = 0
  while (issued < 20_000 && tickets.issue(`t${issued}`, undefined) !== undefined) issued++
  expect(issued).toBe(10_000)
  await clock.advance(300_000)
  expect(tickets.issue('next', undefined)).toBeDefined()
})
