import type { Frame, FrameDirection } from '../frames/frame.ts'
import { EndFrame } from '../frames/lifecycle.ts'
import { Pipeline, type PipelineElement } from '../pipeline/pipeline.ts'
import type { PipelineParamsFields } from '../pipeline/pipeline-params.ts'
import { PipelineTask } from '../pipeline/pipeline-task.ts'
import type { PipelineTaskOptions } from '../pipeline/task-options.ts'
import { createTestRuntime } from './test-runtime.ts'
import { TestClock } from './test-clock.ts'

/** A pause between frames of {@link runTest}, milliseconds of test time. */
export interface Pause {
  readonly pauseMs: number
}

/** What {@link runTest} takes beside the processor. */
export interface RunTestOptions extends PipelineTaskOptions {
  /** What to send, in order. */
  readonly frames: readonly (Frame | Pause)[]
  /** Default `downstream`. */
  readonly direction?: FrameDirection
  readonly params?: PipelineParamsFields
  /** End the task after the last frame. Default true. */
  readonly end?: boolean
}

/** What came out of a processor under test. */
export interface RunTestResult {
  /** Without StartFrame and EndFrame. */
  readonly down: readonly Frame[]
  readonly up: readonly Frame[]
  readonly task: PipelineTask
  readonly clock: TestClock
}

/**
 * Runs one processor, or a list, on the test clock and records what leaves it at either end.
 *
 * ```ts
 * const { down } = await runTest(shout, { frames: [new TextFrame('hello')] })
 * ```
 */
export async function runTest(
  under: PipelineElement | readonly PipelineElement[],
  options: RunTestOptions,
): Promise<RunTestResult> {
  const { frames, direction = 'downstream', params, end = true, ...rest } = options
  const clock = new TestClock()
  const down: Frame[] = []
  const up: Frame[] = []
  const pipeline = new Pipeline(isList(under) ? under : [under])
  const task = new PipelineTask(pipeline, params, {
    defaultParts: false,
    idleTimeoutSecs: null,
    ...rest,
    runtime: { ...createTestRuntime(clock), ...rest.runtime },
  })
  task.on('frameReachedDownstream', (frame) => down.push(frame))
  task.on('frameReachedUpstream', (frame) => up.push(frame))
  task.on('pipelineError', (frame) => up.push(frame))
  const run = task.run()
  await clock.settle()
  for (const step of frames) {
    if ('pauseMs' in step) await clock.advance(step.pauseMs)
    else await task.queueFrame(step, direction)
    await clock.settle()
  }
  if (end) {
    await task.queueFrame(new EndFrame())
    await clock.advanceUntil(() => task.hasFinished())
    await run
  }
  return { down, up, task, clock }
}

function isList(value: PipelineElement | readonly PipelineElement[]): value is readonly PipelineElement[] {
  return Array.isArray(value)
}
