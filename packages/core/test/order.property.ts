import fc from 'fast-check'
import {
  type AnyFrame,
  defineFrame,
  Frame,
  type FrameContext,
  type FrameDirection,
  FrameProcessor,
  InterruptionFrame,
  ParallelPipeline,
  Pipeline,
  PipelineTask,
  sleep,
} from '../src/index.ts'
import { createTestRuntime, TestClock } from '../src/testing/index.ts'
import {
  type Behaviour,
  type Emission,
  type Lane,
  type Layout,
  type ModelFrame,
  ReferenceDispatcher,
} from './reference-dispatcher.ts'

class OrderedFrame extends Frame<'test/ordered'> {
  declare readonly label: string
  constructor(label: string) {
    super()
    this.label = label
  }
  static {
    defineFrame(this, 'test/ordered')
  }
}
class StickyFrame extends Frame<'test/sticky'> {
  declare readonly label: string
  constructor(label: string) {
    super()
    this.label = label
  }
  static {
    defineFrame(this, 'test/sticky', { sticky: true })
  }
}
class SystemFrame extends Frame<'test/system'> {
  declare readonly label: string
  constructor(label: string) {
    super()
    this.label = label
  }
  static {
    defineFrame(this, 'test/system', { lane: 'system' })
  }
}

type Labelled = OrderedFrame | StickyFrame | SystemFrame
const classes = { ordered: OrderedFrame, sticky: StickyFrame, system: SystemFrame }
const isLabelled = (frame: Frame | AnyFrame): frame is Labelled => 'label' in frame
const laneOf = (frame: Labelled): Lane => (frame.lane === 'system' ? 'system' : frame.sticky ? 'sticky' : 'ordered')

export interface Scenario {
  readonly layout: Layout
  readonly inputs: readonly { readonly at: number; readonly frame: ModelFrame | 'interrupt' }[]
  readonly seed: number
}

/** A number from 0 to 1 that depends on its arguments alone. */
function chance(...parts: readonly (string | number)[]): number {
  let hash = 2_166_136_261
  for (const char of parts.join('|')) hash = Math.imul(hash ^ char.charCodeAt(0), 16_777_619)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 2_246_822_519)
  hash ^= hash >>> 13
  return (hash >>> 0) / 2 ** 32
}

/** Fractions keep times of different origin apart, so that no result depends on ties. */
function behaviour(seed: number, stage: number, frame: ModelFrame): Behaviour {
  const roll = (what: string): number => chance(seed, stage, frame.label, what)
  const depth = frame.label.split('.').length
  const delayMs = roll('slow') < 0.5 ? 0 : 1 + Math.floor(roll('delay') * 60) + roll('fraction') / 2
  const pass: Emission = { label: `${frame.label}.${stage}`, lane: frame.lane, bounce: false }
  const extra: Emission[] = []
  if (depth < 4 && roll('extra') < 0.25) {
    const lane: Lane = roll('lane') < 0.6 ? 'ordered' : roll('lane2') < 0.5 ? 'sticky' : 'system'
    extra.push({ label: `${frame.label}.x${stage}`, lane, bounce: roll('bounce') < 0.4 })
  }
  const early = roll('early') < 0.5
  return {
    delayMs,
    deaf: roll('deaf') < 0.15,
    before: early ? [...extra, ...(roll('both') < 0.3 ? [{ ...pass, label: `${pass.label}b` }] : [])] : [],
    after: early ? [pass] : [...extra, pass],
  }
}

class Stage extends FrameProcessor {
  readonly #behave: (frame: ModelFrame) => Behaviour
  constructor(stage: number, seed: number) {
    super(`stage ${stage}`)
    this.#behave = (frame) => behaviour(seed, stage, frame)
  }
  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    const seen: Frame = frame
    if (!isLabelled(seen)) return ctx.push(frame, direction)
    const { before, after, delayMs, deaf } = this.#behave({ label: seen.label, lane: laneOf(seen) })
    const emit = (emissions: readonly Emission[]): void => {
      for (const { label, lane, bounce } of emissions) {
        const opposite = direction === 'downstream' ? 'upstream' : 'downstream'
        ctx.push(new classes[lane](label), bounce ? opposite : direction)
      }
    }
    emit(before)
    if (delayMs === 0) return emit(after)
    return sleep(ctx.runtime.clock, delayMs, deaf ? undefined : ctx.signal).then(() => emit(after))
  }
}

