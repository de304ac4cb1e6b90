import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { endConversation } from '../definition/action.ts'
import { buildFlow, type FlowSource } from '../definition/build-flow.ts'
import { defineFlow } from '../definition/define-flow.ts'
import { defineNode } from '../definition/define-node.ts'
import { direct } from '../definition/direct.ts'
import { flowFunction } from '../definition/typed-function.ts'
import { lintFlow } from './lint-flow.ts'

const finish = flowFunction({ name: 'finish', description: 'Caller is happy', transitionTo: 'end' })
const end = defineNode({ task: 'Say goodbye.', after: [endConversation()] })

describe('what looks wrong', () => {
  const warningsOf = (source: FlowSource): string[] =>
    lintFlow(buildFlow(source)).map(({ code, path }) => `${code} ${path}`)

  test('is a node that nobody reaches, and one that leads nowhere', () => {
    const nodes = { start: { task: 'Ask.', functions: [finish] }, lost: { task: 'Be lost.' }, end }
    expect(warningsOf({ id: 'flow', initialNode: 'start', nodes })).toEqual([
      'unreachable-node nodes.lost',
      'dead-end nodes.lost',
    ])
  })

  test('is not a node whose handlers may end the flow', () => {
    const ask = flowFunction({ name: 'ask', description: 'Ask', handler: () => ({ asked: true }) })
    expect(
      warningsOf({ id: 'flow', initialNode: 'start', nodes: { start: { task: 'Ask.', functions: [ask] } } }),
    ).toEqual([])
  })

  test('is a function that hides a global one', () => {
    const nodes = { start: { task: 'Ask.', functions: [finish] }, end }
    expect(warningsOf({ id: 'flow', initialNode: 'start', nodes, globalFunctions: [finish] })).toEqual([
      'shadowed-global nodes.start.functions.finish',
    ])
  })

  test('is what a provider drops of a schema, inside of lists and objects as well', () => {
    const choose = flowFunction({
      name: 'choose',
      description: 'Choose',
      parameters: z.object({
        size: z.enum(['s', 'l']),
        count: z.number().int().min(1),
        step: z.number().positive(),
        stars: z.literal([1, 2]),
        extras: z.array(z.object({ prices: z.record(z.string(), z.number()) })).optional(),
      }),
      transitionTo: 'end',
    })
    const nodes = { start: { task: 'Ask.', functions: [choose] }, end }
    expect(warningsOf({ id: 'flow', initialNode: 'start', nodes })).toEqual([
      'dropped-schema-feature nodes.start.functions.choose.parameters.step',
      'dropped-schema-feature nodes.start.functions.choose.parameters.stars',
      'dropped-schema-feature nodes.start.functions.choose.parameters.extras.prices',
      'dropped-schema-feature nodes.start.functions.choose.parameters.extras.prices',
    ])
  })

  test('is a name as a minifier gives it', () => {
    const minified = direct({ description: 'Finish', transitionTo: 'end' }, function n() {})
    const named = direct({ name: 'x', description: 'Finish', transitionTo: 'end' }, function n() {})
    const nodes = { start: { task: 'Ask.', functions: [minified, named] }, end }
    expect(warningsOf({ id: 'flow', initialNode: 'start', nodes })).toEqual(['minified-name nodes.start.functions.n'])
  })

  test('is a name that a provider refuses', () => {
    const second = flowFunction({ name: '2nd_pizza', description: 'Another one', transitionTo: 'end' })
    const named = flowFunction({ name: '_2nd', description: 'Another one', transitionTo: 'end' })
    const nodes = { start: { task: 'Ask.', functions: [second, named] }, end }
    expect(warningsOf({ id: 'flow', initialNode: 'start', nodes })).toEqual([
      'refused-name nodes.start.functions.2nd_pizza',
    ])
  })

  test('is looked for only when somebody asks', () => {
    let made = 0
    const flow = defineFlow({
      id: 'flow',
      initialNode: 'start',
      nodes: {
        start: () => {
          made++
          return { task: 'Ask.', functions: [finish] }
        },
        end,
      },
    })
    expect(made).toBe(0)
    lintFlow(flow)
    expect(made).toBeGreaterThan(0)
  })
})
