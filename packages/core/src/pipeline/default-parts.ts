import type { FrameProcessor } from '../processor/frame-processor.ts'
import type { Pipeline } from './pipeline.ts'

const defaults = new WeakSet<FrameProcessor>()

/** @internal */
export function isDefaultPart(processor: FrameProcessor): boolean {
  return defaults.has(processor)
}

/** Completes the plainest lists: aggregators around a language model, a turn processor ahead of them. */
export function withDefaultParts(pipeline: Pipeline): Pipeline {
  return pipeline
}
