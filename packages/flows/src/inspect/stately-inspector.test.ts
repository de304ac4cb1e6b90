import { createMachine, createActor, type InspectionEvent } from 'xstate'
import { expect, test } from 'vitest'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import { FlowActor } from '../machine/flow-machine.ts'
import { type StatelyEvent, statelyInspector } from './stately-inspector.ts'

const flow: FlowDefinition = {
  id: 'pizza',
  version: '1',
  initialNode: 'start',
  nodes: {
    start: { task: 'Ask.', functions: [{ name: 'choose', description: 'Choose', transitionTo: ['end'] }] },
    end: { task: 'Say goodbye.' },
  },
  globalFunctions: [],
  context: 'append',
  initialState: {},
  subFlows: {},
}

function collector(): [StatelyEvent[], (event: InspectionEvent) => void] {
  const events: StatelyEvent[] = []
  const inspect = statelyInspector((event) => events.push(event), { clock: { epochMs: () => 1_767_225_600_000 } })
  return [events, (event) => inspect({ type: 'flow.machine', flow: 'pizza', atMs: 0, event })]
}

const ofType = <T extends StatelyEvent['type']>(events: readonly StatelyEvent[], type: T) =>
  events.filter((event): event is Extract<StatelyEvent, { type: T }> => event.type === type)

test('the inspector is told of the machine with its definition, then of each event and each snapshot', () => {
  const [events, inspect] = collector()
  const actor = new FlowActor(flow, undefined, inspect)
  actor.set('start', undefined)
  actor.go('choose', 'end', { left: 5 })

  const [machine] = events
  expect(machine).toMatchObject({
    type: '@xstate.actor',
    name: 'pizza',
    parentId: undefined,
    snapshot: { status: 'active' },
  })
  const { definition } = ofType(events, '@xstate.actor')[0] ?? {}
  expect(JSON.parse(definition ?? '')).toMatchObject({ id: 'pizza', states: { start: {}, end: {} } })
  expect(ofType(events, '@xstate.event').at(-1)?.event).toEqual({ type: 'go.choose', node: 'end', input: { left: 5 } })
  expect(ofType(events, '@xstate.snapshot').map(({ snapshot }) => snapshot)).toMatchObject([
    { status: 'active' },
    { value: 'start', context: { visit: 1 } },
    { value: 'end', context: { visit: 2, input: { left: 5 } } },
  ])
})

test('every message has the fields of the wire form, and survives the wire', () => {
  const [events, inspect] = collector()
  new FlowActor(flow, undefined, inspect).set('start', undefined)
  const sessions = new Set(events.map(({ sessionId }) => sessionId))
  expect(sessions.size).toBe(1)
  for (const event of events) {
    expect(event).toMatchObject({ createdAt: '1767225600000', id: null, _version: '0.7.2', rootId: event.sessionId })
    expect(JSON.parse(JSON.stringify(event))).toEqual(event)
  }
})

test('an actor within another names its parent, and events their sender', () => {
  const [events, inspect] = collector()
  const child = createMachine({ id: 'child', entry: ({ self }) => self.send({ type: 'hello' }) })
  const parent = createMachine({ id: 'parent', invoke: { src: child } })
  createActor(parent, { inspect }).start()
  const [first, second] = ofType(events, '@xstate.actor')
  expect(second).toMatchObject({ parentId: first?.sessionId, rootId: first?.sessionId })
  expect(second?.sessionId).not.toBe(first?.sessionId)
  const init = ofType(events, '@xstate.event').find(({ sessionId }) => sessionId === second?.sessionId)
  expect(init?.sourceId).toBe(first?.sessionId)
})

test('a machine that was restored shows where it is', () => {
  const saved = new FlowActor(flow)
  saved.set('end', undefined)
  const [events, inspect] = collector()
  new FlowActor(flow, saved.persist(), inspect)
  expect(ofType(events, '@xstate.snapshot').at(-1)?.snapshot).toMatchObject({ value: 'end', context: { visit: 1 } })
})

test('what else happens in a flow is not sent', () => {
  const events: StatelyEvent[] = []
  const inspect = statelyInspector((event) => events.push(event))
  inspect({ type: 'flow.exit', flow: 'pizza', atMs: 0, node: 'start', visit: 1 })
  expect(events).toEqual([])
})
