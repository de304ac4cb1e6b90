import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { ALL, example, given } from '../../test/files/examples.ts'
import { FlowDefinitionError } from '../definition/errors.ts'
import { to } from '../definition/outcome.ts'
import { runFlow } from '../testing/run-flow.ts'
import { testFlow } from '../testing/test-flow.ts'
import { loadFlow, type LoadFlowOptions } from './load-flow.ts'

function faultsOf(input: string | object, options: LoadFlowOptions = given): string[] {
  try {
    loadFlow(input, options)
  } catch (error) {
    if (!(error instanceof FlowDefinitionError)) throw error
    return error.faults.map(({ path, message, line }) => `${line === undefined ? '' : `${line} `}${path}: ${message}`)
  }
  return []
}

const flowWith = (parts: object, nodes: object = {}): object => ({
  version: 1,
  id: 'x',
  initialNode: 'a',
  nodes: { a: { task: 'Talk.', after: [{ type: 'end_conversation' }], ...parts }, ...nodes },
})
const fn = (parts: object): object => ({ functions: [{ name: 'go', description: 'Goes', ...parts }] })

describe('loadFlow: examples', () => {
  test.each(ALL)('loads %s', (name) => {
    const { flow } = loadFlow(example(name), given)
    expect(Object.keys(flow.nodes)).toContain(flow.initialNode)
  })

  test.each(['hello-world.json', 'food-ordering.yaml', 'travel-planner.static.json'])(
    'every edge of %s can be walked',
    async (name) => {
      const { coverage } = await testFlow(loadFlow(example(name), given).flow)
      expect(coverage.edges.percent).toBe(100)
    },
  )

  test('a table is taken, refused with what is free instead, and taken then', async () => {
    const run = await runFlow(loadFlow(example('reservation.yaml'), given).flow)
    expect(await run.call('collect_party_size', { size: 13 })).toMatchObject({ status: 'error' })
    expect(await run.call('collect_party_size', { size: 4 })).toEqual({ size: 4 })
    expect(run.currentNode).toBe('get_time')
    expect(JSON.stringify(run.messages)).toContain('the table for 4 is to be')
    await run.call('check_availability', { time: '20:00' })
    expect(run.currentNode).toBe('no_availability')
    expect(JSON.stringify(run.messages)).toContain('20:00 is taken, and offer: [\\"18:00\\",\\"21:00\\"]')
    await run.call('check_availability', { time: '18:00' })
    expect(run.currentNode).toBe('confirm')
    await run.call('end_conversation')
    expect(run.said).toContain('Thank you, goodbye.')
    expect(run.hasEnded).toBe(true)
  })

  test('a sub-flow gives its output to the decision, and the state opens a function', async () => {
    const record = (args: { prescriptions: unknown[] }, ctx: { state: Record<string, unknown> }): string => {
      ctx.state['prescriptions'] = args.prescriptions
      return 'recorded'
    }
    const { flow } = loadFlow(example('patient-intake.yaml'), { ...given, handlers: { record_prescriptions: record } })
    const run = await runFlow(flow)
    const verified = run.call('verify_identity')
    await run.rest()
    expect(run.tools).toEqual(['give_birthday'])
    expect(JSON.stringify(run.messages)).toContain('because of safety')
    await run.call('give_birthday', { birthday: '1983-01-01' })
    await verified
    expect(run.currentNode).toBe('prescriptions')
    await run.call('record_prescriptions', { prescriptions: [{ medication: 'A', dosage: '1' }] })
    expect(run.currentNode).toBe('verify')
    expect(JSON.stringify(run.messages)).toContain('There are 1 medicines')
    expect(run.tools).toEqual(['revise', 'confirm'])
  })

  test('a decision of the editor is made with what the handler of its name gives', async () => {
    const answers = [1, 'over']
    const { flow, warnings } = loadFlow(example('podcast.editor.json'), {
      handlers: { ...given.handlers, next_question: () => answers.shift() },
    })
    expect(warnings).toMatchObject([{ code: 'kept-code', path: 'nodes.1.data.functions.0.decision.action', line: 49 }])
    const run = await runFlow(flow)
    expect(JSON.stringify(run.messages)).toContain('{{guest}}')
    await run.call('set_topic', { topic: 'bees' })
    await run.call('next_question', { answer: 'yes' })
    expect(run.currentNode).toBe('interview')
    await run.call('next_question', { answer: 'no' })
    expect(run.currentNode).toBe('conclusion')
    expect(flow).toMatchObject({ id: 'podcast-interview', version: '0.3.0' })
  })

  test('a node without a model moves on by the state', async () => {
    const { flow } = loadFlow(example('warm-transfer.yaml'), given)
    const run = await runFlow(flow, { state: { closed: true } })
    expect(await run.call('opening_hours')).toBe('9 to 5, {{always}}')
    await run.call('talk_to_person')
    expect(run.said).toContain('Nobody is there, I am sorry.')
    expect(run.currentNode).toBe('triage')
  })
})

