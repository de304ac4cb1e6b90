import { Pipeline, PipelineTask, FrameProcessor } from '@pc/core'
import { toAnthropic, toBedrock, toGemini, toOpenAIChat, toOpenAIResponses } from '@pc/core/adapters'
import { createTestRuntime, TestClock } from '@pc/core/testing'
import { LLMContext } from '@pc/core'
import { describe, expect, test, vi } from 'vitest'
import { type ProviderDict, toFlowFunction } from '../../src/adapters/index.ts'
import { say } from '../../src/definition/action.ts'
import { FlowError, FlowTransitionError, InvalidFunctionError } from '../../src/definition/errors.ts'
import type { FlowContext } from '../../src/definition/flow-context.ts'
import type { FlowFunction } from '../../src/definition/flow-function.ts'
import { FlowsFunctionSchema, type TransitionCallback } from '../../src/definition/flows-function-schema.ts'
import { toolOf } from '../../src/definition/function-schema.ts'
import type { TransitionManager } from '../../src/definition/outcome.ts'
import { jump, speakThen, to } from '../../src/definition/outcome.ts'
import { FlowManager } from '../../src/manager/flow-manager.ts'
import { runFlow } from '../../src/testing/index.ts'
import { edge, flowOf } from '../example-flows.ts'
import { call, gate, Talk } from './talk.ts'

const errorsOf = (run: Awaited<ReturnType<typeof runFlow>>): FlowError[] =>
  run.events.flatMap((event) => (event.type === 'flow.error' ? [event.error] : []))

describe('before and after the beginning', () => {
  test('30. A move before the flow was started is refused', async () => {
    const talk = new Talk(flowOf({ a: { task: 'A.' } }))
    await expect(talk.manager.setNode('a')).rejects.toBeInstanceOf(FlowTransitionError)
    await expect(talk.manager.setNodeFromConfig({ task: 'B.' })).rejects.toBeInstanceOf(FlowTransitionError)
    await talk.advance(1)
    expect([talk.node, talk.asked]).toEqual([null, []])
  })

  test('31. To start a flow a second time only warns, once', async () => {
    const logged: string[] = []
    const log = {
      enabled: () => true,
      log: (level: string, message: string) => void logged.push(`${level}: ${message}`),
    }
    const talk = await Talk.start(flowOf({ a: { task: 'A.' }, b: { task: 'B.' } }), { runtime: { log } })
    await talk.manager.setNode('b')
    await talk.manager.initialize()
    await talk.clock.settle()
    expect(logged.filter((line) => line.startsWith('warn'))).toEqual([
      'warn: The flow was initialized before; nothing is done.',
    ])
    expect([talk.node, talk.asked.length]).toEqual(['b', 2])
  })

  test('32. The state outlives moves, and is one for handlers, actions and the application', async () => {
    const seen: unknown[] = []
    const keep = (_args: unknown, { state }: FlowContext): void => void (state['size'] = 'large')
    const run = await runFlow(
      flowOf({
        a: { task: 'A.', functions: [edge('go', 'b', { handler: keep })] },
        b: {
          task: 'B.',
          before: [{ type: 'note', handler: (_action, { state }) => void seen.push(state['size']) }],
          functions: [edge('back', 'a')],
        },
      }),
    )
    await run.call('go')
    run.manager.state['count'] = 2
    await run.call('back')
    expect([seen, run.manager.state]).toEqual([['large'], { size: 'large', count: 2 }])
  })
})

