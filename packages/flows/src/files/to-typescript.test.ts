import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALL, example, given } from '../../test/files/examples.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import { flowGraph, sampleNode } from '../machine/flow-graph.ts'
import { runFlow } from '../testing/run-flow.ts'
import { loadFlow } from './load-flow.ts'
import { toTypeScript } from './to-typescript.ts'

const root = join(import.meta.dirname, '../../../..')
// Inside of the package, so that the names of its entries are found.
const folder = join(import.meta.dirname, `../../test/files/made-${process.pid}`)
const generated = (name: string): string => inFolder(toTypeScript(loadFlow(example(name), given)))
const inFolder = (source: string): string => source.replace("'@pc/flows'", "'./pc-flows.ts'")

const fileOf = (name: string): string => join(folder, name.replace(/\..*/, '.ts'))

beforeAll(() => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'pc-flows.ts'),
    `export * from '../../../src/index.ts'
export { defineFlow } from '../../../src/definition/define-flow.ts'
export { defineNode } from '../../../src/definition/define-node.ts'
export { flowFunction } from '../../../src/definition/typed-function.ts'
`,
  )
  for (const name of ALL) writeFileSync(fileOf(name), generated(name))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function compile(): string {
  const config = join(folder, 'tsconfig.json')
  const options = { noEmit: true, isolatedDeclarations: false, types: ['node'] }
  writeFileSync(
    config,
    JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions: options, include: ['*.ts'] }),
  )
  return spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', config], { encoding: 'utf8' }).stdout
}

async function flowIn(file: string): Promise<FlowDefinition> {
  const module: Record<string, unknown> = await import(file)
  const [flow] = Object.values(module)
  if (!isFlow(flow)) throw new Error(`no flow in ${file}`)
  return flow
}

function isFlow(value: unknown): value is FlowDefinition {
  return typeof value === 'object' && value !== null && 'initialNode' in value
}

describe('toTypeScript', () => {
  test('gives files that type-check, and whose mistakes do not', () => {
    const mistake = generated('reservation.yaml').replace("onError: to('end')", "onError: to('edn')")
    writeFileSync(join(folder, 'mistake.ts'), mistake)
    const faults = compile()
      .split('\n')
      .filter((line) => /^\S*made-\d+\S*\.ts\(/.test(line))
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain('mistake.ts')
    expect(faults[0]).toContain("node 'no_availability' moves to unknown node 'edn'")
  }, 60_000)

  test.each(ALL)('gives the same nodes and edges as %s', async (name) => {
    const graph = flowGraph(loadFlow(example(name), given).flow)
    const made = flowGraph(await flowIn(fileOf(name)))
    expect({ ...made, warnings: [] }).toEqual({ ...graph, warnings: [] })
  })

  test('gives a flow that does what the file does', async () => {
    const source = generated('reservation.yaml').replace(
      /throw new Error\('The handler "check_availability".*/,
      "return args.time === '18:00' ? { available: true } : { available: false, others: ['18:00'] }",
    )
    const file = join(folder, 'filled.ts')
    writeFileSync(file, source)
    const run = await runFlow(await flowIn(file))
    expect(await run.call('collect_party_size', { size: 4 })).toEqual({ size: 4 })
    await run.call('check_availability', { time: '20:00' })
    expect(JSON.stringify(run.messages)).toContain('20:00 is taken, and offer: [\\"18:00\\"]')
    await run.call('check_availability', { time: '18:00' })
    expect(run.currentNode).toBe('confirm')
  })

  test('keeps what the user wrote when it is made again, and makes the rest anew', () => {
    const first = generated('food-ordering.yaml')
    const written = first
      .replace('// <keep imports>\n', "// <keep imports>\nimport { price } from './price.ts'\n")
      .replace(/throw new Error\('The handler "select_pizza_order".*/, '// <region> mine\n  return price(args)')
    const changed = loadFlow(
      example('food-ordering.yaml')
        .replace('Ask how many rolls', 'Ask how many pieces')
        .replaceAll('handler: select_sushi_order', 'handler: record_sushi'),
      { ...given, handlers: { ...given.handlers, record_sushi: () => 1 } },
    )
    const second = toTypeScript(changed, { previous: written })
    expect(second).toContain("import { price } from './price.ts'")
    expect(second).toContain('  // <region> mine\n  return price(args)\n}')
    expect(second).toContain('Ask how many pieces')
    expect(second).toContain('The handler "record_sushi" is not written yet.')
    // What is not used any more may still be wanted.
    expect(second).toContain('// <keep handler select_sushi_order>')
    expect(toTypeScript(changed, { previous: second })).toBe(second)
    expect(toTypeScript(changed, { previous: second.replaceAll('\n', '\r\n') }).replaceAll('\r', '')).toBe(second)
  })

  test('texts of a file cannot become code', async () => {
    const nasty = "'; throw 1; ` ${process.exit(1)} \\ \\' \" \u2028 \n"
    const input = { type: 'object', properties: { who: { type: 'string' } }, required: ['who'] }
    const edge = { node: 'b', input: { who: nasty } }
    const source = toTypeScript(
      loadFlow({
        version: 1,
        id: `x\u2028throw 1\nthrow 1`,
        meta: { version: nasty },
        initialNode: 'a',
        initialState: { [nasty]: nasty },
        nodes: { a: { task: nasty, onSpoken: edge }, b: { input, task: `${nasty}{{who}}`, after: [{ type: nasty }] } },
      }),
    )
    const file = join(folder, 'nasty.ts')
    writeFileSync(file, inFolder(source))
    const flow = await flowIn(file)
    expect(flow).toMatchObject({ version: nasty, initialState: { [nasty]: nasty } })
    expect(flow.nodes['a']).toMatchObject({ task: nasty, onSpoken: { input: { who: nasty } } })
    expect(sampleNode(flow, 'b')).toMatchObject({ task: expect.stringContaining(nasty), after: [{ type: nasty }] })
  })

  test('names that could become code are refused', () => {
    const names = ['x\n// </keep handler x>\nthrow 1', "x'", '', 'a b']
    for (const name of names) {
      const functions = [{ name: 'go', description: '', handler: name }]
      const file = { version: 1, id: 'x', initialNode: 'a', nodes: { a: { task: '', functions } } }
      expect(() => loadFlow(file, { handlers: { [name]: () => 1 } })).toThrow('nodes.a.functions.0.handler')
    }
  })
})
