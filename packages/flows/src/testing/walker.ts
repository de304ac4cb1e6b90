import type { FlowError } from '../definition/errors.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import { type FlowEdge, flowGraph, sampleNode } from '../machine/flow-graph.ts'
import { describeEdge } from './describe-edge.ts'
import { fromSchema } from './from-schema.ts'
import { type FlowTestRun, runFlow, type RunFlowOptions } from './run-flow.ts'
import { type Random, seededRandom } from './seeded-random.ts'
import { type SubFlowStub, wrappedFlow, type Wrapping } from './wrapped-flow.ts'

/** Where a function is called, and where it is to lead: `undefined` when it is to stay. */
export interface CallPlace {
  readonly node: string
  readonly function: string
  readonly to?: string | undefined
}

/** What a function is called with: always the same, or as the place says. `undefined` is generated. */
export type GivenArguments =
  | Readonly<Record<string, unknown>>
  | ((place: CallPlace, random: Random) => Readonly<Record<string, unknown>> | undefined)

/** How a walk, or a script, went. */
export interface WalkResult {
  /** Such as `start --choose_size--> confirm`. */
  readonly steps: readonly string[]
  /** How many conversations it took. */
  readonly attempts: number
  /** What went wrong, and at which step. */
  readonly failure?: string | undefined
}

/** @internal */
export type WalkStep =
  | { readonly edge: FlowEdge; readonly stay?: undefined }
  | { readonly stay: CallPlace; readonly edge?: undefined }

/** @internal What a walker takes of the options of `testFlow`. */
export interface WalkerOptions extends RunFlowOptions {
  readonly args?: Readonly<Record<string, GivenArguments>> | undefined
  readonly attempts?: number | undefined
  readonly subFlows?: Readonly<Record<string, SubFlowStub>> | undefined
}

/** A step that did not lead where it should. */
class Astray extends Error {
  readonly step: number
  constructor(step: number, message: string) {
    super(message)
    this.step = step
  }
}

/** So often other arguments are tried for one call before those of the call before it are changed too. */
const PATIENCE = 10

/** @internal Walks along edges of a flow, in conversations of its own. */
export class Walker {
  readonly #flow: FlowDefinition
  readonly #wrapping: Wrapping
  readonly #options: WalkerOptions
  readonly #ends: ReadonlySet<string>
  /** Arguments that led along an edge before: they probably do so again. */
  readonly #known = new Map<string, Readonly<Record<string, unknown>>>()
  #conversations = 0

  constructor(flow: FlowDefinition, options: WalkerOptions) {
    this.#wrapping = { failing: false, subFlows: options.subFlows ?? {} }
    this.#flow = wrappedFlow(flow, this.#wrapping)
    this.#options = options
    this.#ends = new Set(flowGraph(flow).nodes.flatMap(({ id, final }) => (final ? [id] : [])))
  }

  /**
   * Begins anew, with other arguments, as long as a step leads elsewhere: first with others for the last call before it,
   * then, as what the state holds may decide, for those before that too.
   */
  async walk(steps: readonly WalkStep[]): Promise<WalkResult> {
    const { attempts: most = 30 } = this.#options
    const chosen: Chosen[] = []
    const tries = steps.map(() => 0)
    const names = steps.map(describeStep)
    for (let attempts = 1; ; attempts++) {
      try {
        await this.#converse(steps, chosen)
        return { steps: names, attempts }
      } catch (error) {
        if (!(error instanceof Astray)) throw error
        const { step, message } = error
        const tried = (tries[step] = (tries[step] ?? 0) + 1)
        tries.fill(0, 0, step)
        const varied = [...chosen.keys()].filter((index) => index <= step && chosen[index]?.varies === true)
        if (tried < most && attempts < most * (steps.length + 1) && varied.length > 0) {
          chosen.length = varied[Math.max(0, varied.length - 1 - Math.floor((tried - 1) / PATIENCE))]!
          continue
        }
        const at = steps[step] === undefined ? '' : `at ${describeStep(steps[step])}: `
        const functions = [...new Set(varied.map((index) => functionOf(steps[index])))].join(', ')
        const times = tried > 1 ? ` (${tried} times in a row; give arguments that lead there for: ${functions})` : ''
        return { steps: names, attempts, failure: `${at}${message}${times}` }
      }
    }
  }

