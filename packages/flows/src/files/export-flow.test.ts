import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { ALL, example, given } from '../../test/files/examples.ts'
import { endConversation, say } from '../definition/action.ts'
import { buildFlow } from '../definition/build-flow.ts'
import { FlowDefinitionError } from '../definition/errors.ts'
import { to } from '../definition/outcome.ts'
import { flowGraph } from '../machine/flow-graph.ts'
import { exportFlow } from './export-flow.ts'
import { loadFlow } from './load-flow.ts'

describe('exportFlow', () => {
  describe.each(ALL)('%s', (name) => {
    test.each(['json', 'yaml'] as const)('goes to %s and back without loss', (format) => {
      const loaded = loadFlow(example(name), given)
      const again = loadFlow(exportFlow(loaded, format), { ...given, format })
      expect(again.document).toEqual(loaded.document)
      expect(again.shape).toBe(loaded.shape)
      expect(flowGraph(again.flow)).toEqual(flowGraph(loaded.flow))
      expect(exportFlow(again.flow, format)).toBe(exportFlow(loaded, format))
    })

    test('means the same as a file of ours', () => {
      const loaded = loadFlow(example(name), given)
      const ours = loadFlow(exportFlow(loaded, 'yaml', { shape: 'flow' }), given)
      expect(ours.shape).toBe('flow')
      expect(JSON.stringify(flowGraph(ours.flow))).toBe(JSON.stringify(flowGraph(loaded.flow)))
      expect(JSON.stringify(ours.flow)).toBe(JSON.stringify(loaded.flow))
    })
  })

  test('keeps what the editor wrote and what nobody knows', () => {
    const text = exportFlow(loadFlow(example('podcast.editor.json'), given), 'json')
    expect(JSON.parse(text)).toEqual(JSON.parse(example('podcast.editor.json')))
    const ours: unknown = JSON.parse(
      exportFlow(loadFlow(example('podcast.editor.json'), given), 'json', { shape: 'flow' }),
    )
    expect(ours).toMatchObject({
      meta: { name: 'Podcast Interview', author: 'somebody' },
      nodes: { introduction: { position: { x: 80, y: 40.5 }, colour: 'teal', label: 'Introduction', type: 'initial' } },
      editor: { context: { station: 'pc' }, edges: [{ id: 'e1' }, { id: 'e2' }] },
    })
  })

  test('writes a flow of code, its handlers by the names of their functions', () => {
    const flow = buildFlow({
      id: 'code',
      version: '3',
      initialNode: 'start',
      initialState: { n: 1 },
      nodes: {
        start: {
          role: 'Braces {{stay}}.',
          task: [{ role: 'developer', content: 'Ask.' }],
          before: [say('Hello.')],
          onSilence: { afterSecs: 3, to: to('end', { result: { silent: true } }) },
          functions: [
            {
              name: 'pick',
              description: 'Picks',
              parameters: z.object({ size: z.enum(['s', 'l']) }),
              transitionTo: ['end', 'start'],
              handler: () => to('end'),
              timeoutSecs: 3,
            },
          ],
        },
        end: { task: '', after: [endConversation('Bye.')] },
      },
    })
    const options = { handlers: { pick: () => to('end') } }
    const loaded = loadFlow(exportFlow(flow, 'yaml'), options)
    expect(flowGraph(loaded.flow)).toEqual(flowGraph(flow))
    expect(loaded.flow.nodes['start']).toMatchObject({ role: 'Braces {{stay}}.', before: [say('Hello.')] })
    expect(loaded.flow.nodes['end']).toEqual(flow.nodes['end'])
    expect(loaded.flow).toMatchObject({ version: '3', initialState: { n: 1 } })
    expect(exportFlow(loaded, 'json')).toBe(exportFlow(flow, 'json'))
  })

  test('writes every field of a flow of code', () => {
    const jsonSchema = { type: 'object', properties: { n: { type: 'integer' } } }
    const given = { look: () => 1, book: () => 2 }
    const sub = buildFlow({ id: 'sub', initialNode: 's', nodes: { s: { task: 'S.', after: [endConversation()] } } })
    const flow = buildFlow({
      id: 'code',
      initialNode: 'a',
      context: 'reset',
      subFlows: [sub],
      globalFunctions: [
        { name: 'look', description: 'Looks', handler: given.look, background: true, idempotent: true },
      ],
      nodes: {
        a: {
          role: 'R.',
          task: 'A.',
          context: { summary: 'Sum up.', timeoutSecs: 2 },
          respondImmediately: false,
          functions: [
            {
              name: 'book',
              description: 'Books',
              parameters: { jsonSchema },
              handler: given.book,
              transitionTo: ['b'],
              timeoutSecs: 4,
              cancelOnInterruption: true,
              expects: 'yesNo',
              cache: { ttlSecs: 5, scope: 'global' },
            },
          ],
          onSpoken: { ...to('b', { result: 1 }), say: 'Now.' },
          onError: to('b'),
          maxVisits: 3,
          model: 'large',
          temperature: 0.5,
          expects: 'digits',
          cache: 'entry',
        },
        b: { task: '', say: 'Bye.', always: to('a') },
      },
    })
    const { flow: again } = loadFlow(exportFlow(flow, 'yaml'), { handlers: given })
    const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
    expect(plain(again)).toEqual(plain({ ...flow }))
  })

  test('names each part that a file cannot hold', () => {
    const flow = buildFlow({
      id: 'code',
      initialNode: 'start',
      nodes: {
        start: {
          task: 'Ask.',
          always: () => to('made'),
          before: [{ type: 'function', handler: () => 1 }],
          functions: [{ name: 'x', description: '', when: () => true, transitionTo: ['made'] }],
        },
        made: () => ({ task: '' }),
      },
    })
    let faults: readonly string[] = []
    try {
      exportFlow(flow, 'json')
    } catch (error) {
      if (error instanceof FlowDefinitionError) faults = error.faults.map(({ path }) => path)
    }
    expect(faults).toEqual(['nodes.start.always', 'nodes.start.functions.0.when', 'nodes.made'])
  })
})
