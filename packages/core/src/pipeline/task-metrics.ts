import type { MetricsFrame } from '../frames/control.ts'
import type { MetricsData } from '../observers/metrics.ts'
import type { Observer } from '../observers/observer.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import type { Emitter } from '../runtime/emitter.ts'
import type { PipelineTaskEvents, TaskMetrics } from './task-options.ts'

/** Zeros of every measuring processor, so that dashboards know them from the start. */
export function emptyMetrics(processors: readonly FrameProcessor[]): MetricsData[] {
  return processors
    .filter((processor) => processor.canGenerateMetrics)
    .flatMap(({ name }): MetricsData[] => [
      { kind: 'ttfb', processor: name, valueSecs: 0 },
      { kind: 'processing', processor: name, valueSecs: 0 },
    ])
}

/** Raises the task's `metrics` event once per metrics frame, though it makes many hops. */
export function metricsObserver(events: Emitter<PipelineTaskEvents>): Observer {
  let last = 0
  return {
    frames: ['MetricsFrame'],
    onPushFrame(frame) {
      if (frame.id === last || !events.has('metrics')) return
      last = frame.id
      events.emit('metrics', summary((frame as MetricsFrame).data))
    },
  }
}

function summary(data: readonly MetricsData[]): TaskMetrics {
  const ttfb = data.find((item) => item.kind === 'ttfb')
  const usage = data.find((item) => item.kind === 'llmUsage')
  return { ttfbMs: ttfb && ttfb.valueSecs * 1000, tokensUsed: usage?.usage.totalTokens, data }
}