  async #converse(steps: readonly WalkStep[], chosen: Chosen[]): Promise<void> {
    const { seed = 1 } = this.#options
    const random = seededRandom(seed * 1_000_003 + this.#conversations++)
    this.#wrapping.failing = false
    const run = await runFlow(this.#flow, this.#options)
    this.#expectNoError(run, 0, 0)
    for (const [index, step] of steps.entries()) {
      const before = movesOf(run)
      const since = run.events.length
      const { edge, stay } = step
      if (edge === undefined) {
        this.#expectAt(run, stay.node, index)
        await this.#callAt(run, stay, { index, chosen, random })
        this.#expectNoError(run, index, since)
        continue
      }
      // A node that moves on by itself has done so by now.
      if (before.length <= index) {
        this.#expectAt(run, edge.from, index)
        await this.#drive(run, edge, { index, chosen, random })
      }
      const went = movesOf(run)[index]
      if (went !== describeEdge(edge)) {
        const where = went === undefined ? `the conversation stayed in '${run.currentNode}'` : `it went ${went}`
        throw new Astray(index, where + lastNews(run))
      }
      if (edge.kind !== 'onError') this.#expectNoError(run, index, since)
    }
    await this.#expectEnd(run, steps.length)
  }

  async #drive(run: FlowTestRun, edge: FlowEdge, choice: Choice): Promise<void> {
    switch (edge.kind) {
      case 'function':
        await this.#callAt(run, { node: edge.from, function: edge.via, to: edge.to }, choice)
        return
      case 'onError': {
        const [name] = run.tools
        if (name === undefined) throw new Astray(choice.index, 'no function is offered that could fail')
        this.#wrapping.failing = true
        await this.#callAt(run, { node: edge.from, function: name, to: edge.to }, choice)
        return
      }
      case 'onSpoken':
        await run.reply()
        return
      case 'onSilence': {
        if (run.isAsked) await run.reply()
        const { afterSecs, times = 1 } = sampleNode(this.#flow, edge.from)?.onSilence ?? { afterSecs: 0 }
        const { length } = movesOf(run)
        // What is said in between takes no time, but the silence begins anew after it.
        for (let count = 0; count <= times && movesOf(run).length === length; count++) await run.advance(afterSecs)
        return
      }
      case 'always':
        await run.rest()
    }
  }

  async #callAt(run: FlowTestRun, place: CallPlace, { index, chosen, random }: Choice): Promise<void> {
    const name = place.function
    const fn = run.tool(name)
    if (fn === undefined) {
      const offered = run.tools.join(', ') || 'none'
      throw new Astray(index, `the model is not offered '${name}' there, only: ${offered}; does its guard say no?`)
    }
    const given = this.#options.args?.[name]
    const varies = typeof given === 'function' || (given === undefined && fn.parameters !== undefined)
    const before = movesOf(run).length
    const { args } = (chosen[index] ??= {
      args: (typeof given === 'function' ? given(place, random) : given) ?? this.#generate(fn, place, random),
      varies,
    })
    await run.call(name, args)
    const went = movesOf(run)[before]
    if (went !== undefined) this.#known.set(went, args)
  }

  #generate(fn: FlowFunction, { node, to }: CallPlace, random: Random): Readonly<Record<string, unknown>> {
    const known = to === undefined ? undefined : this.#known.get(describeEdge({ from: node, via: fn.name, to }))
    // Not always: another step may want others here.
    return known !== undefined && random() < 0.7 ? known : fromSchema(fn, random)
  }

  #expectAt(run: FlowTestRun, node: string, index: number): void {
    if (run.hasEnded) throw new Astray(index, `the conversation has ended before, in '${run.currentNode}'`)
    if (run.currentNode !== node) throw new Astray(index, `the conversation is in '${run.currentNode}'${lastNews(run)}`)
  }

  #expectNoError(run: FlowTestRun, index: number, since: number): void {
    const failed = run.events
      .slice(since)
      .some((event) => event.type === 'flow.error' || (event.type === 'flow.call.end' && event.end === 'error'))
    if (failed) throw new Astray(index, `it failed${lastNews(run)}`)
  }

  async #expectEnd(run: FlowTestRun, index: number): Promise<void> {
    const node = run.currentNode
    if (node === null || !this.#ends.has(node) || run.hasEnded) return
    if (run.isAsked) await run.reply()
    if (!run.hasEnded) throw new Astray(index, `the conversation does not end in '${node}'${lastNews(run)}`)
  }
}

interface Choice {
  readonly index: number
  readonly chosen: Chosen[]
  readonly random: Random
}

/** The arguments of a step, and whether it could have others. */
interface Chosen {
  readonly args: Readonly<Record<string, unknown>>
  readonly varies: boolean
}

/** @internal The moves of a conversation, as edges. */
function movesOf(run: FlowTestRun): string[] {
  return run.events.flatMap((event) => {
    if (event.type !== 'flow.transition' || event.from === null) return []
    const { from, to, cause } = event
    return [describeEdge({ from, to, via: cause.by === 'function' ? cause.name : cause.by })]
  })
}

/** @internal What failed last, or what the model was told last. */
export function lastNews(run: FlowTestRun): string {
  const failed = run.events.findLast((event) => event.type === 'flow.error')
  if (failed !== undefined) return `: ${reasonOf(failed.error)}`
  const last = run.events.findLast((event) => event.type === 'flow.call.end')
  return last === undefined ? '' : `; the last result was ${JSON.stringify(last.result)}`
}

function reasonOf(error: FlowError): string {
  return error.cause instanceof Error ? `${error.message} ${error.cause.message}` : error.message
}

function describeStep({ edge, stay }: WalkStep): string {
  return edge === undefined ? `${stay.node} --${stay.function}` : describeEdge(edge)
}

function functionOf(step: WalkStep | undefined): string {
  return step?.edge?.via ?? step?.stay?.function ?? ''
}
