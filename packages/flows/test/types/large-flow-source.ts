/**
 * The text of a flow that is as large as they get: every function has a schema of its own, several targets, and a
 * handler from whose return type its edges are inferred.
 */
export function largeFlowSource(nodeCount: number, functionsPerNode: number): string {
  const nodes = Array.from({ length: nodeCount }, (_, node) => node)
  const functions = nodes.flatMap((node) =>
    Array.from({ length: functionsPerNode }, (_, at) => functionText(node, at, nodeCount)),
  )
  const texts = nodes.map((node) => nodeText(node, functionsPerNode))
  return `import * as z from 'zod'
import { flowKit, stay, to, type Unreachable } from '../../../../src/definition/index.ts'

const f = flowKit({ state: z.object({ visits: z.record(z.string(), z.number()), name: z.string().optional() }) })
${functions.join('')}
export const large = f.flow({
  id: 'large',
  initialNode: 'node0',
  initialState: { visits: {} },
  nodes: {
${texts.join('')}  },
})

export const allReachable = {} satisfies Unreachable<typeof large>
`
}

/** Every third node takes an input. */
function takesInput(node: number): boolean {
  return node % 3 === 2
}

function move(node: number): string {
  return takesInput(node)
    ? `to('node${node}', { input: { count, notes: [kind] } })`
    : `to('node${node}', { result: { kind } })`
}

function functionText(node: number, at: number, nodeCount: number): string {
  const near = (node + 1) % nodeCount
  const far = (node * 7 + at * 11 + 3) % nodeCount
  const targets = near === far ? [near] : [near, far]
  return `
const call${node}x${at} = f.fn({
  name: 'call${node}x${at}',
  description: 'The call ${at} of the node ${node}',
  parameters: z.object({
    kind: z.enum(['a${node}', 'b${at}', 'c']),
    count: z.number().int().min(1).default(1),
    items: z.array(z.object({ id: z.string(), amount: z.number().optional() })),
    note: z.string().nullable(),
  }),
  transitionTo: [${targets.map((target) => `'node${target}'`).join(', ')}],
  handler: async ({ kind, count, items, note }, ctx) => {
    ctx.state.visits[kind] = items.reduce((sum, { amount = 0 }) => sum + amount, count)
    if (note === null) return stay({ missing: 'note' })
    return count > ${at} ? ${move(near)} : ${move(far)}
  },
})
`
}

function nodeText(node: number, functionsPerNode: number): string {
  const functions = Array.from({ length: functionsPerNode }, (_, at) => `call${node}x${at}`).join(', ')
  if (!takesInput(node))
    return `    node${node}: f.node({ task: 'Do the task ${node}.', functions: [${functions}] }),\n`
  return `    node${node}: (input: { count: number; notes: string[] }, state) =>
      f.node({ task: \`\${input.count} \${state.name ?? input.notes.join()}\`, functions: [${functions}] }),\n`
}
