export { FrameContext } from './frame-context.ts'
export { FrameProcessor, type FrameProcessorOptions, type LaneLimit, type ProcessorEvents } from './frame-processor.ts'
export {
  defineProcessor,
  type FrameHandlers,
  type ProcessorDefinition,
  type ProcessorHooks,
} from './define-processor.ts'
export type { Result } from './result.ts'
export type { PipelineSetup, TaskHandle } from './setup.ts'
export type { EngineCounters } from './engine.ts'
export type { ScheduleStep } from './trace.ts'
