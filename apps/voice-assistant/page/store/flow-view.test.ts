import type { FlowDrawing } from '@pc/ui'
import { expect, test } from 'vitest'
import type { FlowMessage } from '../wire/flow-message.ts'
import { factsOf, flowOver, type FlowView, followFlow, noFlow, untouchedFlow } from './flow-view.ts'

const step = (id: string) => ({ id, final: id === 'end', automatic: false })
const drawing: FlowDrawing = {
  initial: 'start',
  steps: [step('start'), step('size'), step('end')],
  ways: [
    { from: 'start', to: 'size', via: 'choose', global: false },
    { from: 'size', to: 'end', via: 'finish', global: false },
  ],
}
const flow = 'pizza'
const begin: FlowMessage[] = [
  { flow, event: 'graph', graph: drawing },
  { flow, event: 'transition', from: null, to: 'start', via: 'initialize' },
  { flow, event: 'enter', node: 'start' },
]
const after = (messages: readonly FlowMessage[], from: FlowView = noFlow): FlowView => messages.reduce(followFlow, from)

test('the current step, the visited ones and the way just gone follow the messages', () => {
  const view = after([
    ...begin,
    { flow, event: 'transition', from: 'start', to: 'size', via: 'choose' },
    { flow, event: 'enter', node: 'size' },
  ])
  expect(view.flows.get(flow)).toMatchObject({
    current: 'size',
    visited: new Set(['start', 'size']),
    taken: { from: 'start', to: 'size', via: 'choose', number: 2 },
  })
})

test('a call runs from its start to its end, or to that of the conversation', () => {
  const running = after([...begin, { flow, event: 'call.start', node: 'start', name: 'choose', callId: 'c1' }])
  expect(running.flows.get(flow)?.calls).toEqual([{ id: 'c1', step: 'start', name: 'choose' }])
  // Said again for a page that was loaded anew.
  const again = after([{ flow, event: 'call.start', node: 'start', name: 'choose', callId: 'c1' }], running)
  expect(again.flows.get(flow)?.calls).toHaveLength(1)
  expect(after([{ flow, event: 'call.end', callId: 'c1' }], again).flows.get(flow)?.calls).toEqual([])
  expect(flowOver(running).flows.get(flow)?.calls).toEqual([])
})

test('a step and a way that no graph has are drawn as they are gone', () => {
  const view = after([
    ...begin,
    { flow, event: 'transition', from: 'start', to: 'extra', via: 'jump' },
    { flow, event: 'enter', node: 'extra' },
  ])
  expect(view.flows.get(flow)?.drawing.steps.at(-1)).toEqual(step('extra'))
  expect(view.flows.get(flow)?.drawing.ways.at(-1)).toEqual({ from: 'start', to: 'extra', via: 'jump', global: false })
})

test('messages without a graph draw what they tell', () => {
  const view = after(begin.slice(1))
  expect(view.flows.get(flow)?.drawing).toEqual({ initial: 'start', steps: [step('start')], ways: [] })
})

test('the flow that converses is the active one, and the other keeps its place', () => {
  const inner: FlowMessage[] = [
    { flow: 'address', event: 'graph', graph: drawing },
    { flow: 'address', event: 'enter', node: 'start' },
  ]
  const view = after([...begin, ...inner])
  expect([...view.flows.keys()]).toEqual(['pizza', 'address'])
  expect(view.active).toBe('address')
  const back = after([{ flow, event: 'enter', node: 'size' }], view)
  expect(back.active).toBe('pizza')
  expect(back.flows.get('address')?.current).toBe('start')
})

test('a flow is shown before the conversation begins, and nothing of it is visited', () => {
  const view = untouchedFlow(flow, drawing)
  expect(view.active).toBe(flow)
  expect(view.flows.get(flow)).toMatchObject({ current: undefined, visited: new Set() })
})

test('the state is told in lines of plain values', () => {
  const state = {
    order: { kind: 'pizza', size: 'large', extras: { list: { deep: { deeper: 1 } } } },
    confirmed: false,
    allergies: ['nuts', 'milk'],
    prescriptions: [{ medication: 'aspirin' }],
    nothing: null,
    none: [],
  }
  expect(factsOf(state)).toEqual([
    { name: 'order.kind', value: 'pizza' },
    { name: 'order.size', value: 'large' },
    { name: 'order.extras.list.deep', value: '{"deeper":1}' },
    { name: 'confirmed', value: 'false' },
    { name: 'allergies', value: 'nuts, milk' },
    { name: 'prescriptions.1.medication', value: 'aspirin' },
  ])
  expect(after([...begin, { flow, event: 'state', state: { size: 'large' } }]).flows.get(flow)?.facts).toEqual([
    { name: 'size', value: 'large' },
  ])
})
