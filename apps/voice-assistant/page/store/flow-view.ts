import type { FlowDrawing, KnownFact, RunningCall, TakenWay } from '@pc/ui'
import type { FlowMessage } from '../wire/flow-message.ts'

/** One flow as the conversation has gone through it so far. */
interface FlowProgress {
  drawing: FlowDrawing
  current: string | undefined
  visited: ReadonlySet<string>
  taken: TakenWay | undefined
  calls: readonly RunningCall[]
  facts: readonly KnownFact[]
}

/** All that the page knows of the flows of a conversation. */
export interface FlowView {
  /** In the order in which they came. */
  flows: ReadonlyMap<string, FlowProgress>
  /** The one that converses. */
  active: string | undefined
  transitions: number
}

/** Before anything is known. */
export const noFlow: FlowView = { flows: new Map(), active: undefined, transitions: 0 }

/** A flow that nobody has walked yet. */
export function untouchedFlow(flow: string, drawing: FlowDrawing): FlowView {
  return { flows: new Map([[flow, begun(drawing)]]), active: flow, transitions: 0 }
}

function begun(drawing: FlowDrawing): FlowProgress {
  return { drawing, current: undefined, visited: new Set(), taken: undefined, calls: [], facts: [] }
}

/** What is known after a message of the server. */
export function followFlow(view: FlowView, message: FlowMessage): FlowView {
  const { flow } = message
  const known = view.flows.get(flow)
  const progress = known ?? begun({ initial: '', steps: [], ways: [] })
  const next = (changed: FlowProgress, rest: Partial<FlowView> = {}): FlowView => ({
    ...view,
    active: view.active ?? flow,
    flows: new Map(view.flows).set(flow, changed),
    ...rest,
  })
  switch (message.event) {
    case 'graph':
      return next({ ...progress, drawing: message.graph })
    case 'enter': {
      const { node } = message
      const drawing = withStep(progress.drawing, node)
      return next(
        { ...progress, drawing, current: node, visited: new Set(progress.visited).add(node) },
        { active: flow },
      )
    }
    case 'transition': {
      const { from, to, via } = message
      const number = view.transitions + 1
      const taken = { from, to, via, number }
      return next(
        { ...progress, drawing: withWay(progress.drawing, taken), taken },
        { active: flow, transitions: number },
      )
    }
    case 'call.start': {
      const { callId, node, name } = message
      const calls = progress.calls.filter(({ id }) => id !== callId)
      return next({ ...progress, calls: [...calls, { id: callId, step: node, name }] })
    }
    case 'call.end': {
      // A call that led into another flow ends there.
      const flows = new Map(
        [...view.flows].map(([id, each]) => [
          id,
          { ...each, calls: each.calls.filter((call) => call.id !== message.callId) },
        ]),
      )
      return { ...view, flows }
    }
    case 'state':
      return next({ ...progress, facts: factsOf(message.state) })
  }
}

/** The call is over: nothing runs any more. */
export function flowOver(view: FlowView): FlowView {
  return { ...view, flows: new Map([...view.flows].map(([id, each]) => [id, { ...each, calls: [] }])) }
}

/** With a step that was made on the spot. */
function withStep(drawing: FlowDrawing, id: string): FlowDrawing {
  if (drawing.steps.some((step) => step.id === id)) return drawing
  const initial = drawing.initial === '' ? id : drawing.initial
  return { ...drawing, initial, steps: [...drawing.steps, { id, final: false, automatic: false }] }
}

/** With a way that was declared nowhere, such as a jump. */
function withWay(drawing: FlowDrawing, { from, to, via }: TakenWay): FlowDrawing {
  const stepped = withStep(drawing, to)
  if (from === null || !stepped.steps.some(({ id }) => id === from)) return stepped
  if (stepped.ways.some((way) => way.from === from && way.to === to)) return stepped
  return { ...stepped, ways: [...stepped.ways, { from, to, via, global: false }] }
}

const deepest = 3

/** A state as names and values, one line for each plain value: `order.size`, `large`. */
export function factsOf(state: Record<string, unknown>): KnownFact[] {
  const facts: KnownFact[] = []
  const add = (name: string, value: unknown, depth: number): void => {
    if (value === null || value === undefined || value === '') return
    if (typeof value === 'string') facts.push({ name, value })
    else if (typeof value !== 'object') facts.push({ name, value: JSON.stringify(value) })
    else if (depth === deepest) facts.push({ name, value: JSON.stringify(value) })
    else if (!Array.isArray(value))
      for (const [key, each] of Object.entries(value)) add(`${name}.${key}`, each, depth + 1)
    else if (value.every((each) => typeof each !== 'object')) {
      if (value.length > 0) facts.push({ name, value: value.join(', ') })
    } else value.forEach((each: unknown, index) => add(`${name}.${index + 1}`, each, depth + 1))
  }
  for (const [name, value] of Object.entries(state)) add(name, value, 0)
  return facts
}
