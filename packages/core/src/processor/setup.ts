import type { Frame, FrameDirection } from '../frames/frame.ts'
import type { StartSettings } from '../frames/lifecycle.ts'
import type { Observer } from '../observers/observer.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { FrameProcessor } from './frame-processor.ts'

/** The part of a task that processors may use. */
export interface TaskHandle {
  readonly id: string
  queueFrame(frame: Frame, direction?: FrameDirection): Promise<void>
  cancel(reason?: string): Promise<void>
  /** Settles when everything ahead has been handled, true, or `timeoutSecs` have passed, false. Default 5. */
  flushPipeline(timeoutSecs?: number): Promise<boolean>
  /** Adds an observer and returns its remover. */
  addObserver(observer: Observer): () => void
  /** Says that work goes on, so that a graceful end keeps waiting. */
  progress(): void
}

/** What each processor gets before it starts. */
export interface PipelineSetup {
  readonly runtime: Runtime
  /** Sample rates, metrics flags and metadata, as StartFrame will carry them. */
  readonly params: Required<StartSettings>
  readonly task: TaskHandle
  /** All processors of the task in pipeline order, branches included. */
  readonly processors: readonly FrameProcessor[]
  /** The application's own objects, handed on as they are. */
  readonly appResources: unknown
}
