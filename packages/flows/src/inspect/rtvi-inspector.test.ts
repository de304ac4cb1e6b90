import { createActor, createMachine, type InspectionEvent } from 'xstate'
import { expect, test } from 'vitest'
import { FlowError } from '../definition/errors.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import { to } from '../definition/outcome.ts'
import { flowGraph } from '../machine/flow-graph.ts'
import type { FlowInspection } from '../manager/inspection.ts'
import { type FlowMessage, rtviInspector, type RtviInspectorOptions } from './rtvi-inspector.ts'

const address: FlowDefinition = flow('address', { ask: { task: 'Ask for the address.' } })
const pizza: FlowDefinition = flow(
  'pizza',
  {
    start: { task: 'Ask.', functions: [{ name: 'choose', description: 'Choose', transitionTo: ['end', 'start'] }] },
    end: { task: 'Say goodbye.', onSpoken: to('start') },
  },
  { address },
)

function flow(id: string, nodes: FlowDefinition['nodes'], subFlows: FlowDefinition['subFlows'] = {}): FlowDefinition {
  const [initialNode = ''] = Object.keys(nodes)
  const rest = { globalFunctions: [], context: 'append', initialState: {} } as const
  return { id, version: '1', initialNode, nodes, subFlows, ...rest }
}

const head = { atMs: 5, flow: 'pizza' }
const call = { ...head, node: 'start', function: 'choose', callId: 'c1' }
const transition: FlowInspection = {
  ...head,
  type: 'flow.transition',
  from: null,
  to: 'start',
  cause: { by: 'initialize' },
}
const enter: FlowInspection = {
  ...head,
  type: 'flow.enter',
  node: 'start',
  visit: 1,
  input: { left: 5 },
  tookMs: 2,
  functions: ['choose'],
}
const callStart: FlowInspection = { ...call, type: 'flow.call.start', args: { size: 'large' } }
const callEnd: FlowInspection = { ...call, type: 'flow.call.end', end: 'result', result: { ok: true }, tookMs: 3 }
const state: FlowInspection = { ...head, type: 'flow.state', node: 'start', state: { size: 'large' } }
const error: FlowInspection = { ...head, type: 'flow.error', node: null, error: new FlowError('No size Zoë.') }

function sent(events: readonly FlowInspection[], options?: RtviInspectorOptions): FlowMessage[] {
  const messages: FlowMessage[] = []
  const inspect = rtviInspector((message) => messages.push(message), options)
  for (const event of events) inspect(event)
  return messages
}

const said = { t: 'flow', flow: 'pizza', atMs: 5 }
const saidCall = { ...said, node: 'start', function: 'choose', callId: 'c1' }

test('a page gets the graph once, then where the conversation is, how it moves and what is called', () => {
  const exit: FlowInspection = { ...head, type: 'flow.exit', node: 'start', visit: 1 }
  const action: FlowInspection = { ...head, type: 'flow.action', node: 'end', action: 'tts_say', tookMs: 7 }
  const summary: FlowInspection = { ...head, type: 'flow.summary', node: 'end', ok: false, tookMs: 9 }
  const events = [transition, enter, callStart, state, callEnd, exit, action, summary, error]
  expect(sent(events, { flow: pizza })).toEqual([
    { ...said, event: 'graph', graph: flowGraph(pizza) },
    { ...said, event: 'transition', from: null, to: 'start', cause: { by: 'initialize' } },
    { ...said, event: 'enter', node: 'start', visit: 1, functions: ['choose'], tookMs: 2 },
    { ...saidCall, event: 'call.start' },
    { ...saidCall, event: 'call.end', end: 'result', tookMs: 3 },
    { ...said, event: 'exit', node: 'start', visit: 1 },
    { ...said, event: 'action', node: 'end', action: 'tts_say', tookMs: 7 },
    { ...said, event: 'summary', node: 'end', ok: false, tookMs: 9 },
    { ...said, event: 'error', node: null, code: 'flow-failed', kind: 'internal' },
  ])
})