describe('loadFlow: what each field of the reference becomes', () => {
  const messages = [{ role: 'system', content: 'Ask.' }]
  const handlers = { look: () => 1, eta: () => 2 }
  const actions = { note: () => undefined }
  const pre_actions = [{ type: 'tts_say', text: 'Hello.', append_text_to_context: false }]
  const post_actions = [
    { type: 'note', extra: 1 },
    { type: 'end_conversation', text: 'Bye.' },
  ]
  const expected = {
    role: 'You help.',
    before: [{ type: 'tts_say', text: 'Hello.', appendTextToContext: false }],
    after: [
      { type: 'note', extra: 1, handler: actions.note },
      { type: 'end_conversation', text: 'Bye.' },
    ],
    respondImmediately: false,
  }

  test('of a static file', () => {
    const look = {
      name: 'look',
      description: 'Looks',
      properties: { n: { type: 'integer' } },
      required: ['n'],
      handler: '__function__:look',
      transition_to: 'b',
      timeout_secs: 7,
      cancel_on_interruption: true,
    }
    const node = {
      role_messages: [{ role: 'system', content: 'You help.' }],
      task_messages: messages,
      pre_actions,
      post_actions,
    }
    const { flow } = loadFlow(
      {
        initial_node: 'a',
        global_functions: [{ name: 'eta', description: 'When', handler: 'eta' }],
        nodes: {
          a: { ...node, functions: [look], respond_immediately: false, context_strategy: { strategy: 'RESET' } },
          b: {
            task_messages: messages,
            context_strategy: { strategy: 'reset_with_summary', summary_prompt: 'Sum up.' },
          },
        },
      },
      { handlers, actions },
    )
    expect(flow.nodes['a']).toMatchObject({
      ...expected,
      task: messages,
      context: 'reset',
      functions: [
        {
          name: 'look',
          description: 'Looks',
          transitionTo: ['b'],
          timeoutSecs: 7,
          cancelOnInterruption: true,
          parameters: { jsonSchema: { properties: { n: { type: 'integer' } }, required: ['n'] } },
        },
      ],
    })
    expect(flow.nodes['b']).toMatchObject({ context: { summary: 'Sum up.' } })
    expect(flow.globalFunctions).toMatchObject([{ name: 'eta', description: 'When' }])
  })

  test('of a file of the editor', () => {
    const data = {
      role_messages: [{ role: 'system', content: 'You help.' }],
      task_messages: messages,
      functions: [
        {
          name: 'look',
          description: 'Looks',
          properties: { n: { type: 'integer' } },
          required: ['n'],
          next_node_id: 'b',
        },
      ],
      pre_actions,
      post_actions,
      context_strategy: { strategy: 'RESET_WITH_SUMMARY', summary_prompt: 'Sum up.' },
      respond_immediately: false,
    }
    const position = { x: 0, y: 0 }
    const file = {
      meta: { name: 'X', version: '0.1.0' },
      nodes: [
        { id: 'a', type: 'initial', position, data },
        { id: 'b', type: 'end', position, data: { task_messages: messages } },
      ],
      edges: [],
    }
    const { flow } = loadFlow(file, { handlers, actions })
    expect(flow).toMatchObject({ id: 'x', version: '0.1.0', initialNode: 'a' })
    expect(flow.nodes['a']).toMatchObject({
      ...expected,
      task: messages,
      context: { summary: 'Sum up.' },
      functions: [{ name: 'look', transitionTo: ['b'], parameters: { jsonSchema: { required: ['n'] } } }],
    })
    expect(faultsOf({ ...file, nodes: [...file.nodes, file.nodes[1]] }, { handlers, actions })).toEqual([
      expect.stringMatching(/^nodes\.2\.id: "b" is the id of an earlier node/),
    ])
    const decision = {
      action: '1',
      conditions: [{ operator: 'not in', value: '[1, 2]', next_node_id: 'b' }],
      default_next_node_id: 'a',
    }
    const decides = { name: 'look', description: 'Looks', decision }
    const nodes = [{ id: 'a', type: 'initial', position, data: { ...data, functions: [decides] } }, file.nodes[1]]
    const decided = loadFlow({ ...file, nodes }, { handlers, actions })
    expect(decided.file.nodes['a']?.functions?.[0]?.decision).toMatchObject({
      branches: [{ when: { op: 'notIn', left: { path: 'result' }, right: [1, 2] }, to: 'b' }],
      otherwise: 'a',
    })
    expect(faultsOf({ ...file, edges: [{ id: 'e', source: 'a', target: 'c' }] }, { handlers, actions })).toEqual([
      expect.stringMatching(/^edges\.0\.target: "c" is no node/),
    ])
  })
})

