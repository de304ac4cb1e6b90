import {
  type GenerateOptions,
  LLMContext,
  LLMContextAggregatorPair,
  type LLMEvent,
  LLMService,
  Pipeline,
  PipelineTask,
} from '@pc/core'
import { createTestRuntime, TestClock } from '@pc/core/testing'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { direct } from '../src/definition/direct.ts'
import { flowFromConfig } from '../src/definition/flow-config.ts'
import type { FlowDefinition } from '../src/definition/flow-definition.ts'
import type { FlowFunction } from '../src/definition/flow-function.ts'
import { type FlowArgs, type FlowResult, FlowsFunctionSchema } from '../src/definition/flows-function-schema.ts'
import { argumentsSchemaOf } from '../src/definition/function-schema.ts'
import * as pipecat from '../src/pipecat/index.ts'
import { type FlowTestRun, runFlow } from '../src/testing/run-flow.ts'

const properties = {
  size: { type: 'string', enum: ['small', 'medium', 'large'], description: 'Pizza size selection' },
}
const appointment = { service_type: 'cut', date: '2027-01-05', time: '10:00', customer_name: 'Ann' }
const appointmentFields = Object.fromEntries(Object.keys(appointment).map((name) => [name, { type: 'string' }]))

async function createAppointment(customer: string): Promise<{ id: string }> {
  if (customer === 'Nobody') throw new Error('The calendar is full.')
  return { id: 'a-1' }
}

async function handleSizeSelection(args: FlowArgs): Promise<FlowResult> {
  return { status: 'success', data: { selected_size: String(args['size']) } }
}

/** A flow of two known nodes. */
const flows: Record<string, (fn: FlowFunction, second: string) => FlowDefinition> = {
  camelCase: (fn, second) =>
    flowFromConfig({
      initialNode: 'start',
      nodes: {
        start: { taskMessages: [{ role: 'system', content: 'Ask.' }], functions: [fn] },
        [second]: { taskMessages: [{ role: 'system', content: 'Go on.' }] },
      },
    }),
  snake_case: (fn, second) =>
    pipecat.fromPipecat({
      initial_node: 'start',
      nodes: {
        start: { task_messages: [{ role: 'system', content: 'Ask.' }], functions: [fn] },
        [second]: { task_messages: [{ role: 'system', content: 'Go on.' }] },
      },
    }),
}

describe('FlowsFunctionSchema', () => {
  const fields = {
    name: 'select_pizza_size',
    description: 'Select the size of pizza the customer wants',
    properties,
    required: ['size'],
    handler: handleSizeSelection,
  }
  const schemas: Record<string, FlowFunction> = {
    camelCase: new FlowsFunctionSchema({ ...fields, transitionTo: 'toppings_node' }),
    snake_case: new pipecat.FlowsFunctionSchema({ ...fields, transition_to: 'toppings_node' }),
  }

  test.each(['camelCase', 'snake_case'])(
    'in %s: its schema is sent, its result is read, and it moves',
    async (names) => {
      const fn = schemas[names]
      const flow = flows[names]
      if (fn === undefined || flow === undefined) throw new Error(names)
      expect(argumentsSchemaOf(fn)).toEqual({ properties, required: ['size'] })
      const run = await runFlow(flow(fn, 'toppings_node'))
      expect(run.tools).toEqual(['select_pizza_size'])
      const result = await run.call('select_pizza_size', { size: 'large' })
      expect(result).toEqual({ status: 'success', data: { selected_size: 'large' } })
      expect(run.currentNode).toBe('toppings_node')
      expect(run.messages.at(-1)).toEqual({ role: 'system', content: 'Go on.' })
    },
  )

  test.each(['camelCase', 'snake_case'])('in %s: what does not fit the schema is told the model', async (names) => {
    const fn = schemas[names]
    const flow = flows[names]
    if (fn === undefined || flow === undefined) throw new Error(names)
    const run = await runFlow(flow(fn, 'toppings_node'))
    expect(JSON.stringify(await run.call('select_pizza_size', { size: 'huge' }))).toMatch(/size.*small/)
    expect(run.currentNode).toBe('start')
  })
})

