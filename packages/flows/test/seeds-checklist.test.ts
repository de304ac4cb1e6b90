import { type LLMEvent, LLMService, type Message, messageText } from '@pc/core'
import { TestClock } from '@pc/core/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import {
  toAnthropic,
  toBedrock,
  toFlowFunction,
  toFlowFunctions,
  toGemini,
  toOpenAIChat,
  toOpenAIResponses,
} from '../src/adapters/index.ts'
import { type Handoff, MultiAgentFlowManager } from '../src/agents/index.ts'
import {
  defineFlow,
  direct,
  type FlowArgs,
  type FlowConfig,
  type FlowFunction,
  flowFunction,
  FlowManager,
  type FlowResult,
  FlowsFunctionSchema,
  FlowTransitionError,
  type NodeConfig,
  UnknownAgentError,
} from '../src/index.ts'
import { optimize, OptimizedFlowManager, Optimizer } from '../src/optimize/index.ts'
import * as pipecat from '../src/pipecat/index.ts'
import { Stage, type StageOptions } from './seeds-stage.ts'
import { type Answer, call } from './statements/talk.ts'

/** Out of order. */
class Failing extends LLMService {
  override generate(): AsyncIterable<LLMEvent> {
    throw new Error('out of order')
  }
}

const stages: Stage[] = []

function stage(options: StageOptions = {}): Stage {
  const made = new Stage(options)
  stages.push(made)
  return made
}

afterEach(async () => {
  for (const each of stages.splice(0)) await each.end()
})

const system = (content: string): Message => ({ role: 'system', content })

const size = { type: 'string', enum: ['small', 'medium', 'large'], description: 'Pizza size selection' } as const
const words = { name: 'select_pizza_size', description: 'Select the size of pizza the customer wants' }
const schema = { type: 'object', properties: { size }, required: ['size'] } as const

async function handleSizeSelection(args: FlowArgs): Promise<FlowResult> {
  return { status: 'success', data: { selected_size: String(args['size']) } }
}

/** What the model read as the result of its last call. */
function lastResult({ context }: Stage): unknown {
  const message = context.messages.findLast((each) => 'role' in each && each.role === 'tool')
  return message === undefined || !('role' in message) ? undefined : JSON.parse(messageText(message))
}

