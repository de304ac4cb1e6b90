import type { MetricsData } from '../observers/metrics.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import type { PcError } from '../runtime/errors.ts'
import type { UserTurnStrategies } from '../turns/turn-strategy.ts'
import { defineFrame, Frame } from './frame.ts'

/** Something failed. It travels upstream to the task; the pipeline goes on. */
export class ErrorFrame extends Frame<'ErrorFrame'> {
  declare readonly error: PcError
  /** The name of the processor that failed. */
  declare readonly processor: string
  /** The task ends because of it. */
  declare readonly fatal: boolean
  constructor(error: PcError, processor = '', options?: { fatal?: boolean }) {
    super()
    this.error = error
    this.processor = processor
    this.fatal = options?.fatal ?? false
  }
  static {
    defineFrame(this, 'ErrorFrame', { lane: 'system', sticky: true })
  }
}

/** Measurements of one processor. */
export class MetricsFrame extends Frame<'MetricsFrame'> {
  declare readonly data: readonly MetricsData[]
  constructor(data: readonly MetricsData[]) {
    super()
    this.data = data
  }
  static {
    defineFrame(this, 'MetricsFrame', { lane: 'system', sticky: true })
  }
}

/** Holds the ordered lane of a processor from the next frame on, in its turn. */
export class FrameProcessorPauseFrame extends Frame<'FrameProcessorPauseFrame'> {
  declare readonly processor: FrameProcessor
  constructor(processor: FrameProcessor) {
    super()
    this.processor = processor
  }
  static {
    defineFrame(this, 'FrameProcessorPauseFrame', { engine: true })
  }
}

/** Holds the ordered lane of a processor at once. */
export class FrameProcessorPauseUrgentFrame extends Frame<'FrameProcessorPauseUrgentFrame'> {
  declare readonly processor: FrameProcessor
  constructor(processor: FrameProcessor) {
    super()
    this.processor = processor
  }
  static {
    defineFrame(this, 'FrameProcessorPauseUrgentFrame', { lane: 'system', engine: true })
  }
}

/** Releases a held processor; it never waits in the held queue. */
export class FrameProcessorResumeFrame extends Frame<'FrameProcessorResumeFrame'> {
  declare readonly processor: FrameProcessor
  constructor(processor: FrameProcessor) {
    super()
    this.processor = processor
  }
  static {
    defineFrame(this, 'FrameProcessorResumeFrame', { lane: 'system', engine: true })
  }
}

/** New settings for a service, as a sparse delta. `undefined` is not given, `null` unsets. */
export class ServiceUpdateSettingsFrame<T extends string = 'ServiceUpdateSettingsFrame'> extends Frame<T> {
  declare readonly isA: { readonly ServiceUpdateSettingsFrame: true }
  declare readonly delta: Readonly<Record<string, unknown>>
  /** Only this service takes it; default: the first of its kind. */
  declare readonly service: FrameProcessor | undefined
  /** Whether the services of a switcher that are not active take it too. Default false. */
  declare readonly reachInactiveServices: boolean
  constructor(
    delta: Readonly<Record<string, unknown>>,
    options?: { service?: FrameProcessor; reachInactiveServices?: boolean },
  ) {
    super()
    this.delta = delta
    this.service = options?.service
    this.reachInactiveServices = options?.reachInactiveServices ?? false
  }
  static {
    defineFrame(this, 'ServiceUpdateSettingsFrame', { sticky: true })
  }
}

/** New settings for the language model. */
export class LLMUpdateSettingsFrame extends ServiceUpdateSettingsFrame<'LLMUpdateSettingsFrame'> {
  static {
    defineFrame(this, 'LLMUpdateSettingsFrame')
  }
}

/** New settings for speech recognition. */
export class STTUpdateSettingsFrame extends ServiceUpdateSettingsFrame<'STTUpdateSettingsFrame'> {
  static {
    defineFrame(this, 'STTUpdateSettingsFrame')
  }
}

/** New settings for speech synthesis. */
export class TTSUpdateSettingsFrame extends ServiceUpdateSettingsFrame<'TTSUpdateSettingsFrame'> {
  static {
    defineFrame(this, 'TTSUpdateSettingsFrame')
  }
}

/** Which service a {@link ManuallySwitchServiceFrame} means. */
export interface SwitchTarget {
  /** Its place in the switcher's list. */
  readonly serviceIndex?: number
  readonly service?: FrameProcessor
}

/**
 * Makes another service of a switcher the active one, in its turn: what went in before is finished first. The first
 * switcher that has the service takes it.
 *
 * ```ts
 * new ManuallySwitchServiceFrame({ serviceIndex: 1 })
 * new ManuallySwitchServiceFrame({ service: backup })
 * ```
 */
export class ManuallySwitchServiceFrame extends Frame<'ManuallySwitchServiceFrame'> {
  declare readonly serviceIndex: number | undefined
  declare readonly service: FrameProcessor | undefined
  constructor(target: number | SwitchTarget) {
    super()
    const { serviceIndex, service } = typeof target === 'number' ? { serviceIndex: target } : { ...target }
    this.serviceIndex = serviceIndex
    this.service = service
  }
  static {
    defineFrame(this, 'ManuallySwitchServiceFrame', { sticky: true })
  }
}

/** What a recogniser says of itself at start. */
export class STTMetadataFrame extends Frame<'STTMetadataFrame'> {
  declare readonly serviceName: string
  /** From the end of speech to the final transcript, 99th percentile, seconds. */
  declare readonly ttfsP99LatencySecs: number
  /** How turns are best decided with it; a turn processor does so where the application has not said how. */
  declare readonly userTurnStrategies: UserTurnStrategies | undefined
  constructor(serviceName: string, ttfsP99LatencySecs: number, userTurnStrategies?: UserTurnStrategies) {
    super()
    this.serviceName = serviceName
    this.ttfsP99LatencySecs = ttfsP99LatencySecs
    this.userTurnStrategies = userTurnStrategies
  }
  static {
    defineFrame(this, 'STTMetadataFrame', { lane: 'system', sticky: true })
  }
}

/** What a language model says of itself at start. */
export class LLMServiceMetadataFrame extends Frame<'LLMServiceMetadataFrame'> {
  declare readonly serviceName: string
  /** It hears and speaks by itself: transcripts are for the record alone. */
  declare readonly isRealtimeService: boolean
  constructor(serviceName: string, isRealtimeService: boolean) {
    super()
    this.serviceName = serviceName
    this.isRealtimeService = isRealtimeService
  }
  static {
    defineFrame(this, 'LLMServiceMetadataFrame', { lane: 'system', sticky: true })
  }
}

declare module './frame.ts' {
  interface FrameTypes {
    ErrorFrame: ErrorFrame
    MetricsFrame: MetricsFrame
    FrameProcessorPauseFrame: FrameProcessorPauseFrame
    FrameProcessorPauseUrgentFrame: FrameProcessorPauseUrgentFrame
    FrameProcessorResumeFrame: FrameProcessorResumeFrame
    ServiceUpdateSettingsFrame: ServiceUpdateSettingsFrame
    ManuallySwitchServiceFrame: ManuallySwitchServiceFrame
    LLMUpdateSettingsFrame: LLMUpdateSettingsFrame
    STTUpdateSettingsFrame: STTUpdateSettingsFrame
    TTSUpdateSettingsFrame: TTSUpdateSettingsFrame
    STTMetadataFrame: STTMetadataFrame
    LLMServiceMetadataFrame: LLMServiceMetadataFrame
  }
}
