import { describe, expect, test } from 'vitest'
import { type AnyActorRef, createActor, createMachine } from 'xstate'
import { automatic, edge, flowOf, foodOrdering, reservation } from '../../test/example-flows.ts'
import { toDot } from './to-dot.ts'
import { toJsonGraph } from './to-json-graph.ts'
import { toMermaid } from './to-mermaid.ts'
import { toStately } from './to-stately.ts'

describe('toMermaid', () => {
  test('draws a state diagram with functions on its edges', () => {
    expect(toMermaid(reservation())).toBe(
      `stateDiagram-v2
  state "end" as n_end
  [*] --> initial
  initial --> get_time: collect_party_size
  get_time --> confirm: check_availability
  get_time --> no_availability: check_availability
  confirm --> n_end: finish
  no_availability --> confirm: check_availability
  no_availability --> no_availability: check_availability
  no_availability --> n_end: finish
  n_end --> [*]
  classDef parameterised stroke-dasharray: 4 3
  class no_availability parameterised
`,
    )
  })

  test('says in words what moves a node that moves by itself', () => {
    const text = toMermaid(automatic())
    expect(text).toContain('welcome --> ask: (always)')
    expect(text).toContain('ask --> lost: (on silence)')
    expect(text).toContain('ask --> broken: (on error)')
    expect(text).toContain('found --> goodbye: (when spoken)')
  })

  test('draws a global function once, and edges between the same nodes as one', () => {
    const flow = flowOf(
      { a: { task: '', functions: [edge('yes', 'b'), edge('sure', 'b')] }, b: { task: '' } },
      { globalFunctions: [edge('help', 'b')] },
    )
    const text = toMermaid(flow)
    expect(text).toContain('  a --> b: yes, sure\n')
    expect(text).toContain('  state "any node" as n_any_node\n')
    expect(text.match(/help/g)).toHaveLength(1)
  })

  test('gives names that Mermaid would misread an id of their own, each another', () => {
    const flow = flowOf({
      'a-b': { task: '', functions: [edge('x;#"y', 'a b')] },
      'a b': { task: '' },
      n_a_b: { task: '' },
    })
    const lines = toMermaid(flow).split('\n')
    expect(lines).toContain('  state "a-b" as n_a_b_2')
    expect(lines).toContain('  state "a b" as n_a_b_3')
    expect(lines).toContain('  n_a_b_2 --> n_a_b_3: x#59;#35;#34;y')
  })
})

describe('toDot', () => {
  test('draws a directed graph with functions on its edges', () => {
    const text = toDot(reservation())
    expect(text).toMatch(/^digraph "reservation" \{\n/)
    expect(text).toContain('  "[start]" -> "initial"\n')
    expect(text).toContain('  "no_availability" -> "no_availability" [label="check_availability"]\n')
    expect(text).toContain('  "no_availability" [style="rounded,dashed"]\n')
    expect(text).toContain('  "end" [peripheries=2]\n')
    expect(text.endsWith('}\n')).toBe(true)
  })

  test('escapes quotes and backslashes, and gives each function of an edge a line', () => {
    const flow = flowOf({
      'say "hi"': { task: '', functions: [edge('a\\b', 'end'), edge('c', 'end')] },
      end: { task: '' },
    })
    expect(toDot(flow)).toContain('"say \\"hi\\"" -> "end" [label="a\\\\b\\nc"]')
  })
})

describe('toStately', () => {
  function run(config: object, target: string): AnyActorRef {
    // The configuration is for tools outside: XState checks it at run time.
    const machine = createMachine(JSON.parse(JSON.stringify(config))).provide({
      guards: Object.fromEntries(['confirm', 'no_availability'].map((name) => [`to ${name}`, () => name === target])),
    })
    return createActor(machine).start()
  }

  test('gives a configuration that XState runs as the flow would', () => {
    const actor = run(toStately(reservation()), 'no_availability')
    const visited = ['collect_party_size', 'check_availability', 'check_availability', 'finish'].map((type) => {
      actor.send({ type })
      return actor.getSnapshot().value
    })
    expect(visited).toEqual(['get_time', 'no_availability', 'no_availability', 'end'])
    expect(actor.getSnapshot().status).toBe('done')
  })

  test('names a guard for each target of a function that has several', () => {
    expect(toStately(reservation()).states['get_time']?.on).toEqual({
      check_availability: [
        { target: 'confirm', guard: 'to confirm' },
        { target: 'no_availability', guard: 'to no_availability' },
      ],
    })
  })

  test('keeps tasks, silence as a delay, and what moves at once', () => {
    const { states } = toStately(automatic())
    expect(states['welcome']?.always).toEqual([{ target: 'ask' }])
    expect(states['ask']).toMatchObject({ description: 'Ask for the number.', after: { 8000: [{ target: 'lost' }] } })
    expect(states['found']?.on).toEqual({ onSpoken: [{ target: 'goodbye' }] })
  })

  test('has global functions at the top, so that they hold in every node', () => {
    const flow = flowOf({ a: { task: '' }, b: { task: '' } }, { globalFunctions: [edge('help', 'b')] })
    const actor = run(toStately(flow), '')
    actor.send({ type: 'help' })
    expect(actor.getSnapshot().value).toBe('b')
  })
})

describe('toJsonGraph', () => {
  test('gives nodes and edges in the JSON Graph Format', () => {
    const { graph } = toJsonGraph(foodOrdering())
    expect(JSON.parse(JSON.stringify(graph))).toEqual(graph)
    expect(graph.metadata).toEqual({ version: '1', initial: 'initial' })
    expect(graph.nodes['end']).toMatchObject({ label: 'end', metadata: { final: true } })
    expect(graph.edges).toContainEqual({
      source: 'confirm',
      target: 'initial',
      relation: 'revise_order',
      metadata: { kind: 'function', global: false },
    })
    expect(graph.edges.every(({ source, target }) => source in graph.nodes && target in graph.nodes)).toBe(true)
  })
})