describe('document A, the complete technical guide', () => {
  it('A1: the application layer (flow manager, adapters, actions) stands on pipeline and foundation in @pc/flows', async () => {
    const scene = stage({ answers: [[call('select_pizza_size', { size: 'large' })], ['Which toppings?']] })
    const orders: unknown[] = []
    const select = toFlowFunction({
      type: 'function',
      function: { ...words, parameters: schema },
      handler: handleSizeSelection,
      transition_to: 'toppings_node',
    })
    const flowManager = new FlowManager({
      ...scene.parts,
      flowConfig: {
        initialNode: 'size_node',
        nodes: {
          size_node: {
            taskMessages: [system('Ask for a size.')],
            functions: [select],
            preActions: [{ type: 'tts_say', text: 'Welcome.' }],
          },
          toppings_node: {
            taskMessages: [system('Ask for toppings.')],
            postActions: [{ type: 'note_order', kitchen: 'main' }],
          },
        },
      },
    })
    flowManager.registerAction('note_order', (action, { currentNode }) => orders.push([action['kitchen'], currentNode]))
    await scene.during(flowManager.initialize())
    expect(flowManager.currentNode).toBe('toppings_node')
    expect(scene.model.asked.map(({ tools }) => tools)).toEqual([['select_pizza_size'], []])
    expect(scene.voice.spoken).toEqual(['Welcome.', 'Which toppings?'])
    expect(orders).toEqual([['main', 'toppings_node']])
    expect([...scene.frames]).toEqual(
      expect.arrayContaining([
        'LLMSetToolsFrame',
        'LLMRunFrame',
        'TTSSpeakFrame',
        'FunctionCallInProgressFrame',
        'FunctionCallResultFrame',
        'TTSAudioRawFrame',
      ]),
    )
  })

  it('A6: FlowManager in static and dynamic mode, state, currentNode, currentFunctions, setNode', async () => {
    const select = new FlowsFunctionSchema({ ...words, properties: { size }, handler: handleSizeSelection })
    const flowConfig: FlowConfig = {
      initialNode: 'size_node',
      nodes: {
        size_node: { taskMessages: [system('Ask for a size.')], functions: [select] },
        toppings_node: { taskMessages: [system('Ask for toppings.')] },
      },
    }
    const known = stage()
    const fixed = new FlowManager({ ...known.parts, flowConfig })
    expect(fixed).toMatchObject({ mode: 'static', initialNode: 'size_node', currentNode: null })
    expect(fixed.state).toEqual({})
    expect(Object.keys(fixed.nodes)).toEqual(['size_node', 'toppings_node'])
    expect(fixed.currentFunctions).toEqual(new Set())
    await known.during(fixed.initialize())
    expect(fixed.currentNode).toBe('size_node')
    expect(fixed.currentFunctions).toEqual(new Set(['select_pizza_size']))
    fixed.state['customer'] = 'Ann'
    await known.during(fixed.setNode('toppings_node'))
    expect(fixed).toMatchObject({ currentNode: 'toppings_node', state: { customer: 'Ann' } })
    expect(fixed.currentFunctions).toEqual(new Set())
    const unknown = known.during(fixed.setNode('drinks_node'))
    await expect(unknown).rejects.toThrow(FlowTransitionError)
    await expect(unknown).rejects.toThrow("Node 'drinks_node' not found")
    expect(fixed.currentNode).toBe('toppings_node')

    const open = stage()
    const dynamic = new FlowManager(open.parts)
    expect([dynamic.mode, dynamic.nodes, dynamic.currentNode]).toEqual(['dynamic', {}, null])
    await open.during(dynamic.initialize())
    expect(dynamic.currentNode).toBeNull()
    const drinks: NodeConfig = { taskMessages: [system('Ask for drinks.')], functions: [select] }
    await open.during(dynamic.setNode('drinks_node', drinks))
    expect(dynamic.currentNode).toBe('drinks_node')
    expect(dynamic.currentFunctions).toEqual(new Set(['select_pizza_size']))
    await open.during(dynamic.setNode('bill_node', { taskMessages: [system('Tell the price.')] }))
    await open.during(dynamic.setNode('drinks_node'))
    expect(dynamic.currentNode).toBe('drinks_node')
    expect(Object.keys(dynamic.nodes)).toEqual(['drinks_node', 'bill_node'])
    expect(open.history).toEqual(['system: Ask for drinks.', 'system: Tell the price.', 'system: Ask for drinks.'])

    const guide = stage()
    const { contextAggregator: context_aggregator, ...rest } = guide.parts
    const flow_manager = new pipecat.FlowManager({
      ...rest,
      context_aggregator,
      flow_config: { initial_node: 'size_node', nodes: { size_node: { task_messages: [] } } },
    })
    expect(flow_manager).toMatchObject({ mode: 'static', initial_node: 'size_node', current_node: null })
    await guide.during(flow_manager.initialize())
    await guide.during(flow_manager.set_node('bill_node', { task_messages: [system('Tell the price.')] }))
    expect(flow_manager.current_node).toBe('bill_node')
    expect(flow_manager.current_functions).toEqual(new Set())
    await expect(guide.during(flow_manager.set_node('drinks_node'))).rejects.toThrow("Node 'drinks_node' not found")
  })

  it('A7: FlowConfig and NodeConfig, adapters per model format, actions as side effects', async () => {
    const happened: string[] = []
    const select = toFlowFunctions({ function_declarations: [{ ...words, parameters: schema }] })
    const sizeNode: NodeConfig = {
      name: 'size_node',
      roleMessages: [system('You take orders by phone.')],
      taskMessages: [system('Ask for a size.')],
      functions: select,
      preActions: [
        { type: 'tts_say', text: 'Welcome.' },
        { type: 'ring', handler: ({ type }) => void happened.push(`${type} after ${scene.voice.spoken.join()}`) },
      ],
      postActions: [{ type: 'function', handler: () => void happened.push(`done after ${scene.voice.spoken.join()}`) }],
    }
    const flowConfig: FlowConfig = { initialNode: 'size_node', nodes: { size_node: sizeNode } }
    const scene = stage({ answers: [['Which size?']] })
    const flowManager = new FlowManager({ ...scene.parts, flowConfig })
    await scene.during(flowManager.initialize())
    expect(scene.history).toEqual([
      'assistant: Welcome.',
      'system: You take orders by phone.',
      'system: Ask for a size.',
      'assistant: Which size?',
    ])
    expect(happened).toEqual(['ring after Welcome.', 'done after Welcome.,Which size?'])

    const { context } = scene
    expect(toOpenAIChat(context).tools).toMatchObject([
      { type: 'function', function: { ...words, parameters: schema } },
    ])
    expect(toOpenAIResponses(context).tools).toMatchObject([{ type: 'function', ...words, parameters: schema }])
    expect(toAnthropic(context).tools).toMatchObject([{ ...words, input_schema: schema }])
    expect(toGemini(context).tools).toMatchObject([{ functionDeclarations: [words] }])
    expect(toBedrock(context).toolConfig).toMatchObject({
      tools: [{ toolSpec: { ...words, inputSchema: { json: schema } } }],
    })

    const own = { handler: handleSizeSelection, transition_to: 'toppings_node' }
    for (const dict of [
      { type: 'function', function: { ...words, parameters: schema }, ...own },
      { type: 'function', ...words, parameters: schema, ...own },
      { ...words, input_schema: schema, ...own },
      { function_declarations: [{ ...words, parameters: schema, ...own }] },
      { toolSpec: { ...words, inputSchema: { json: schema } }, ...own },
    ]) {
      const other = stage({ answers: [[call('select_pizza_size', { size: 'small' })], ['Which toppings?']] })
      const { contextAggregator: context_aggregator, ...rest } = other.parts
      const manager = new pipecat.FlowManager({
        ...rest,
        context_aggregator,
        flow_config: {
          initial_node: 'size_node',
          nodes: {
            size_node: { role_messages: [system('You take orders.')], task_messages: [], functions: [dict] },
            toppings_node: { task_messages: [], post_actions: [{ type: 'end_conversation', text: 'Goodbye.' }] },
          },
        },
      })
      await other.during(manager.initialize())
      expect(lastResult(other)).toEqual({ status: 'success', data: { selected_size: 'small' } })
      expect(other.voice.spoken).toEqual(['Which toppings?', 'Goodbye.'])
      expect(other.parts.task.hasFinished()).toBe(true)
    }
  })

  it('A8: FlowsFunctionSchema with transition_to and enum properties, FlowArgs, FlowResult', async () => {
    const fields = { ...words, properties: { size }, required: ['size'], handler: handleSizeSelection }
    const functions: readonly FlowFunction[] = [
      new FlowsFunctionSchema({ ...fields, transitionTo: 'toppings_node' }),
      new pipecat.FlowsFunctionSchema({ ...fields, transition_to: 'toppings_node' }),
    ]
    for (const select of functions) {
      const scene = stage({
        answers: [
          [call('select_pizza_size', { size: 'huge' })],
          ['Small, medium or large?'],
          [call('select_pizza_size', { size: 'large' })],
          ['Which toppings?'],
        ],
      })
      const flowManager = new FlowManager({
        ...scene.parts,
        flowConfig: {
          initialNode: 'size_node',
          nodes: {
            size_node: { taskMessages: [system('Ask for a size.')], functions: [select] },
            toppings_node: { taskMessages: [system('Ask for toppings.')] },
          },
        },
      })
      await scene.during(flowManager.initialize())
      expect(toOpenAIChat(scene.context).tools).toMatchObject([{ function: { ...words, parameters: schema } }])
      expect(JSON.stringify(lastResult(scene))).toMatch(/size.*small/)
      expect(flowManager.currentNode).toBe('size_node')
      await scene.say('A large one.')
      expect(lastResult(scene)).toEqual({ status: 'success', data: { selected_size: 'large' } })
      expect(flowManager.currentNode).toBe('toppings_node')
      expect(scene.voice.spoken).toEqual(['Small, medium or large?', 'Which toppings?'])
    }
  })

  it('A9: direct functions of flows get the manager first and return [result, nextNode] or [error, null]', async () => {
    const fields = z.object({
      service_type: z.string(),
      date: z.string(),
      time: z.string(),
      customer_name: z.string(),
    })
    const wanted = { service_type: 'haircut', date: '2027-01-05', time: '10:00', customer_name: 'Ann' }
    const create = vi.fn<(at: string) => { id: string }>()
    create.mockImplementationOnce(() => {
      throw new Error('The calendar is full.')
    })
    create.mockImplementation(() => ({ id: 'a-1' }))
    const managers: unknown[] = []
    const book = pipecat.direct(
      { description: 'Book an appointment and move to confirmation.', parameters: fields },
      async function book_appointment(flow_manager, { date, time, customer_name }) {
        managers.push(flow_manager)
        try {
          const { id } = create(`${date} ${time}`)
          flow_manager.state['appointment'] = id
          return [
            { status: 'success', data: { appointment_id: id } },
            {
              name: 'appointment_confirmation',
              task_messages: [system(`Confirm appointment details for ${customer_name}`)],
            },
          ]
        } catch (error) {
          return [{ status: 'error', message: String(error) }, null]
        }
      },
    )
    const scene = stage({
      answers: [
        [call('book_appointment', wanted)],
        ['The calendar is full. Another time?'],
        [call('book_appointment', { ...wanted, time: '11:00' })],
        ['At eleven, Ann?'],
      ],
    })
    const { contextAggregator: context_aggregator, ...rest } = scene.parts
    const flow_manager = new pipecat.FlowManager({ ...rest, context_aggregator })
    await scene.during(flow_manager.initialize({ name: 'start', task_messages: [], functions: [book] }))
    expect(toOpenAIChat(scene.context).tools).toMatchObject([
      { function: { name: 'book_appointment', parameters: { required: Object.keys(wanted) } } },
    ])
    expect(lastResult(scene)).toEqual({ status: 'error', message: 'Error: The calendar is full.' })
    expect(flow_manager.current_node).toBe('start')
    await scene.say('At eleven, then.')
    expect(lastResult(scene)).toEqual({ status: 'success', data: { appointment_id: 'a-1' } })
    expect(flow_manager).toMatchObject({ current_node: 'appointment_confirmation', state: { appointment: 'a-1' } })
    expect(managers).toEqual([flow_manager, flow_manager])
    expect(managers[0]).toBe(flow_manager)
    expect(create.mock.calls).toEqual([['2027-01-05 10:00'], ['2027-01-05 11:00']])
    expect(scene.history.slice(-2)).toEqual([
      'system: Confirm appointment details for Ann',
      'assistant: At eleven, Ann?',
    ])

    const seen: unknown[] = []
    const camel = direct({ description: 'Book', parameters: fields }, async function book_appointment(ctx, args) {
      seen.push(ctx.manager)
      if (args.time === '10:00') return [{ status: 'error', message: 'The calendar is full.' }, null]
      return [{ status: 'success' }, { name: 'appointment_confirmation', taskMessages: [system('Confirm.')] }]
    })
    const other = stage({
      answers: [[call('book_appointment', wanted), call('book_appointment', { ...wanted, time: '11:00' })], ['Done.']],
    })
    const manager = new FlowManager(other.parts)
    await other.during(manager.initialize({ name: 'start', taskMessages: [], functions: [camel] }))
    expect(manager.currentNode).toBe('appointment_confirmation')
    expect(seen[0]).toBe(manager)
  })

  it('A15: MultiAgentFlowManager routes to named agents with a handoff context', async () => {
    const handoffs: Handoff[] = []
    class Agent {
      readonly #role: string
      constructor(role: string) {
        this.#role = role
      }
      async getInitialNode(handoff: Handoff): Promise<NodeConfig> {
        handoffs.push(handoff)
        return { roleMessage: this.#role, taskMessages: [system(`Help as ${handoff.agent}.`)] }
      }
    }
    const scene = stage({ answers: [['How can I help?'], ['Ann was charged twice.'], ['Which invoice?']] })
    const manager = new MultiAgentFlowManager({
      ...scene.parts,
      agents: {
        customer_service: new Agent('You are the front desk.'),
        technical_support: new Agent('You are an engineer.'),
        sales: new Agent('You sell.'),
        billing: new Agent('You are the billing department.'),
      },
    })
    expect(Object.keys(manager.agents)).toEqual(['customer_service', 'technical_support', 'sales', 'billing'])
    expect(manager.currentAgent).toBe('customer_service')
    await scene.during(manager.initialize())
    manager.state['customer'] = { name: 'Ann' }
    await scene.during(manager.routeToAgent('billing', { invoice: 7 }))
    expect(handoffs.at(-1)).toMatchObject({
      previousAgent: 'customer_service',
      conversationSummary: 'Ann was charged twice.',
      customerContext: { name: 'Ann' },
      additionalContext: { invoice: 7 },
    })
    expect([manager.currentAgent, manager.currentNode]).toEqual(['billing', 'billing_entry'])
    expect(scene.model.asked.at(-1)?.role).toBe('You are the billing department.')
    expect(scene.history).toContain('system: Help as billing.')
    expect(scene.voice.spoken).toEqual(['How can I help?', 'Which invoice?'])
    const unknown = manager.routeToAgent('marketing' as 'billing')
    await expect(unknown).rejects.toThrow(UnknownAgentError)
    await expect(unknown).rejects.toThrow(/Unknown agent: '?marketing/)
    expect([manager.currentAgent, manager.currentNode]).toEqual(['billing', 'billing_entry'])
  })

  it('A16: OptimizedFlowManager with caches, rate limiter and metrics as opt-in middleware', async () => {
    const prices = vi.fn<() => { dollars: number }>(() => ({ dollars: 10 }))
    const price = flowFunction({
      name: 'price',
      description: 'What a pizza costs',
      cache: { scope: 'global' },
      handler: prices,
    })
    const flow = defineFlow({
      id: 'pizza',
      initialNode: 'size_node',
      nodes: { size_node: { role: 'You take orders.', task: 'Ask for a size.', functions: [price], cache: 'entry' } },
    })
    const guide = new OptimizedFlowManager({ ...stage().parts, flow })
    expect(guide.responseCache).toMatchObject({ maxEntries: 1000, ttlSecs: 300 })
    expect(guide.functionCache).toMatchObject({ maxEntries: 500, ttlSecs: 60 })
    expect(guide.rateLimiter).toMatchObject({ maxCalls: 100, timeWindowSecs: 60 })

    const optimizer = new Optimizer()
    const { metrics } = optimizer
    const clock = new TestClock()
    const answers = [['Which size?'], [call('price')], ['Ten dollars.']]
    async function converse(given: readonly Answer[]): Promise<Stage> {
      const scene = stage({ clock, answers: given })
      const manager = new OptimizedFlowManager({ ...scene.parts, flow, optimized: optimize(optimizer) })
      await scene.during(manager.initialize())
      await scene.say('How much is it?')
      expect(scene.voice.spoken).toEqual(['Which size?', 'Ten dollars.'])
      expect(scene.history).toContain('assistant: Which size?')
      return scene
    }
    const first = await converse(answers)
    expect([first.model.asked.length, prices.mock.calls.length, metrics.count('cache_hit')]).toEqual([3, 1, 0])
    const second = await converse(answers.slice(1))
    expect([second.model.asked.length, prices.mock.calls.length]).toEqual([2, 1])
    expect([metrics.count('cache_hit', 'size_node'), metrics.count('cache_hit', 'price')]).toEqual([1, 1])
    expect([metrics.count('llm_success'), metrics.summary('llm_response_time')?.count]).toEqual([5, 5])
    await clock.advance(300_000)
    await converse(answers)
    expect([prices.mock.calls.length, metrics.count('cache_hit')]).toEqual([2, 2])

    const plain = stage({ answers: [['Which size?']] })
    await plain.during(new FlowManager({ ...plain.parts, flow }).initialize())
    expect(plain.model.asked).toHaveLength(1)

    const optimized = optimize({ rateLimiter: { maxCalls: 2, timeWindowSecs: 60, maxWaitSecs: 120 } })
    const limited = stage({ answers: [['Which size?'], ['A large one?'], ['Noted.']], ahead: [optimized.limiter] })
    await limited.during(new FlowManager(optimized.options({ ...limited.parts, flow })).initialize())
    await limited.say('Large.')
    await limited.say('And quick.')
    expect(limited.voice.spoken).toEqual(['Which size?', 'A large one?', 'One moment, please.'])
    await limited.clock.advance(60_000)
    expect(limited.voice.spoken.at(-1)).toBe('Noted.')
    expect(limited.history).toContain('user: And quick.')
    expect(optimized.optimizer.metrics.count('rate_limited')).toBe(1)

    const failing = stage({ llm: new Failing() })
    const manager = new OptimizedFlowManager({ ...failing.parts, flow })
    await failing.during(manager.initialize())
    expect(manager.metrics.count('llm_error')).toBe(1)
    expect(manager.metrics.count('llm_success')).toBe(0)
  })

  it('A17: the examples pizza size selection and appointment booking with confirmation', async () => {
    const pizza = stage({
      answers: [
        ['Which size?'],
        [call('select_pizza_size', { size: 'large' })],
        ['A large one. Which toppings?'],
        [call('select_toppings', { toppings: ['ham', 'olives'] })],
      ],
    })
    const order = new FlowManager({
      ...pizza.parts,
      flowConfig: {
        initialNode: 'size_node',
        nodes: {
          size_node: {
            taskMessages: [system('Ask for a size.')],
            functions: [
              new FlowsFunctionSchema({
                ...words,
                properties: { size },
                required: ['size'],
                handler: async ({ size: chosen }, manager) => {
                  manager.state['size'] = chosen
                  return { status: 'success', data: { selected_size: String(chosen) } }
                },
                transitionTo: 'toppings_node',
              }),
            ],
          },
          toppings_node: {
            taskMessages: [system('Ask for toppings.')],
            functions: [
              new FlowsFunctionSchema({
                name: 'select_toppings',
                description: 'Select the toppings',
                properties: { toppings: { type: 'array', items: { type: 'string' } } },
                required: ['toppings'],
                handler: async ({ toppings }, manager) => {
                  manager.state['toppings'] = toppings
                  return { status: 'success' }
                },
                transitionTo: 'end_node',
              }),
            ],
          },
          end_node: {
            taskMessages: [],
            respondImmediately: false,
            preActions: [{ type: 'end_conversation', text: 'It comes in half an hour. Goodbye!' }],
          },
        },
      },
    })
    await pizza.during(order.initialize())
    await pizza.say('I would like a large pizza.')
    await pizza.say('With ham and olives.')
    expect(order.state).toEqual({ size: 'large', toppings: ['ham', 'olives'] })
    expect(pizza.voice.spoken).toEqual([
      'Which size?',
      'A large one.',
      'Which toppings?',
      'It comes in half an hour.',
      'Goodbye!',
    ])
    expect(pizza.parts.task.hasFinished()).toBe(true)

    const wanted = { service_type: 'haircut', date: 'Tuesday', time: '10:00', customer_name: 'Ann' }
    const salon = stage({
      answers: [
        ['What can I do for you?'],
        [call('book_appointment', wanted)],
        ['Ten is taken. Another time?'],
        [call('book_appointment', { ...wanted, time: '11:00' })],
        ['A haircut on Tuesday at eleven, Ann?'],
        [call('confirm_appointment')],
      ],
    })
    const confirm = direct(
      { description: 'The customer confirms' },
      async function confirm_appointment({ state }): Promise<readonly [FlowResult, NodeConfig]> {
        state['confirmed'] = true
        const preActions = [{ type: 'end_conversation', text: 'See you on Tuesday.' }]
        return [{ status: 'success' }, { taskMessages: [], respondImmediately: false, preActions }]
      },
    )
    const book = direct(
      {
        description: 'Book an appointment and move to confirmation.',
        parameters: z.object({
          service_type: z.string(),
          date: z.string(),
          time: z.string(),
          customer_name: z.string(),
        }),
      },
      async function book_appointment({ state }, { time, customer_name }) {
        try {
          if (time === '10:00') throw new Error('Ten is taken.')
          state['appointment'] = { customer_name, time }
          return [
            { status: 'success', data: { appointment_id: 'a-1' } },
            {
              name: 'appointment_confirmation',
              taskMessages: [system(`Confirm appointment details for ${customer_name}`)],
              functions: [confirm],
            },
          ]
        } catch (error) {
          return [{ status: 'error', message: String(error) }, null]
        }
      },
    )
    const booking = new FlowManager(salon.parts)
    await salon.during(booking.initialize({ name: 'start', taskMessages: [system('Book.')], functions: [book] }))
    await salon.say('A haircut on Tuesday at ten, for Ann.')
    expect(booking.state).toEqual({})
    await salon.say('Then at eleven.')
    expect(booking.currentNode).toBe('appointment_confirmation')
    expect(salon.history).toContain('system: Confirm appointment details for Ann')
    await salon.say('Yes.')
    expect(booking.state).toEqual({ appointment: { customer_name: 'Ann', time: '11:00' }, confirmed: true })
    expect(salon.voice.spoken.at(-1)).toBe('See you on Tuesday.')
    expect(salon.parts.task.hasFinished()).toBe(true)
  })
})
