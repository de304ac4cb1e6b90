import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { direct } from './direct.ts'
import { InvalidFunctionError } from './errors.ts'
import type { FlowContext } from './flow-context.ts'
import type { FlowFunction } from './flow-function.ts'
import { checkArguments } from './function-schema.ts'
import { jump, silent, stay, to } from './outcome.ts'
import { NO_RESPONSE } from './pair.ts'

const call = async (fn: FlowFunction, args: object = {}): Promise<unknown> => {
  const ctx: Pick<FlowContext, 'state'> = { state: {} }
  return fn.handler?.(args as never, ctx as never)
}

describe('a direct function', () => {
  test('is named for the function, and gets its context before its arguments', async () => {
    const fn = direct(
      { description: 'Book a table', parameters: z.object({ guests: z.number() }), transitionTo: 'confirm' },
      async function book_table(ctx, { guests }) {
        ctx.state['guests'] = guests
        return [{ guests: ctx.state['guests'] === guests }, 'confirm']
      },
    )
    expect(fn).toMatchObject({ name: 'book_table', description: 'Book a table', transitionTo: ['confirm'] })
    expect(await call(fn, { guests: 4 })).toEqual({
      kind: 'to',
      node: 'confirm',
      input: undefined,
      result: { guests: true },
    })
    expect(await checkArguments(fn, { guests: 'four' })).toMatchObject({ ok: false })
  })

  test('has the name that is given, whatever a minifier makes of the function', () => {
    expect(direct({ name: 'book_table', description: 'Book a table' }, function n() {}).name).toBe('book_table')
  })

  test('may have no name, for a record has its name', () => {
    expect(direct({ description: 'Book a table' }, () => null).name).toBe('')
  })

  test('is refused with a name that no model takes', () => {
    expect(() => direct({ description: 'Book' }, function book$table() {})).toThrow(InvalidFunctionError)
    expect(() => direct({ name: 'book table', description: 'Book' }, () => null)).toThrow(/1 to 64 letters/)
  })
})

describe('what a direct function returns', () => {
  const returning = (value: unknown): Promise<unknown> =>
    call(direct({ name: 'fn', description: 'Fn' }, () => value as null))
  const node = { task: 'Ask.' }
  const config = { name: 'ask', taskMessages: [{ role: 'system', content: 'Ask.' }] } as const

  test.each([
    ['a result and a name', [{ ok: true }, 'next'], { ...to('next'), result: { ok: true } }],
    ['a result and a node', [{ ok: true }, node], jump(node, { result: { ok: true } })],
    [
      'a result and a node in the shape of Pipecat',
      ['ok', config],
      jump({ name: 'ask', task: config.taskMessages }, { result: 'ok' }),
    ],
    ['a result alone', [{ ok: true }, null], stay({ ok: true })],
    ['an empty result', ['', null], stay('')],
    ['no result', [null, null], stay({ status: 'acknowledged' })],
    ['no result and a name', [undefined, 'next'], { ...to('next'), result: { status: 'acknowledged' } }],
    ['silence', [{ ok: true }, NO_RESPONSE], silent({ ok: true })],
    ['an outcome', to('next'), to('next')],
    ['plain JSON', { ok: true }, { ok: true }],
    ['a list that is no pair', [1, 2], [1, 2]],
    ['nothing', undefined, undefined],
  ])('may be %s', async (_, returned, outcome) => {
    expect(await returning(returned)).toEqual(outcome)
  })
})