const build = (layout: Layout, seed: number): Pipeline =>
  new Pipeline(
    layout.map((item) =>
      typeof item === 'number'
        ? new Stage(item, seed)
        : new ParallelPipeline(...item.map((branch) => [build(branch, seed)])),
    ),
  )

type Record = readonly [direction: string, label: string]
type Outcome = { readonly ordered: readonly Record[]; readonly system: readonly Record[] }

const byLane = (records: readonly { direction: string; label: string; lane: Lane }[]): Outcome => {
  const pick = (system: boolean): Record[] =>
    records.filter(({ lane }) => (lane === 'system') === system).map(({ direction, label }) => [direction, label])
  return { ordered: pick(false), system: pick(true) }
}

export async function runEngine(scenario: Scenario): Promise<Outcome> {
  const clock = new TestClock()
  const task = new PipelineTask(
    build(scenario.layout, scenario.seed),
    {},
    {
      defaultParts: false,
      idleTimeoutSecs: null,
      runtime: createTestRuntime(clock),
    },
  )
  const records: { direction: string; label: string; lane: Lane }[] = []
  const record = (direction: string) => (frame: Frame) => {
    if (isLabelled(frame)) records.push({ direction, label: frame.label, lane: laneOf(frame) })
  }
  task.on('frameReachedDownstream', record('downstream'))
  task.on('frameReachedUpstream', record('upstream'))
  const run = task.run()
  await clock.settle()
  for (const { at, frame } of scenario.inputs) {
    clock.setTimeout(() => {
      void task.queueFrame(frame === 'interrupt' ? new InterruptionFrame() : new classes[frame.lane](frame.label))
    }, at)
  }
  await clock.advance(20_000)
  void task.cancel()
  await clock.advance(30_000)
  await run
  return byLane(records)
}

export function runReference(scenario: Scenario): Outcome {
  const reference = new ReferenceDispatcher(scenario.layout, (stage, frame) => behaviour(scenario.seed, stage, frame))
  reference.run(scenario.inputs)
  return byLane(reference.out)
}

const stages = fc.integer({ min: 0, max: 99 })
const branch: fc.Arbitrary<readonly number[]> = fc.array(stages, { maxLength: 2 })
const layout: fc.Arbitrary<Layout> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: stages },
      { weight: 1, arbitrary: fc.array(branch, { minLength: 1, maxLength: 3 }) },
    ),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((items) => number(items))

/** Gives every stage a number of its own, so that they behave differently. */
function number(items: Layout): Layout {
  let next = 0
  const renumber = (item: Layout[number]): Layout[number] =>
    typeof item === 'number' ? next++ : item.map((inner) => inner.map(() => next++))
  return items.map(renumber)
}

const inputs = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: 300 }),
      kind: fc.constantFrom('ordered', 'ordered', 'ordered', 'sticky', 'system', 'interrupt'),
    }),
    { maxLength: 25 },
  )
  .map((items) =>
    items.map(({ at, kind }, index) => ({
      at: at + index / 1000 + 0.0001,
      frame: kind === 'interrupt' ? ('interrupt' as const) : { label: `${index}`, lane: kind as Lane },
    })),
  )

export const scenario: fc.Arbitrary<Scenario> = fc.record({ layout, inputs, seed: fc.integer() })

/** The property: the engine's outputs are the reference's, in order, per lane. */
export const agrees = (numRuns: number, seed?: number): Promise<fc.RunDetails<[Scenario]>> =>
  Promise.resolve(
    fc.check(
      fc.asyncProperty(scenario, async (made) => {
        const engine = JSON.stringify(await runEngine(made))
        const reference = JSON.stringify(runReference(made))
        return engine === reference
      }),
      { numRuns, ...(seed !== undefined && { seed }), endOnFailure: false },
    ),
  )