describe('loadFlow: functions', () => {
  test('a handler may return an outcome, which counts before the decision', async () => {
    const decision = { branches: [{ when: { op: '>', left: { path: 'args.n' }, right: 1 }, to: 'b' }] }
    const parameters = { type: 'object', properties: { n: { type: 'integer', default: 1 } } }
    const file = flowWith(fn({ handler: 'pick', parameters, decision, transitionTo: ['b', 'c'] }), {
      b: { task: 'B', after: [{ type: 'end_conversation' }] },
      c: { task: 'C', after: [{ type: 'end_conversation' }] },
    })
    const { flow } = loadFlow(file, { handlers: { pick: ({ n }: { n: number }) => (n === 9 ? to('c') : { n }) } })
    const started = async (args: object): Promise<[unknown, string | null]> => {
      const run = await runFlow(flow)
      return [await run.call('go', { ...args }), run.currentNode]
    }
    expect(await started({})).toEqual([{ n: 1 }, 'a'])
    expect(await started({ n: 2 })).toEqual([{ n: 2 }, 'b'])
    expect((await started({ n: 9 }))[1]).toBe('c')
    expect((await started({ n: 'x' }))[0]).toMatchObject({ status: 'error' })
  })

  test('texts of a function see its arguments, the state and what its node was entered with', async () => {
    const input = { type: 'object', properties: { left: { type: 'integer' } }, required: ['left'] }
    const file = {
      ...flowWith(fn({ transitionTo: { node: 'b', input: { left: 3 }, say: 'Wait for {{state.who}}.' } }), {
        b: {
          input,
          task: '{{left}} left.',
          functions: [{ name: 'tell', description: 'Tells', result: '{{input.left}} for {{state.who}}' }],
        },
      }),
      initialState: { who: 'Ann' },
    }
    const run = await runFlow(loadFlow(file).flow)
    await run.call('go')
    expect(run.said).toContain('Wait for Ann.')
    expect(await run.call('tell')).toBe('3 for Ann')
  })

  test('schemas of the program can stand for JSON Schema', async () => {
    const file = flowWith(fn({ parameters: 'size', result: 'A {{args.size}} one.' }))
    const { flow } = loadFlow(file, { schemas: { size: z.object({ size: z.enum(['small', 'large']) }) } })
    const run = await runFlow(flow)
    expect(await run.call('go', { size: 'small' })).toBe('A small one.')
    expect(await run.call('go', { size: 'huge' })).toMatchObject({ status: 'error' })
    expect(faultsOf(flowWith(fn({ parameters: 'siez', result: 1 })), { schemas: { size: z.object({}) } })).toEqual([
      'nodes.a.functions.0.parameters: no schema "siez" was given; pass it in "schemas". Did you mean "size"?',
    ])
  })
})

