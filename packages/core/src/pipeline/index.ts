export {
  type BasePipeline,
  Pipeline,
  type PipelineElement,
  type PipelineMetrics,
  type PipelineOptions,
} from './pipeline.ts'
export { ParallelPipeline } from './parallel-pipeline.ts'
export { type SyncFrameOrder, SyncParallelPipeline, type SyncParallelPipelineEvents } from './sync-parallel-pipeline.ts'
export { type EndHandler, PipelineSink, PipelineSource } from './pipeline-source.ts'
export {
  ServiceSwitcher,
  type ServiceSwitcherEvents,
  type ServiceSwitcherOptions,
  type StrategyLike,
  type SwitchReason,
} from './service-switcher.ts'
export {
  type FailoverOptions,
  ServiceSwitcherStrategy,
  ServiceSwitcherStrategyFailover,
  ServiceSwitcherStrategyManual,
  ServiceSwitcherStrategyRoundRobin,
  type SwitcherHost,
} from './service-switcher-strategy.ts'
export {
  type RestartPolicy,
  type SessionEnd,
  Supervisor,
  type SupervisorEvents,
  type SupervisorOptions,
} from './supervisor.ts'
export { LLMSwitcher, type LLMSwitcherOptions, type SwitcherFunction, type SwitcherInference } from './llm-switcher.ts'
export { PipelineParams, type PipelineParamsFields } from './pipeline-params.ts'
export { PipelineTask } from './pipeline-task.ts'
export type {
  BasePipelineTask,
  PipelineTaskArguments,
  PipelineTaskEvents,
  PipelineTaskOptions,
  TaskMetrics,
  TerminalFrame,
} from './task-options.ts'
export { PipelineRunner, type PipelineRunnerOptions, type SignalSource, type Stoppable } from './pipeline-runner.ts'
