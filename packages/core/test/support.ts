import {
  type AnyFrame,
  type Frame,
  type FrameContext,
  type FrameDirection,
  FrameProcessor,
  Pipeline,
  type PipelineElement,
  type PipelineParamsFields,
  PipelineTask,
  type PipelineTaskOptions,
  type Result,
  sleep,
} from '../src/index.ts'
import { createTestRuntime, TestClock } from '../src/testing/index.ts'

type Handler = (this: FrameProcessor, frame: AnyFrame, direction: FrameDirection, ctx: FrameContext) => Result

/** A class-form processor from one function. */
export class Probe extends FrameProcessor {
  readonly #handler: Handler
  constructor(name: string, handler: Handler) {
    super(name)
    this.#handler = handler
  }
  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): Result {
    return this.#handler.call(this, frame, direction, ctx)
  }
}

/** Lets everything pass after `delayMs`, stopping at its signal. */
export const delay = (name: string, delayMs: number, only = 'TextFrame'): FrameProcessor =>
  new Probe(name, async (frame, direction, ctx) => {
    if (frame.type === only) await sleep(ctx.runtime.clock, delayMs, ctx.signal)
    ctx.push(frame, direction)
  })

export interface Rig {
  readonly task: PipelineTask
  readonly clock: TestClock
  readonly run: Promise<void>
  readonly down: Frame[]
  readonly up: Frame[]
  readonly errors: string[]
  /** Texts that reached the sink, other frames by type. */
  readonly texts: () => string[]
}

export function rig(
  elements: readonly PipelineElement[],
  params: PipelineParamsFields = {},
  options: PipelineTaskOptions & { testClock?: TestClock } = {},
): Rig {
  const { testClock: clock = new TestClock(), ...rest } = options
  const task = new PipelineTask(new Pipeline(elements), params, {
    defaultParts: false,
    idleTimeoutSecs: null,
    ...rest,
    runtime: { ...createTestRuntime(clock), ...rest.runtime },
  })
  const down: Frame[] = []
  const up: Frame[] = []
  const errors: string[] = []
  task.on('frameReachedDownstream', (frame) => down.push(frame))
  task.on('frameReachedUpstream', (frame) => up.push(frame))
  task.on('pipelineError', (frame) => errors.push(`${frame.processor}: ${frame.error.message}`))
  return { task, clock, run: task.run(), down, up, errors, texts: () => down.map(textOf) }
}

export const textOf = (frame: Frame): string =>
  'text' in frame && typeof frame.text === 'string' ? frame.text : frame.type

/** A started rig. */
export async function started(...args: Parameters<typeof rig>): Promise<Rig> {
  const made = rig(...args)
  await made.clock.settle()
  return made
}