describe('where functions lead', () => {
  test('50. A function with a target and without a handler is acknowledged and leads there', async () => {
    const finish = new FlowsFunctionSchema({ name: 'finish', description: '', transitionTo: 'b' })
    const talk = await Talk.start(flowOf({ a: { task: 'A.', functions: [finish] }, b: { task: 'B.' } }), {
      answers: [[call('finish')], ['There.']],
    })
    await talk.advance(2)
    expect(talk.lastAsked.history).toEqual([
      'developer: A.',
      'calls finish',
      'tool: {"status":"acknowledged"}',
      'developer: B.',
    ])
    expect(talk.path).toEqual(['a', 'b'])
  })

  test('51. A target together with a callback is refused where the function is made', () => {
    const make = (more: object) => () => new FlowsFunctionSchema({ name: 'go', description: '', ...more })
    const callback: TransitionCallback = () => {}
    expect(make({ transitionTo: 'b', transitionCallback: callback })).toThrow(InvalidFunctionError)
    expect(make({ transitionTo: 'b', transitionCallback: callback })).toThrow('"go"')
    expect(make({ transitionTo: 'b' })).not.toThrow()
    expect(make({ transitionCallback: callback })).not.toThrow()
    expect(make({ transitionCallback: 'later' })).toThrow(InvalidFunctionError)
  })

  test('52. A callback of two parameters gets arguments and manager, one of three also the result; both come after the result', async () => {
    const got: unknown[] = []
    const two = async (args: unknown, manager: TransitionManager): Promise<void> => {
      got.push(['two', args, manager.getCurrentContext().at(-1)])
      await manager.setNode('b')
    }
    const three = async (args: unknown, result: unknown, manager: TransitionManager): Promise<void> => {
      got.push(['three', args, result])
      await manager.setNode('c', { task: 'C.' })
    }
    const properties = { n: { type: 'number' } } as const
    const handler = (): object => ({ ok: true })
    const talk = await Talk.start(
      flowOf({
        a: {
          task: 'A.',
          functions: [
            new FlowsFunctionSchema({ name: 'two', description: '', properties, handler, transitionCallback: two }),
          ],
        },
        b: {
          task: 'B.',
          functions: [
            new FlowsFunctionSchema({ name: 'three', description: '', properties, handler, transitionCallback: three }),
          ],
        },
      }),
      { answers: [[call('two', { n: 2 })], [call('three', { n: 3 })], ['There.']] },
    )
    await talk.advance(3)
    expect(got).toEqual([
      ['two', { n: 2 }, expect.objectContaining({ role: 'tool', content: '{"ok":true}' })],
      ['three', { n: 3 }, { ok: true }],
    ])
    expect([talk.path, talk.asked.length, talk.spoken]).toEqual([['a', 'b', 'c'], 3, ['There.']])
  })

  test('53. A callback that fails is reported; the model has had the one result, is told, and may go on', async () => {
    const callback = (_args: unknown, _manager: unknown): never => {
      throw new Error('no line')
    }
    const talk = await Talk.start(
      flowOf({
        a: {
          task: 'A.',
          functions: [
            new FlowsFunctionSchema({ name: 'go', description: '', transitionCallback: callback }),
            edge('other', 'b'),
          ],
        },
        b: { task: 'B.' },
      }),
      { answers: [[call('go')], [call('other')], ['There.']] },
    )
    await talk.advance(3)
    expect(talk.errors.map(({ message }) => message)).toEqual(['no line'])
    expect(talk.asked[1]?.history.filter((line) => line.startsWith('tool:'))).toEqual([
      'tool: {"status":"acknowledged"}',
    ])
    expect(talk.path).toEqual(['a', 'b'])
  })

  test.each<[string, (_args: unknown, _manager: unknown) => unknown]>([
    ['that moves nothing', () => undefined],
    ['that hangs', () => new Promise(() => {})],
  ])('53. After a callback %s the model answers, and functions work', async (_what, callback) => {
    const transitionCallback = (args: unknown, manager: unknown): unknown => callback(args, manager)
    const talk = await Talk.start(
      flowOf({
        a: {
          task: 'A.',
          functions: [new FlowsFunctionSchema({ name: 'go', description: '', transitionCallback }), edge('other', 'b')],
        },
        b: { task: 'B.' },
      }),
      { answers: [[call('go')], ['Hm.'], [call('other')], ['There.']] },
    )
    await talk.advance(17)
    expect([talk.node, talk.spoken]).toEqual(['a', ['Hm.']])
    await talk.say('Go on.')
    await talk.advance(2)
    expect([talk.node, talk.spoken.at(-1)]).toEqual(['b', 'There.'])
  })

  test('54. A name that no node has is an error where the application asks; the conversation stays where it is', async () => {
    const talk = await Talk.start(flowOf({ a: { task: 'A.' } }))
    const failure = await talk.manager.setNode('edn').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(FlowTransitionError)
    expect(String(failure)).toContain("Node 'edn' not found")
    expect([talk.node, talk.asked.length]).toEqual(['a', 1])
    // Names that all objects have are none of a flow.
    await expect(talk.manager.setNode('constructor')).rejects.toBeInstanceOf(FlowTransitionError)
  })

  test('54. Where a function leads to it, the model is told, and the conversation goes on', async () => {
    const lost: FlowFunction = { name: 'lost', description: '', handler: () => to('edn') }
    const talk = await Talk.start(
      flowOf({ a: { task: 'A.', functions: [lost, edge('go', 'b')] }, b: { task: 'B.' } }),
      {
        answers: [[call('lost')], [call('go')], ['There.']],
      },
    )
    await talk.advance(3)
    expect(talk.errors.map(({ name }) => name)).toEqual(['FlowTransitionError'])
    expect(talk.asked[1]?.history.at(-1)).toContain("Node 'edn' not found")
    expect(talk.path).toEqual(['a', 'b'])
  })

  test('54. A function may only lead where it says', async () => {
    const sly: FlowFunction = { name: 'sly', description: '', transitionTo: ['b'], handler: () => to('c') }
    const run = await runFlow(flowOf({ a: { task: 'A.', functions: [sly] }, b: { task: 'B.' }, c: { task: 'C.' } }))
    expect(await run.call('sly')).toMatchObject({ status: 'error', error: expect.stringContaining("moves to 'c'") })
    expect(run.currentNode).toBe('a')
  })

  test('55. A node that the application names is known by its name from then on', async () => {
    const talk = await Talk.start(undefined)
    await talk.manager.setNode('hello', { task: 'Hello.' })
    await talk.manager.setNode('bye', { taskMessages: [{ role: 'system', content: 'Bye.' }] })
    await talk.manager.setNode('hello')
    await talk.clock.settle()
    expect(talk.path).toEqual(['hello', 'bye', 'hello'])
    expect(talk.asked.map(({ history }) => history.at(-1))).toEqual([
      'developer: Hello.',
      'system: Bye.',
      'developer: Hello.',
    ])
    expect(Object.keys(talk.manager.nodes)).toEqual(['hello', 'bye'])
    await expect(talk.manager.setNode('other')).rejects.toBeInstanceOf(FlowTransitionError)
  })

  test('55. In a flow it takes the place of the node of that name, for functions too', async () => {
    const run = await runFlow(
      flowOf({ a: { task: 'A.', functions: [edge('go', 'b')] }, b: { task: 'B.', functions: [edge('back', 'a')] } }),
    )
    await run.manager.setNode('b', { task: 'Other.', functions: [edge('back', 'a')] })
    await run.rest()
    await run.call('back')
    await run.call('go')
    expect([run.currentNode, run.messages.at(-1)]).toEqual(['b', { role: 'developer', content: 'Other.' }])
    // A snapshot could not bring that node back.
    expect(() => run.manager.snapshot()).toThrow('made on the spot')
  })

  test('57. A pipeline that keeps no history is refused with the reason', () => {
    const task = new PipelineTask(
      new Pipeline([new FrameProcessor({ name: 'alone' })]),
      {},
      { defaultParts: false, runtime: createTestRuntime(new TestClock()) },
    )
    expect(() => new FlowManager({ task })).toThrow(FlowError)
    const llm = { runInference: () => Promise.resolve(null) }
    expect(() => new FlowManager({ task, llm })).toThrow('A flow needs context aggregators')
  })

  test('57. Where it keeps one, its messages are given', async () => {
    const talk = await Talk.start(flowOf({ a: { task: 'A.' } }), { answers: [['Hello.']] })
    await talk.advance(2)
    expect(talk.manager.getCurrentContext()).toEqual([
      { role: 'developer', content: 'A.' },
      { role: 'assistant', content: 'Hello.' },
    ])
  })
})

