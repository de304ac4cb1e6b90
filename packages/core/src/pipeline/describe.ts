import type { FrameProcessor } from '../processor/frame-processor.ts'
import { isDefaultPart } from './default-parts.ts'
import { ParallelPipeline } from './parallel-pipeline.ts'
import type { Pipeline } from './pipeline.ts'

/** @internal */
export function describePipeline(pipeline: Pipeline, indent = ''): string {
  return pipeline.processors.map((processor) => indent + describeProcessor(processor, indent)).join('\n')
}

function describeProcessor(processor: FrameProcessor, indent: string): string {
  const line = isDefaultPart(processor) ? `${processor.name} (default)` : processor.name
  if (!(processor instanceof ParallelPipeline)) return line
  return [
    line,
    ...processor.branches.map((branch) => `${indent}  ${branch.name}\n${describePipeline(branch, `${indent}    `)}`),
  ].join('\n')
}
