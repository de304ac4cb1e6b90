import type { FrameProcessor } from '@pc/core'
import { FlowManager, type FlowManagerOptions } from '../manager/flow-manager.ts'
import type { FlowMetrics } from './flow-metrics.ts'
import type { FunctionCache } from './function-cache.ts'
import { optimize, type Optimized } from './optimize.ts'
import type { OptimizerOptions } from './optimizer.ts'
import type { RateLimiter } from './rate-limiter.ts'
import type { ResponseCache } from './response-cache.ts'

/** What {@link OptimizedFlowManager} takes. */
export type OptimizedFlowManagerOptions = FlowManagerOptions &
  OptimizerOptions & {
    /** What {@link optimize} gave, whose limiter stands in the pipeline; the options of an optimizer do nothing then. */
    readonly optimized?: Optimized | undefined
  }

/**
 * A {@link FlowManager} that is optimized: the class form of {@link optimize}.
 *
 * ```ts
 * const manager = new OptimizedFlowManager({ task, llm, contextAggregator, flow })
 * ```
 */
export class OptimizedFlowManager extends FlowManager {
  /** `undefined` where there is none. */
  readonly responseCache: ResponseCache | undefined
  readonly functionCache: FunctionCache | undefined
  readonly rateLimiter: RateLimiter | undefined
  readonly metrics: FlowMetrics
  /** See {@link Optimized.limiter}. */
  readonly limiter: FrameProcessor

  /** @throws FlowError when the pipeline lacks a part; FlowDefinitionError for a `flowConfig` that does not hold. */
  constructor(options: OptimizedFlowManagerOptions) {
    const optimized = options.optimized ?? optimize(options)
    super(optimized.options(options))
    const { responseCache, functionCache, rateLimiter, metrics } = optimized.optimizer
    this.responseCache = responseCache
    this.functionCache = functionCache
    this.rateLimiter = rateLimiter
    this.metrics = metrics
    this.limiter = optimized.limiter
  }
}