describe('functions in the shapes of providers', () => {
  const properties = { size: { type: 'string', enum: ['s', 'l'] } }
  const parameters = { type: 'object', properties, required: ['size'] }
  const handler = (args: Record<string, unknown>): object => ({ got: args['size'] })
  const own = { handler, transition_to: 'b' }
  const name = 'choose_size'
  const description = 'Record the size'
  const dicts: [string, ProviderDict][] = [
    ['OpenAI', { type: 'function', function: { name, description, parameters, ...own } }],
    ['Anthropic', { name, description, input_schema: parameters, ...own }],
    ['Gemini', { function_declarations: [{ name, description, parameters, ...own }] }],
    ['Bedrock', { toolSpec: { name, description, inputSchema: { json: parameters } }, ...own }],
  ]

  test.each(dicts)(
    '56. One of %s becomes a function that runs and leads on, and its private keys reach no provider',
    async (_vendor, dict) => {
      const fn = toFlowFunction(dict)
      const { name: named, description: told, properties: asked, required } = toolOf(fn)
      expect({ named, told, asked, required }).toEqual({
        named: name,
        told: description,
        asked: properties,
        required: ['size'],
      })
      const context = new LLMContext({ messages: [{ role: 'user', content: 'Hi.' }], tools: [toolOf(fn)] })
      for (const adapt of [toOpenAIChat, toOpenAIResponses, toAnthropic, toGemini, toBedrock]) {
        const wire = JSON.stringify(adapt(context))
        expect(wire).toContain(name)
        expect(wire).not.toMatch(/handler|transition/)
      }
      const talk = await Talk.start(flowOf({ a: { task: 'A.', functions: [fn] }, b: { task: 'B.' } }), {
        answers: [[call(name, { size: 'xl' })], [call(name, { size: 'l' })], ['There.']],
      })
      await talk.advance(3)
      expect(talk.history.filter((line) => line.startsWith('tool:'))).toEqual([
        expect.stringContaining('Invalid arguments'),
        'tool: {"got":"l"}',
      ])
      expect(talk.node).toBe('b')
    },
  )
})

