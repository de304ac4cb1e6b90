import { TestClock } from '@pc/core/testing'
import { expect, test } from 'vitest'
import { ScriptedHost } from '../testing/scripted-host.ts'
import { CallBook, type OpenCall } from './call-book.ts'

/** A book whose calls write down what became of them. */
function bookOf() {
  const clock = new TestClock()
  const seen: string[] = []
  const book = new CallBook({
    host: new ScriptedHost(clock, 1),
    navigator: { node: 'here', run: undefined, answer: () => void seen.push('run') },
    moveAfter: async (move, { id }) => void seen.push(`move ${move.kind === 'node' ? move.node : ''} for ${id}`),
    inspect: (event) => {
      const happened = event()
      if (happened.type === 'flow.call.end') seen.push(`${happened.callId} ${happened.end}`)
    },
    failed: ({ code }) => void seen.push(code),
    changed: () => {},
  })
  const add = (id: string, more: { background?: boolean; signal?: AbortSignal } = {}): OpenCall =>
    book.add(
      {
        id,
        name: id,
        args: {},
        idempotencyKey: id,
        signal: more.signal ?? new AbortController().signal,
        settle: (result, { run }) => void seen.push(`${id} gets ${JSON.stringify(result)}${run ? ', run' : ''}`),
        said: () => Promise.resolve(),
      },
      { name: id, description: '', background: more.background },
      5,
    )
  const answer = (open: OpenCall): void => book.settle(open, 'result', 1, { type: 'answer' })
  const silence = (open: OpenCall): void => book.settle(open, 'result', 1, { type: 'silence' })
  const move = (open: OpenCall, node: string): void => {
    const cause = { by: 'function', name: open.function.name } as const
    book.settle(open, 'transition', 1, { type: 'move', move: { kind: 'node', node, cause } })
  }
  return { clock, book, seen, add, answer, silence, move }
}

test('the model answers once, with the last of the results, also where that one wants none', () => {
  const { add, answer, silence, seen } = bookOf()
  const [a, b, c] = [add('a'), add('b'), add('c')]
  answer(a)
  answer(b)
  silence(c)
  expect(seen.filter((line) => line.includes('gets'))).toEqual(['a gets 1', 'b gets 1', 'c gets 1, run'])
})

test('the model answers when the last call is cancelled after another wanted an answer, and not where none did', () => {
  const { add, answer, silence, seen } = bookOf()
  const controller = new AbortController()
  const a = add('a')
  add('b', { signal: controller.signal })
  answer(a)
  controller.abort()
  expect(seen.slice(-2)).toEqual(['b cancelled', 'run'])
  const other = new AbortController()
  const c = add('c')
  add('d', { signal: other.signal })
  silence(c)
  other.abort()
  expect(seen.at(-1)).toBe('d cancelled')
})

test('a call that was cancelled before it came is settled at once', () => {
  const { add, book, seen } = bookOf()
  const open = add('a', { signal: AbortSignal.abort() })
  expect([seen, book.isOpen(open), open.controller.signal.aborted]).toEqual([['a cancelled'], false, true])
})

test('a call that takes too long is aborted; one that has settled leaves no timer', async () => {
  const { add, answer, clock, seen } = bookOf()
  answer(add('quick'))
  expect(clock.pending).toBe(0)
  const slow = add('slow')
  await clock.advance(5000)
  expect(slow.controller.signal.aborted).toBe(true)
  expect(seen.slice(2)).toEqual([
    'flow-function-timeout',
    expect.stringMatching(/^slow gets .*no result within 5 s.*, run$/),
    'slow timeout',
  ])
})

test('who wanted an answer before the application moved the conversation has none in the next node', () => {
  const { add, answer, silence, book, seen } = bookOf()
  const [a] = [add('a'), add('b')]
  answer(a)
  book.forgetMove()
  book.outdate()
  silence(add('c'))
  expect(seen.filter((line) => line.includes('run'))).toEqual([])
})

test('a result of the background is answered, unless it is silent or the conversation is about to move', () => {
  const { add, answer, silence, move, seen } = bookOf()
  answer(add('loud', { background: true }))
  silence(add('silent', { background: true }))
  const [edge, other, late] = [add('edge'), add('other'), add('late', { background: true })]
  move(edge, 'b')
  answer(late)
  answer(other)
  expect(seen.filter((line) => line.includes('gets'))).toEqual([
    'loud gets 1, run',
    'silent gets 1',
    'edge gets 1',
    'late gets 1',
    'other gets 1',
  ])
  expect(seen.at(-1)).toBe('move b for edge')
})
