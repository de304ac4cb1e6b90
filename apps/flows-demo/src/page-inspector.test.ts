import { defineFlow, defineNode } from '@pc/flows'
import type { FlowMessage } from '@pc/flows/inspect'
import { expect, test } from 'vitest'
import { pageInspector } from './page-inspector.ts'

const flow = (id: string) =>
  defineFlow({ id, initialNode: 'hello', nodes: { hello: defineNode({ task: 'Say hello.' }) } })
const about = { title: 'Greeting', about: 'Says hello', examples: [] }

test('a page is told the graph, the step, and what the flow knows of a conversation that goes on', () => {
  const sent: FlowMessage[] = []
  const inspect = pageInspector({ ...about, id: 'greeting', flow: flow('greeting') }, (message) => sent.push(message))
  const here = { atMs: 1, flow: 'greeting' }
  inspect({ ...here, type: 'flow.transition', from: null, to: 'hello', cause: { by: 'resume' } })
  inspect({ ...here, type: 'flow.enter', node: 'hello', visit: 1, input: undefined, tookMs: 0, functions: [] })
  inspect({ ...here, type: 'flow.state', node: 'hello', state: { name: 'Ann' } })
  expect(sent).toMatchObject([
    { flow: 'greeting', event: 'graph', graph: { initial: 'hello' } },
    { flow: 'greeting', event: 'transition', from: null, to: 'hello', cause: { by: 'resume' } },
    { flow: 'greeting', event: 'enter', node: 'hello' },
    { flow: 'greeting', event: 'state', state: { name: 'Ann' } },
  ])
  sent.length = 0
  inspect.resend()
  expect(sent.map(({ event }) => event)).toEqual(['graph', 'enter', 'state'])
})

test('of a team the graph of the flow that converses is told', () => {
  const sent: FlowMessage[] = []
  const flows = [flow('desk'), flow('billing')]
  const team = { flows, manage: () => expect.unreachable() }
  const inspect = pageInspector({ ...about, id: 'team', team }, (message) => sent.push(message))
  const entered = { type: 'flow.enter', node: 'hello', visit: 1, input: undefined, tookMs: 0, functions: [] } as const
  inspect({ ...entered, atMs: 1, flow: 'desk' })
  inspect({ ...entered, atMs: 2, flow: 'billing' })
  expect(sent.map(({ flow: id, event }) => `${id} ${event}`)).toEqual([
    'desk graph',
    'desk enter',
    'billing graph',
    'billing enter',
  ])
})