describe('other ways on', () => {
  test('A text that is said before the move is heard to its end first', async () => {
    const go: FlowFunction = {
      name: 'go',
      description: '',
      transitionTo: ['b'],
      handler: () => speakThen('One moment please.', to('b')),
    }
    const talk = await Talk.start(flowOf({ a: { task: 'A.', functions: [go] }, b: { task: 'B.' } }), {
      answers: [['Sure. ', call('go')], ['There.']],
    })
    await talk.advance(1.5)
    expect(talk.node).toBe('a')
    await talk.advance(5)
    expect([talk.node, talk.spoken]).toEqual(['b', ['Sure.', 'One moment please.', 'There.']])
    expect(talk.lastAsked.history.slice(-2)).toEqual(['assistant: One moment please.', 'developer: B.'])
    expect(talk.lastAsked.atMs).toBeGreaterThanOrEqual(500 + 1800)
  })

  test('A function may lead to a node that is made on the spot, and from there back to a named one', async () => {
    const adHoc: FlowFunction = {
      name: 'ad_hoc',
      description: '',
      handler: () => jump({ name: 'x', task: 'X.', functions: [edge('back', 'a')] }, { result: { n: 1 } }),
    }
    const run = await runFlow(flowOf({ a: { task: 'A.', functions: [adHoc] } }))
    expect(await run.call('ad_hoc')).toEqual({ n: 1 })
    expect([run.currentNode, run.tools]).toEqual(['x', ['back']])
    await run.call('back')
    expect(run.currentNode).toBe('a')
  })

  test('A faulty node that a function makes on the spot is told to the model, and the conversation stays', async () => {
    const adHoc: FlowFunction = {
      name: 'ad_hoc',
      description: '',
      handler: () => jump(JSON.parse('{"name":"x"}') as { task: string }),
    }
    const run = await runFlow(flowOf({ a: { task: 'A.', functions: [adHoc] } }))
    await run.call('ad_hoc')
    expect([run.currentNode, run.isAsked]).toEqual(['a', true])
    expect(errorsOf(run)).toMatchObject([{ name: 'FlowDefinitionError', message: expect.stringContaining('task') }])
  })

  test.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['a promise', () => Promise.resolve({ task: 'B.' })],
    ['a text', () => 'B.'],
  ])(
    'A node whose function gives %s is refused with what is wrong, and the conversation stays',
    async (_what, make) => {
      const run = await runFlow(flowOf({ a: { task: 'A.', functions: [edge('go', 'b')] }, b: make as never }))
      await run.call('go')
      expect([run.currentNode, run.isAsked]).toEqual(['a', true])
      expect(errorsOf(run)).toMatchObject([
        { name: 'FlowDefinitionError', message: expect.stringMatching(/no node|task/) },
      ])
    },
  )

  test('A node that is entered again is a new visit: its first reply counts again, and its input is the newest', async () => {
    const ran = vi.fn()
    const run = await runFlow(
      flowOf({
        a: { task: 'A.', functions: [edge('go', 'b', { handler: () => to('b', { input: { n: 1 } }) })] },
        b: (({ n }: { n: number }) => ({
          task: `Question ${n}.`,
          after: [{ type: 'note', handler: ran }],
          functions: [
            { name: 'next', description: '', transitionTo: ['b'], handler: () => to('b', { input: { n: n + 1 } }) },
          ],
        })) as never,
      }),
    )
    await run.call('go')
    await run.reply('One?')
    await run.call('next')
    await run.reply('Two?')
    await run.reply('And?')
    await run.call('next')
    expect(run.messages.at(-1)).toEqual({ role: 'developer', content: 'Question 3.' })
    expect(ran).toHaveBeenCalledTimes(2)
  })

  test('A node that cannot be made from its input is an error that the model is told of', async () => {
    const run = await runFlow(
      flowOf({
        a: { task: 'A.', functions: [edge('go', 'b')] },
        b: ((input: { n: number }) => ({ task: `Question ${input.n.toFixed()}.` })) as never,
      }),
    )
    await run.call('go')
    expect([run.currentNode, run.isAsked]).toEqual(['a', true])
    expect(errorsOf(run)).toMatchObject([{ name: 'FlowTransitionError', message: expect.stringContaining("'b'") }])
  })

  test('A move is told in order: what is left, the way, and what is entered', async () => {
    const run = await runFlow(flowOf({ a: { task: 'A.', functions: [edge('go', 'b')] }, b: { task: 'B.' } }))
    await run.call('go')
    const kinds = ['flow.exit', 'flow.transition', 'flow.enter']
    expect(run.events.filter(({ type }) => kinds.includes(type))).toMatchObject([
      { type: 'flow.transition', from: null, to: 'a', cause: { by: 'initialize' } },
      { type: 'flow.enter', node: 'a', visit: 1 },
      { type: 'flow.exit', node: 'a', visit: 1 },
      { type: 'flow.transition', from: 'a', to: 'b', cause: { by: 'function', name: 'go' } },
      { type: 'flow.enter', node: 'b', visit: 2 },
    ])
  })

  test('Moves that are asked for while a node is entered take its place, and the last one counts', async () => {
    const { opened, open } = gate()
    const run = await runFlow(
      flowOf({
        a: { task: 'A.' },
        b: { task: 'B.', before: [{ type: 'wait', handler: () => opened }, say('Never said.')] },
        c: { task: 'C.' },
        d: { task: 'D.' },
      }),
    )
    const entering = run.manager.setNode('b')
    await run.manager.setNode('c')
    await run.manager.setNode('d')
    open()
    await entering
    await run.rest()
    expect(run.events.flatMap((event) => (event.type === 'flow.enter' ? [event.node] : []))).toEqual(['a', 'd'])
    expect([run.currentNode, run.said]).toEqual(['d', []])
  })

  test('A node may be entered so often and no more; then it leads on as from an error', async () => {
    const run = await runFlow(
      flowOf({
        a: { task: 'A.', functions: [edge('try', 'b')] },
        b: { task: 'B.', functions: [edge('again', 'b')], maxVisits: 2, onError: to('c') },
        c: { task: 'C.', functions: [edge('back', 'b')] },
      }),
    )
    await run.call('try')
    await run.call('again')
    expect(run.currentNode).toBe('b')
    await run.call('again')
    expect(run.currentNode).toBe('c')
    expect(errorsOf(run)).toMatchObject([{ code: 'flow-max-visits' }])
    await run.call('back')
    expect(run.currentNode).toBe('c')
  })

  test('A node that may not be entered any more and leads nowhere leaves the conversation where it is, and the model knows why', async () => {
    const run = await runFlow(flowOf({ a: { task: 'A.', functions: [edge('again', 'a')], maxVisits: 1 } }))
    await run.call('again')
    expect([run.currentNode, run.isAsked, run.tools]).toEqual(['a', true, ['again']])
    expect(JSON.stringify(run.messages.at(-1))).toContain('which is its limit')
  })

  test('A function that fails leads on where its node says', async () => {
    const look: FlowFunction = { name: 'look', description: '', handler: () => Promise.reject(new Error('no line')) }
    const run = await runFlow(flowOf({ a: { task: 'A.', functions: [look], onError: to('b') }, b: { task: 'B.' } }))
    expect(await run.call('look')).toEqual({ status: 'error', error: 'no line' })
    expect(run.currentNode).toBe('b')
  })

  test('A way on from an error that fails itself is not tried for ever', async () => {
    const run = await runFlow(
      flowOf({
        a: {
          task: 'A.',
          functions: [{ name: 'look', description: '', handler: () => Promise.reject(new Error('x')) }],
          onError: to('b'),
        },
        b: { task: 'B.', before: [{ type: 'unknown' }], onError: to('b') },
      }),
    )
    await run.call('look')
    expect([run.currentNode, run.isAsked, errorsOf(run).length]).toEqual(['a', true, 2])
  })

  test('A role, a model and a temperature hold as long as they say', async () => {
    const talk = await Talk.start(
      flowOf({
        a: { role: 'R.', task: 'A.' },
        b: { task: 'B.', model: 'large', temperature: 0.1 },
        c: { task: 'C.' },
      }),
    )
    await talk.send()
    for (const node of ['b', 'c']) {
      await talk.manager.setNode(node)
      await talk.clock.settle()
    }
    expect(talk.asked.map(({ role, model, temperature }) => ({ role, model, temperature }))).toEqual([
      { role: 'R.', model: undefined, temperature: undefined },
      { role: 'R.', model: 'large', temperature: 0.1 },
      { role: 'R.', model: undefined, temperature: undefined },
    ])
  })
})