test('the state is sent when it is asked for; inputs, arguments, results and texts of errors with the values', () => {
  expect(sent([enter, callStart, state, callEnd, error], { state: true, values: true })).toEqual([
    { ...said, event: 'enter', node: 'start', visit: 1, functions: ['choose'], tookMs: 2, input: { left: 5 } },
    { ...saidCall, event: 'call.start', args: { size: 'large' } },
    { ...said, event: 'state', node: 'start', state: { size: 'large' } },
    { ...saidCall, event: 'call.end', end: 'result', result: { ok: true }, tookMs: 3 },
    { ...said, event: 'error', node: null, code: 'flow-failed', kind: 'internal', message: 'No size Zoë.' },
  ])
})

test('every message survives the wire', () => {
  const events = [transition, enter, callStart, state, callEnd, error]
  for (const message of sent(events, { flow: pizza, state: true, values: true })) {
    expect(JSON.parse(JSON.stringify(message))).toEqual(message)
  }
})

test('a sub-flow is introduced by its graph when it begins to converse', () => {
  const within: FlowInspection = { ...enter, flow: 'address', node: 'ask' }
  const messages = sent([enter, within, enter, within], { flow: pizza })
  expect(messages.map(({ event, flow: id }) => `${event} ${id}`)).toEqual([
    'graph pizza',
    'enter pizza',
    'graph address',
    'enter address',
    'enter pizza',
    'enter address',
  ])
})

test('flows that call each other are found once', () => {
  const subFlows: Record<string, FlowDefinition> = {}
  const [one, two] = [flow('one', { a: { task: '' } }, subFlows), flow('two', { b: { task: '' } }, subFlows)]
  Object.assign(subFlows, { one, two })
  expect(sent([{ ...enter, flow: 'two' }], { flow: one })[0]).toMatchObject({ event: 'graph', flow: 'two' })
})

test('a flow that was not named is shown without a graph', () => {
  expect(sent([enter]).map(({ event }) => event)).toEqual(['enter'])
})

test('what a message holds does not change when the state does', () => {
  const live = { size: 'small' }
  const [message] = sent([{ ...head, type: 'flow.state', node: 'start', state: live }], { state: true })
  live.size = 'large'
  expect(message).toMatchObject({ state: { size: 'small' } })
})

test('values that JSON cannot say disturb nobody', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  const results = [
    circle,
    1n,
    undefined,
    () => 1,
    {
      toJSON: () => {
        throw new Error('no')
      },
    },
    new Date(0),
  ]
  const messages = sent(
    results.map((result) => ({ ...callEnd, result })),
    { values: true },
  )
  expect(messages.map((message) => 'result' in message && message.result)).toEqual([
    '[not JSON]',
    '[not JSON]',
    null,
    null,
    '[not JSON]',
    '1970-01-01T00:00:00.000Z',
  ])
})

test('events of XState are not sent', () => {
  const events: FlowInspection[] = []
  const inspect = { inspect: (event: InspectionEvent) => events.push({ ...head, type: 'flow.machine', event }) }
  createActor(createMachine({}), inspect).start()
  expect(events.length).toBeGreaterThan(0)
  expect(sent(events)).toEqual([])
})

test('a page that came later gets the graphs, the current node, the open calls and the state', () => {
  const messages: FlowMessage[] = []
  const inspect = rtviInspector((message) => messages.push(message), { flow: pizza, state: true })
  inspect.resend()
  expect(messages).toEqual([])
  const open: FlowInspection = { ...callStart, callId: 'c2' }
  for (const event of [enter, { ...enter, node: 'end' }, state, callStart, callEnd, open]) inspect(event)
  messages.length = 0
  inspect.resend()
  expect(messages).toEqual([
    { ...said, event: 'graph', graph: flowGraph(pizza) },
    { ...said, event: 'enter', node: 'end', visit: 1, functions: ['choose'], tookMs: 2 },
    { ...saidCall, event: 'call.start', callId: 'c2' },
    { ...said, event: 'state', node: 'start', state: { size: 'large' } },
  ])
})
