import { defineFrame, Frame } from './frame.ts'

/** The settings that {@link StartFrame} carries to every processor. */
export interface StartSettings {
  /** Hz. Default 16000. */
  audioInSampleRate?: number
  /** Hz. Default 24000. */
  audioOutSampleRate?: number
  allowInterruptions?: boolean
  enableMetrics?: boolean
  enableUsageMetrics?: boolean
  reportOnlyInitialTtfb?: boolean
  metadata?: Readonly<Record<string, unknown>>
}

/** The first frame every processor sees. */
export class StartFrame extends Frame<'StartFrame'> {
  declare readonly audioInSampleRate: number
  declare readonly audioOutSampleRate: number
  declare readonly allowInterruptions: boolean
  declare readonly enableMetrics: boolean
  declare readonly enableUsageMetrics: boolean
  declare readonly reportOnlyInitialTtfb: boolean
  constructor(settings: StartSettings = {}) {
    super(settings.metadata && { metadata: settings.metadata })
    this.audioInSampleRate = settings.audioInSampleRate ?? 16_000
    this.audioOutSampleRate = settings.audioOutSampleRate ?? 24_000
    this.allowInterruptions = settings.allowInterruptions ?? true
    this.enableMetrics = settings.enableMetrics ?? false
    this.enableUsageMetrics = settings.enableUsageMetrics ?? false
    this.reportOnlyInitialTtfb = settings.reportOnlyInitialTtfb ?? false
  }
  static {
    defineFrame(this, 'StartFrame', { lane: 'system', sticky: true, engine: true })
  }
}

/** Ends the task gracefully: it travels behind all queued frames and every stage flushes before it goes on. */
export class EndFrame extends Frame<'EndFrame'> {
  declare readonly reason: string | undefined
  constructor(reason?: string) {
    super()
    this.reason = reason
  }
  static {
    defineFrame(this, 'EndFrame', { sticky: true, engine: true })
  }
}

/** As {@link EndFrame}, but processors keep their connections. */
export class StopFrame extends Frame<'StopFrame'> {
  static {
    defineFrame(this, 'StopFrame', { sticky: true, engine: true })
  }
}

/** Ends the task at once. Pushing one is the same as calling `task.cancel()`. */
export class CancelFrame extends Frame<'CancelFrame'> {
  declare readonly reason: string | undefined
  constructor(reason?: string) {
    super()
    this.reason = reason
  }
  static {
    defineFrame(this, 'CancelFrame', { lane: 'system', sticky: true, engine: true })
  }
}

/** Makes every processor drop what it was about to say. Pushing one interrupts the whole task at once. */
export class InterruptionFrame extends Frame<'InterruptionFrame'> {
  static {
    defineFrame(this, 'InterruptionFrame', { lane: 'system', sticky: true, engine: true })
  }
}

/** Asks the task to end: pushed downstream it first lets everything ahead of it finish. */
export class EndTaskFrame extends Frame<'EndTaskFrame'> {
  declare readonly reason: string | undefined
  constructor(reason?: string) {
    super()
    this.reason = reason
  }
  static {
    defineFrame(this, 'EndTaskFrame', { sticky: true })
  }
}

/** Asks the task to stop, see {@link StopFrame}. */
export class StopTaskFrame extends Frame<'StopTaskFrame'> {
  static {
    defineFrame(this, 'StopTaskFrame', { sticky: true })
  }
}

/** Asks the task to cancel. */
export class CancelTaskFrame extends Frame<'CancelTaskFrame'> {
  declare readonly reason: string | undefined
  constructor(reason?: string) {
    super()
    this.reason = reason
  }
  static {
    defineFrame(this, 'CancelTaskFrame', { lane: 'system', sticky: true, engine: true })
  }
}

/** Asks the task to interrupt: the same as pushing an {@link InterruptionFrame}. */
export class InterruptionTaskFrame extends Frame<'InterruptionTaskFrame'> {
  static {
    defineFrame(this, 'InterruptionTaskFrame', { lane: 'system', sticky: true, engine: true })
  }
}

/** The probe of `task.flushPipeline()`: down to the sink, back up to the source. */
export class PipelineFlushFrame extends Frame<'PipelineFlushFrame'> {
  declare readonly probeId: number
  constructor(probeId: number) {
    super()
    this.probeId = probeId
  }
  static {
    defineFrame(this, 'PipelineFlushFrame', { sticky: true })
  }
}

/** Crosses the pipeline once per period and never counts as activity. */
export class HeartbeatFrame extends Frame<'HeartbeatFrame'> {
  /** When it was sent, milliseconds on the task's clock. */
  declare readonly sentAtMs: number
  constructor(sentAtMs: number) {
    super()
    this.sentAtMs = sentAtMs
  }
  static {
    defineFrame(this, 'HeartbeatFrame')
  }
}

declare module './frame.ts' {
  interface FrameTypes {
    StartFrame: StartFrame
    EndFrame: EndFrame
    StopFrame: StopFrame
    CancelFrame: CancelFrame
    InterruptionFrame: InterruptionFrame
    EndTaskFrame: EndTaskFrame
    StopTaskFrame: StopTaskFrame
    CancelTaskFrame: CancelTaskFrame
    InterruptionTaskFrame: InterruptionTaskFrame
    PipelineFlushFrame: PipelineFlushFrame
    HeartbeatFrame: HeartbeatFrame
  }
}
