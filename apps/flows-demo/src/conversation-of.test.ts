import { expect, test } from 'vitest'
import { conversationOf } from './conversation-of.ts'

test('a conversation is known by what its client calls it, apart for each demo', () => {
  expect(conversationOf({ id: 'pizza' }, { conversationId: 'c1' })).toBe('pizza/c1')
  expect(conversationOf({ id: 'taxi' }, { conversationId: 'c1', greet: false })).toBe('taxi/c1')
})

test.each([
  undefined,
  null,
  'c1',
  {},
  { conversationId: '' },
  { conversationId: 7 },
  { conversationId: 'x'.repeat(201) },
])('a body without a usable id has none: %j', (body) => expect(conversationOf({ id: 'pizza' }, body)).toBeUndefined())
