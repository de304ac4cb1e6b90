import type { StartSettings } from '../frames/lifecycle.ts'

/** The fields of {@link PipelineParams}. */
export interface PipelineParamsFields {
  /** Hz. Default 16000. */
  audioInSampleRate?: number
  /** Hz. Default 24000. */
  audioOutSampleRate?: number
  /** Whether the user's turn cuts the agent's speech. Default true. */
  allowInterruptions?: boolean
  /** Measure time. Default false. */
  enableMetrics?: boolean
  /** Measure tokens, characters and seconds. Default false. */
  enableUsageMetrics?: boolean
  /** Report the first TTFB of each service only. Default false. */
  reportOnlyInitialTtfb?: boolean
  /** Report zeros of every measuring processor at start, when metrics are on. Default true. */
  sendInitialEmptyMetrics?: boolean
  enableHeartbeats?: boolean
  /** Default 1. */
  heartbeatsPeriodSecs?: number
  /** A heartbeat missing for so long raises `heartbeatTimeout`. Default 10. */
  heartbeatsMonitorSecs?: number
  /** Copied to `StartFrame.metadata`. */
  startMetadata?: Readonly<Record<string, unknown>>
}

/** The settings of a pipeline. A plain object with the same fields does as well. */
export class PipelineParams implements Required<PipelineParamsFields> {
  readonly audioInSampleRate: number
  readonly audioOutSampleRate: number
  readonly allowInterruptions: boolean
  readonly enableMetrics: boolean
  readonly enableUsageMetrics: boolean
  readonly reportOnlyInitialTtfb: boolean
  readonly sendInitialEmptyMetrics: boolean
  readonly enableHeartbeats: boolean
  readonly heartbeatsPeriodSecs: number
  readonly heartbeatsMonitorSecs: number
  readonly startMetadata: Readonly<Record<string, unknown>>

  constructor(fields: PipelineParamsFields = {}) {
    this.audioInSampleRate = fields.audioInSampleRate ?? 16_000
    this.audioOutSampleRate = fields.audioOutSampleRate ?? 24_000
    this.allowInterruptions = fields.allowInterruptions ?? true
    this.enableMetrics = fields.enableMetrics ?? false
    this.enableUsageMetrics = fields.enableUsageMetrics ?? false
    this.reportOnlyInitialTtfb = fields.reportOnlyInitialTtfb ?? false
    this.sendInitialEmptyMetrics = fields.sendInitialEmptyMetrics ?? true
    this.enableHeartbeats = fields.enableHeartbeats ?? false
    this.heartbeatsPeriodSecs = fields.heartbeatsPeriodSecs ?? 1
    this.heartbeatsMonitorSecs = fields.heartbeatsMonitorSecs ?? 10
    this.startMetadata = fields.startMetadata ?? {}
  }

  /** What StartFrame carries. */
  get start(): Required<StartSettings> {
    const { audioInSampleRate, audioOutSampleRate, allowInterruptions } = this
    const { enableMetrics, enableUsageMetrics, reportOnlyInitialTtfb } = this
    return {
      audioInSampleRate,
      audioOutSampleRate,
      allowInterruptions,
      enableMetrics,
      enableUsageMetrics,
      reportOnlyInitialTtfb,
      metadata: this.startMetadata,
    }
  }
}
