import { FlowError } from '../definition/errors.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import { flowGraph } from '../machine/flow-graph.ts'
import { FlowCoverage } from './flow-coverage.ts'
import { edgePaths, shortestPaths } from './flow-walks.ts'
import type { RunFlowOptions } from './run-flow.ts'
import { runScript, type ScriptStep } from './run-script.ts'
import { type GivenArguments, type WalkResult, Walker, type WalkStep } from './walker.ts'
import { type SubFlowStub, wrappedFlow } from './wrapped-flow.ts'

/** How {@link testFlow} tests a flow. */
export interface TestFlowOptions extends Omit<RunFlowOptions, 'clock' | 'charsPerSec'> {
  /** Plays this conversation, in place of the walks along all edges. */
  readonly script?: readonly ScriptStep[] | undefined
  /** By function. Default: generated from the schemas. */
  readonly args?: Readonly<Record<string, GivenArguments>> | undefined
  /** How often other arguments are tried where a function leads elsewhere than the walk does. Default 30. */
  readonly attempts?: number | undefined
  /** What sub-flows give, by their id, in place of their conversations. Default: walks do not get through them. */
  readonly subFlows?: Readonly<Record<string, SubFlowStub>> | undefined
}

/** What {@link testFlow} found. */
export interface FlowTestReport {
  readonly coverage: FlowCoverage
  /** One for each walk; those that failed say why. */
  readonly walks: readonly WalkResult[]
  /** For people. */
  readonly text: string
}

/**
 * Walks along every edge of a flow, on the real manager with the real handlers: a fake model calls the functions, with
 * generated or given arguments, and time passes where silence leads on. Functions that stay in their node are called
 * there. Where a function has several targets, arguments are tried until it leads to each. Sub-flows are tested on their
 * own, and stand in here by what they give.
 *
 * ```ts
 * const { coverage } = await testFlow(pizza)
 * coverage.assertCoverage({ edges: 100 })
 * ```
 *
 * @throws FlowError `flow-test-failed` when the flow does not arrive where a walk or the script says, with all of them.
 */
export async function testFlow(flow: FlowDefinition, options: TestFlowOptions = {}): Promise<FlowTestReport> {
  const coverage = options.coverage ?? new FlowCoverage(flow)
  const walks =
    options.script === undefined
      ? await walkAll(flow, { ...options, coverage })
      : [await playScript(flow, options.script, { ...options, coverage })]
  const text = describe(flow, walks, coverage)
  if (walks.some(({ failure }) => failure !== undefined)) {
    throw new FlowError(`The flow '${flow.id}' failed its test.\n${text}`, { code: 'flow-test-failed' })
  }
  return { coverage, walks, text }
}

async function playScript(
  flow: FlowDefinition,
  script: readonly ScriptStep[],
  options: TestFlowOptions,
): Promise<WalkResult> {
  const { subFlows = {} } = options
  return runScript(wrappedFlow(flow, { failing: false, subFlows }), script, options)
}

async function walkAll(
  flow: FlowDefinition,
  options: TestFlowOptions & { readonly coverage: FlowCoverage },
): Promise<WalkResult[]> {
  const walker = new Walker(flow, options)
  const walks: WalkResult[] = []
  for (const walk of edgePaths(flow)) walks.push(await walker.walk(walk.map((edge): WalkStep => ({ edge }))))
  for (const [node, way] of shortestPaths(flow)) {
    for (const name of staying(flow, node, options.coverage)) {
      // In a conversation of its own: it may end it.
      const stay = { node, function: name }
      walks.push(await walker.walk([...way.map((edge): WalkStep => ({ edge })), { stay }]))
    }
  }
  if (walks.length === 0) walks.push(await walker.walk([]))
  return walks
}

/** The functions of a node that lead nowhere, and that were not called yet. */
function staying(flow: FlowDefinition, node: string, coverage: FlowCoverage): string[] {
  const { nodes, edges } = flowGraph(flow)
  const missing = new Set(coverage.functions.missing)
  const leads = new Set(edges.flatMap(({ from, kind, via }) => (from === node && kind === 'function' ? [via] : [])))
  const functions = nodes.find(({ id }) => id === node)?.functions ?? []
  return functions.flatMap(({ name }) => (!leads.has(name) && missing.has(`${node}.${name}`) ? [name] : []))
}

function describe(flow: FlowDefinition, walks: readonly WalkResult[], coverage: FlowCoverage): string {
  const lines = walks.map(({ steps, failure }) => {
    const way = steps.length === 0 ? flow.initialNode : steps.join('\n      ')
    return failure === undefined ? `ok    ${way}` : `FAIL  ${way}\n      ${failure}`
  })
  return [...lines, coverage.report()].join('\n')
}