describe('direct functions', () => {
  const book: Record<string, FlowFunction> = {
    camelCase: direct(
      {
        description: 'Book an appointment and move to confirmation.',
        parameters: z.object({
          service_type: z.string(),
          date: z.string(),
          time: z.string(),
          customer_name: z.string(),
        }),
      },
      async function book_appointment(_ctx, { customer_name }) {
        try {
          const { id } = await createAppointment(customer_name)
          return [
            { status: 'success', data: { appointment_id: id } },
            {
              name: 'appointment_confirmation',
              taskMessages: [{ role: 'system', content: `Confirm appointment details for ${customer_name}` }],
            },
          ]
        } catch (error) {
          return [{ status: 'error', message: String(error) }, null]
        }
      },
    ),
    snake_case: pipecat.direct(
      {
        description: 'Book an appointment and move to confirmation.',
        properties: appointmentFields,
        required: Object.keys(appointment),
      },
      async function book_appointment(_flow_manager, { customer_name }) {
        try {
          const { id } = await createAppointment(String(customer_name))
          return [
            { status: 'success', data: { appointment_id: id } },
            {
              name: 'appointment_confirmation',
              task_messages: [{ role: 'system', content: `Confirm appointment details for ${String(customer_name)}` }],
            },
          ]
        } catch (error) {
          return [{ status: 'error', message: String(error) }, null]
        }
      },
    ),
  }

  async function start(names: string): Promise<FlowTestRun> {
    const fn = book[names]
    const flow = flows[names]
    if (fn === undefined || flow === undefined) throw new Error(names)
    return runFlow(flow(fn, 'other'))
  }

  test.each(['camelCase', 'snake_case'])(
    'in %s: the name and the schema are found, and a pair moves',
    async (names) => {
      const run = await start(names)
      expect(run.tools).toEqual(['book_appointment'])
      const fn = run.tool('book_appointment')
      expect(fn && argumentsSchemaOf(fn)).toMatchObject({ required: Object.keys(appointment) })
      const result = await run.call('book_appointment', appointment)
      expect(result).toEqual({ status: 'success', data: { appointment_id: 'a-1' } })
      expect(run.currentNode).toBe('appointment_confirmation')
      expect(run.messages.at(-1)).toEqual({ role: 'system', content: 'Confirm appointment details for Ann' })
    },
  )

  test.each(['camelCase', 'snake_case'])('in %s: an error is told the model, and it stays', async (names) => {
    const run = await start(names)
    const result = await run.call('book_appointment', { ...appointment, customer_name: 'Nobody' })
    expect(result).toEqual({ status: 'error', message: 'Error: The calendar is full.' })
    expect(run.currentNode).toBe('start')
    expect(run.isAsked).toBe(true)
  })
})

/** Calls a function once, then talks. */
class Model extends LLMService {
  readonly tools: string[][] = []

  async *generate(_context: LLMContext, { tools }: GenerateOptions): AsyncIterable<LLMEvent> {
    this.tools.push((tools?.standardTools ?? []).map(({ name }) => name))
    if (this.tools.length === 1) {
      yield { type: 'toolCall', id: '1', name: 'select_pizza_size', arguments: '{"size":"large"}' }
      yield { type: 'done', finishReason: 'tool_calls' }
    } else yield 'And which toppings?'
  }
}

test('FlowManager leads a pipeline along a flow_config, and has the members of the guide', async () => {
  const clock = new TestClock()
  const llm = new Model({ name: 'llm' })
  const context_aggregator = new LLMContextAggregatorPair(new LLMContext())
  const task = new PipelineTask(
    new Pipeline([context_aggregator.user, llm, context_aggregator.assistant]),
    {},
    { runtime: createTestRuntime(clock), idleTimeoutSecs: null },
  )
  const flow_manager: pipecat.FlowManager = new pipecat.FlowManager({
    task,
    llm,
    context_aggregator,
    transport: 'phone',
    flow_config: {
      initial_node: 'size_node',
      nodes: {
        size_node: {
          task_messages: [{ role: 'system', content: 'Ask for a size.' }],
          functions: [
            new pipecat.FlowsFunctionSchema({
              name: 'select_pizza_size',
              description: 'Select the size of pizza the customer wants',
              properties,
              required: ['size'],
              handler: async (args, manager) => {
                manager.state['size'] = args['size']
                return { status: 'success', transport: manager.transport, same: manager === flow_manager }
              },
              transition_to: 'toppings_node',
            }),
          ],
        },
        toppings_node: { task_messages: [{ role: 'system', content: 'Ask for toppings.' }] },
      },
    },
  })
  expect(flow_manager).toMatchObject({
    mode: 'static',
    initial_node: 'size_node',
    current_node: null,
    transport: 'phone',
  })
  expect(Object.keys(flow_manager.nodes)).toEqual(['size_node', 'toppings_node'])
  const running = task.run()
  await clock.settle()
  await flow_manager.initialize()
  await clock.advance(5000)
  expect(flow_manager.current_node).toBe('toppings_node')
  expect(flow_manager.state).toEqual({ size: 'large' })
  expect(llm.tools).toEqual([['select_pizza_size'], []])
  const history = JSON.stringify(flow_manager.get_current_context())
  expect(history).toMatch(/phone/)
  expect(history).toMatch(/\\"same\\":true/)
  expect(history).toMatch(/Ask for toppings\..*And which toppings\?/)
  await task.cancel()
  await running
})
