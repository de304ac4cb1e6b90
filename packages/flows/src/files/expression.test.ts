import { expect, test } from 'vitest'
import { evaluate, type Expression, valueAt } from './expression.ts'
import { pathsIn, render, renderJson } from './template.ts'

const scope = { args: { count: 5, size: 'large', list: ['a', { b: 1 }] }, state: { done: false }, result: null }
const count: Expression = { path: 'args.count' }

test.each<[Expression, unknown]>([
  [{ op: '<', left: count, right: 6 }, true],
  [{ op: '<=', left: count, right: 5 }, true],
  [{ op: '>=', left: count, right: 6 }, false],
  [{ op: '>', left: 'b', right: 'a' }, true],
  [{ op: '<', left: '4', right: count }, false],
  [{ op: '>', left: { path: 'args.absent' }, right: 0 }, false],
  [{ op: '==', left: count, right: '5' }, false],
  [{ op: '==', left: { path: 'args.list' }, right: ['a', 1] }, false],
  [{ op: '!=', left: { path: 'result' }, right: null }, false],
  [{ op: 'in', left: { path: 'args.size' }, right: ['small', 'large'] }, true],
  [{ op: 'in', left: 'arg', right: { path: 'args.size' } }, true],
  [{ op: 'notIn', left: 5, right: { path: 'args.size' } }, true],
  [{ op: 'not', left: { path: 'state.done' } }, true],
  [{ op: 'and', left: true, right: { op: 'or', left: 0, right: { path: 'args.size' } } }, true],
  [{ op: 'or', left: '', right: null }, false],
])('%j is %j', (expression, value) => {
  expect(evaluate(expression, scope)).toBe(value)
})

test('Paths see own properties only', () => {
  expect(valueAt(scope, 'args.list.1.b')).toBe(1)
  expect(valueAt(scope, 'args.list.length')).toBe(2)
  for (const path of ['constructor', 'args.constructor.name', 'args.__proto__', 'args.list.map', 'args.size.length']) {
    expect(valueAt(scope, path)).toBeUndefined()
  }
})

test('Texts are rendered with values, and braces may be meant as such', () => {
  expect(render('{{args.count}} of {{ args.size }}: {{args.list}}{{args.absent}}', scope)).toBe(
    '5 of large: ["a",{"b":1}]',
  )
  expect(render(String.raw`\{{args.count}} {{args.count}}`, scope)).toBe('{{args.count}} 5')
  expect(pathsIn(String.raw`\{{a}} {{b}} {{ c.d }}`)).toEqual(['b', 'c.d'])
  expect(render('{{args.size}}', { args: { size: '{{state}} $&' }, state: 1 })).toBe('{{state}} $&')
})

test('A text that is a path alone keeps the type of its value', () => {
  expect(
    renderJson({ n: '{{args.count}}', t: '{{args.count}}!', l: ['{{args.list}}'], x: '{{nothing}}' }, scope),
  ).toEqual({
    n: 5,
    t: '5!',
    l: [['a', { b: 1 }]],
    x: null,
  })
})
