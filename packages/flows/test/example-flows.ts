import * as z from 'zod'
import { endConversation } from '../src/definition/action.ts'
import type { FlowDefinition } from '../src/definition/flow-definition.ts'
import type { FlowFunction } from '../src/definition/flow-function.ts'
import type { FlowNode, NodeFactory } from '../src/definition/flow-node.ts'
import { to } from '../src/definition/outcome.ts'

/** A definition by hand, without checks. */
export function flowOf(
  nodes: Readonly<Record<string, FlowNode | NodeFactory>>,
  more: Partial<FlowDefinition> = {},
): FlowDefinition {
  return {
    id: 'example',
    version: '1',
    initialNode: Object.keys(nodes)[0]!,
    nodes,
    globalFunctions: [],
    context: 'append',
    initialState: {},
    subFlows: {},
    ...more,
  }
}

/** A function that moves to its only target. */
export function edge(name: string, target: string, more: Partial<FlowFunction> = {}): FlowFunction {
  return { name, description: `Goes to ${target}.`, transitionTo: [target], ...more }
}

const end: FlowNode = { task: 'Say goodbye.', after: [endConversation()] }

/** Whether a table is free is known at run time; a caller may try again and again. Seven edges. */
export function reservation(): FlowDefinition {
  const check: FlowFunction = {
    name: 'check_availability',
    description: 'Look for a free table.',
    parameters: z.object({ time: z.string().regex(/^(1[7-9]|2[0-2]):00$/), guests: z.int().min(1).max(12) }),
    transitionTo: ['confirm', 'no_availability'],
    handler: ({ guests, time }: { guests: number; time: string }) =>
      guests <= 6 ? to('confirm', { result: { time } }) : to('no_availability', { input: { asked: time } }),
  }
  return flowOf(
    {
      initial: { task: 'Ask for the number of guests.', functions: [edge('collect_party_size', 'get_time')] },
      get_time: { task: 'Ask for the time.', functions: [check] },
      confirm: { task: 'Confirm the reservation.', functions: [edge('finish', 'end')] },
      no_availability: (({ asked }: { asked: string }) => ({
        task: `Nothing is free at ${asked.toUpperCase()}. Offer another time.`,
        functions: [check, edge('finish', 'end')],
      })) as NodeFactory,
      end,
    },
    { id: 'reservation' },
  )
}

/** Branches, a way back, and a function that may be called everywhere. */
export function foodOrdering(): FlowDefinition {
  const selection = (name: string): FlowFunction => ({
    name,
    description: 'Record the order.',
    parameters: z.object({ size: z.enum(['small', 'medium', 'large']), count: z.int().min(1).max(10).optional() }),
    transitionTo: ['confirm'],
    handler: (order: object, { state }: { state: Record<string, unknown> }) => {
      state['order'] = order
      return { ok: true }
    },
  })
  const estimate: FlowFunction = {
    name: 'delivery_estimate',
    description: 'When the order will arrive.',
    handler: () => ({ minutes: 30 }),
  }
  return flowOf(
    {
      initial: {
        task: 'Ask for pizza or sushi.',
        functions: [edge('choose_pizza', 'pizza'), edge('choose_sushi', 'sushi')],
      },
      pizza: { task: 'Take the pizza order.', functions: [selection('select_pizza_order')] },
      sushi: { task: 'Take the sushi order.', functions: [selection('select_sushi_order')] },
      confirm: {
        task: 'Read the order back.',
        functions: [edge('complete_order', 'end'), edge('revise_order', 'initial')],
      },
      end,
    },
    { id: 'food_ordering', globalFunctions: [estimate] },
  )
}

/** The next question is the same node again. */
export function podcast(): FlowDefinition {
  return flowOf(
    {
      introduction: { task: 'Welcome the listeners.', functions: [edge('start', 'topic')] },
      topic: { task: 'Ask for the topic.', functions: [edge('begin', 'interview')] },
      interview: {
        task: 'Ask a question.',
        functions: [edge('next_question', 'interview'), edge('conclude', 'conclusion')],
      },
      conclusion: { task: 'Sum up.', functions: [edge('close', 'final')] },
      final: end,
    },
    { id: 'podcast' },
  )
}

/** Nodes that move by themselves. */
export function automatic(): FlowDefinition {
  return flowOf(
    {
      welcome: { task: [], say: 'Welcome.', always: to('ask') },
      ask: {
        task: 'Ask for the number.',
        functions: [
          {
            name: 'look_up',
            description: 'Finds the caller.',
            transitionTo: ['found'],
            handler: () => ({ known: true }),
          },
        ],
        onSilence: { afterSecs: 8, say: 'Are you there?', to: to('lost') },
        onError: to('broken'),
      },
      found: { task: 'Tell what was found.', onSpoken: to('goodbye') },
      lost: { task: [], say: 'I cannot hear you.', onSpoken: to('goodbye') },
      broken: { task: 'Apologise.', functions: [edge('retry', 'ask'), edge('give_up', 'goodbye')] },
      goodbye: { task: [], say: 'Goodbye.', after: [endConversation()] },
    },
    { id: 'automatic' },
  )
}