describe('loadFlow: faults', () => {
  test('all are found at once, with line, place and mend', () => {
    const text = example('food-ordering.yaml')
      .replace('initialNode: initial', 'initialNode: intial')
      .replace('transitionTo: confirm\n        timeoutSecs: 5', 'transitionTo: confrim\n        timeoutSecs: soon')
      .replace('handler: select_sushi_order', 'handler: select_sushi')
      .replace('handler: check_kitchen', 'handler: get_delivery_estimate')
      .replace('size: { type: string', 'size: { type: sting')
      .replace('expects: yesNo', 'expects: yes')
    expect(faultsOf(text)).toEqual([
      '41 nodes.choose_pizza.functions.0.timeoutSecs: is "soon"; expected a number',
      '57 nodes.confirm.expects: is "yes"; expected one of "digits", "email", "name", "yesNo", "free".',
      '8 initialNode: "intial" is no node of this flow. Did you mean "initial"?',
      '20 nodes.initial.before.0.handler: no action "get_delivery_estimate" was given; pass it in "actions". It is among "handlers", which are for functions.',
      '36 nodes.choose_pizza.functions.0.parameters.properties.size.type: is no type of JSON Schema; there are string, number, integer, boolean, array, object, null. Did you mean "string"?',
      '40 nodes.choose_pizza.functions.0.transitionTo: "confrim" is no node of this flow. Did you mean "confirm"?',
      '53 nodes.choose_sushi.functions.0.handler: no handler "select_sushi" was given; pass it in "handlers".',
    ])
  })

  test('those of an editor file and of a static file have the places of those files', () => {
    const editor = example('podcast.editor.json')
      .replace('"next_node_id": "interview"\n          }', '"next_node_id": "inteview"\n          }')
      .replace('"default_next_node_id": "conclusion"', '"default_next_node_id": "conclusio"')
      .replace('"source": "introduction"', '"source": "intro"')
      .replace('"operator": "<"', '"operator": "<<"')
    expect(faultsOf(editor, { handlers: {} })).toEqual([
      '51 nodes.1.data.functions.0.decision.conditions.0.operator: is "<<"; expected one of "<", "<=", "==", ">=", ">", "!=", "not", "in", "not in". Did you mean "<"?',
      '75 edges.0.source: "intro" is no node of this flow.',
      '10 global_functions.0: "skip_question" does nothing; give it a handler, transitionTo, a decision or a result',
      '27 nodes.0.data.functions.0.next_node_id: "inteview" is no node of this flow. Did you mean "interview"?',
      '43 nodes.1.data.functions.0.name: no handler "next_question" was given; pass it in "handlers".',
      '55 nodes.1.data.functions.0.decision.default_next_node_id: "conclusio" is no node of this flow. Did you mean "conclusion"?',
    ])
    const fixed = example('travel-planner.static.json')
      .replace('"transition_to": "get_dates"', '"transition_to": "getdates"')
      .replace('"initial_node": "start"', '"initial_node": "strat"')
      .replace('"timeout_secs": 12', '"timeout_secs": 12, "transition_callback": "__function__:later"')
    expect(faultsOf(fixed, { handlers: { record_dates: () => 1 } })).toEqual([
      expect.stringMatching(/^\d+ nodes.get_dates.functions.0.transition_callback: a file has no callbacks/),
      '2 initial_node: "strat" is no node of this flow. Did you mean "start"?',
      expect.stringMatching(/^\d+ nodes.choose_beach.functions.0.function.handler: no handler "select_destination"/),
      expect.stringMatching(
        /^\d+ nodes.choose_beach.functions.0.function.transition_to: "getdates" is no node .* "get_dates"\?/,
      ),
      expect.stringMatching(/^\d+ nodes.choose_mountain.functions.0.function.handler: no handler "select_destination"/),
    ])
  })

  test.each<[string, object, string]>([
    ['a function that does nothing', fn({}), 'nodes.a.functions.0: "go" does nothing'],
    ['several targets and nobody to choose', fn({ transitionTo: ['a', 'b'] }), 'names several nodes'],
    ['a name that a provider refuses', fn({ name: 'go on', result: 1 }), 'expected 1 to 64 letters'],
    [
      'a target inside of a decision',
      fn({ decision: { branches: [{ when: true, to: 'c' }] } }),
      'branches.0.to: "c" is no node',
    ],
    ['a path that leads nowhere', fn({ result: '{{args.x}}' }), 'args has no "x"'],
    [
      'a path without a beginning',
      fn({ result: '{{size}}', parameters: { type: 'object', properties: { size: {} } } }),
      'Did you mean "args.size"?',
    ],
    [
      'a condition on arguments that are not there',
      fn({ result: 1, when: { path: 'args.x' } }),
      'when.path: {{args.x}} refers to nothing',
    ],
    [
      'a code-like condition',
      fn({ result: 1, when: { op: 'eval', left: 1, right: 1 } }),
      'functions.0.when.op: is "eval"',
    ],
    [
      'an input for a node that takes none',
      { onSpoken: { node: 'b', input: { x: 1 } } },
      'onSpoken.input: "b" takes no input',
    ],
    ['an input that is missing', { onSpoken: 'c2' }, 'onSpoken: "c2" is no node'],
    ['a template in a node without input', { task: 'Hello {{name}}' }, 'task: {{name}} refers to nothing'],
    ['a sub-flow that is not there', fn({ call: { flow: 'x' } }), 'call.flow: "x" is none of the subFlows'],
    ['done beside a transition', fn({ done: { output: 1 }, transitionTo: 'b' }), 'ends the flow'],
    ['a move from the background', fn({ background: true, transitionTo: 'b' }), 'cannot move the conversation'],
    ['a speech without a text', { before: [{ type: 'tts_say' }] }, 'needs a text'],
    ['a function action without a handler', { before: [{ type: 'function' }] }, 'needs a handler'],
    ['a summary without a prompt', { context: { summary: '' } }, 'context.summary: is empty'],
    [
      'two functions of one name',
      {
        functions: [
          { name: 'x', description: '', result: 1 },
          { name: 'x', description: '', result: 1 },
        ],
      },
      'functions.1.name: "x" is there twice',
    ],
    [
      'an array schema of arguments',
      fn({ result: 1, parameters: { type: 'array' } }),
      'is not the schema of an object',
    ],
    [
      'a required argument that is none',
      fn({ result: 1, parameters: { type: 'object', properties: { size: {} }, required: ['sizes'] } }),
      'required.0: is not among the properties. Did you mean "size"?',
    ],
    [
      'a reference to nothing',
      fn({ result: 1, parameters: { type: 'object', properties: { size: { $ref: '#/$defs/x' } } } }),
      '$ref: refers to nothing',
    ],
  ])('%s', (_, parts, message) => {
    expect(faultsOf(flowWith(parts, { b: { task: '' } })).join('\n')).toContain(message)
  })

  test('an edge has to give what its node is entered with', () => {
    const input = { type: 'object', properties: { left: { type: 'integer' } }, required: ['left'] }
    const withTarget = (target: unknown): string[] =>
      faultsOf(flowWith({ onSpoken: target }, { b: { input, task: '{{left}}' } }))
    expect(withTarget('b')[0]).toContain('write { node: b, input: { left: ... } }')
    expect(withTarget({ node: 'b', input: { left: 'x' } })).toEqual([
      'nodes.a.onSpoken.input.left: is "x"; expected a whole number',
    ])
    expect(withTarget({ node: 'b', input: { left: '{{state.n}}', lefd: 1 } })).toEqual([
      'nodes.a.onSpoken.input.lefd: "lefd" is not in the node\'s input. Did you mean "left"?',
    ])
    expect(withTarget({ node: 'b', input: { left: '{{state.n}}' } })).toEqual([])
  })

  test('names of handlers are own keys of the map', () => {
    expect(faultsOf(flowWith(fn({ handler: 'toString' })), { handlers: {} })[0]).toContain('no handler "toString"')
    expect(faultsOf(flowWith(fn({ transitionTo: 'valueOf' })))[0]).toContain('"valueOf" is no node')
  })

  test('a state that the schema of the program refuses is found', () => {
    const file = { ...flowWith({}), state: 'order', initialState: { count: 'x' } }
    const faults = faultsOf(file, { schemas: { order: z.object({ count: z.number() }) } })
    expect(faults[0]).toContain('initialState: count:')
  })

  test('a file full of wrong names is refused in little time', () => {
    const nodes = Object.fromEntries(
      Array.from({ length: 6000 }, (_, index) => [
        `node_${index}`,
        { task: `{{${' '.repeat(50)}`, onSpoken: `nodee_${index}` },
      ]),
    )
    expect(faultsOf({ version: 1, id: 'x', initialNode: 'node_0', nodes })).toHaveLength(6000)
  })

  test('what is no flow at all is refused', () => {
    for (const input of [
      '',
      'hello',
      '[]',
      '{}',
      '{"nodes": {}}',
      '{"nodes": []}',
      '{"initial_node": 1}',
      '{"version": 2}',
    ]) {
      expect(faultsOf(input).length, input).toBeGreaterThan(0)
    }
    expect(() => loadFlow('hello')).toThrow('is no flow')
  })

  test('a key that nothing reads is kept, and named if it looks like a slip', () => {
    const { warnings, document } = loadFlow(flowWith({ respondImediately: false, colour: 'red' }))
    expect(warnings).toMatchObject([{ code: 'unknown-key', path: 'nodes.a.respondImediately' }])
    expect(document).toMatchObject({ nodes: { a: { colour: 'red' } } })
  })

  test('nodes that nobody reaches are named with their line', () => {
    const text =
      'version: 1\nid: x\ninitialNode: a\nnodes:\n  a: { task: A, after: [{ type: end_conversation }] }\n  b: { task: B, onSpoken: a }\n'
    expect(loadFlow(text).warnings).toMatchObject([{ code: 'unreachable-node', path: 'nodes.b', line: 6 }])
  })

  test('actions may be registered at the manager later', () => {
    expect(
      loadFlow(flowWith({ before: [{ type: 'hold_musik' }] }), { actions: { hold_music: () => 1 } }).warnings,
    ).toMatchObject([{ code: 'unregistered-action', message: expect.stringContaining('Did you mean "hold_music"?') }])
  })
})
