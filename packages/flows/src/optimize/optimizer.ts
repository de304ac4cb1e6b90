import type { FlowNode } from '../definition/flow-node.ts'
import { FlowMetrics } from './flow-metrics.ts'
import { FunctionCache } from './function-cache.ts'
import { RateLimiter, type RateLimiterOptions } from './rate-limiter.ts'
import { ResponseCache } from './response-cache.ts'
import type { CacheOptions } from './timed-cache.ts'

/** What a conversation may come to next. */
export interface Upcoming {
  /** Where it is. */
  readonly node: string
  /** The nodes that edges lead to, as far as they do not depend on an input. */
  readonly nodes: readonly (FlowNode & { readonly name: string })[]
  /** What they would say: can be spoken ahead of time. */
  readonly texts: readonly string[]
}

/** What {@link Optimizer} takes. */
export interface OptimizerOptions {
  /** `false`: none. Default: 1000 replies, for 300 s. */
  readonly responseCache?: ResponseCache | CacheOptions | false | undefined
  /** `false`: none. Default: 500 results, for 60 s. */
  readonly functionCache?: FunctionCache | CacheOptions | false | undefined
  /** `false`: none. Default: 100 calls of the model in any 60 s. */
  readonly rateLimiter?: RateLimiter | RateLimiterOptions | false | undefined
  /** Said while a user's turn waits for the limit. `false`: nothing. Default: `One moment, please.` */
  readonly filler?: string | false | undefined
  /** Makes ready for what may come, such as by speaking texts ahead or warming a provider's cache. Default: nothing. */
  readonly prefetch?: ((upcoming: Upcoming) => unknown) | undefined
  readonly metrics?: FlowMetrics | undefined
}

/** What conversations share: caches, a limit, measurements. Make one for the process. */
export class Optimizer {
  readonly responseCache: ResponseCache | undefined
  readonly functionCache: FunctionCache | undefined
  readonly rateLimiter: RateLimiter | undefined
  readonly metrics: FlowMetrics
  readonly filler: string | undefined
  readonly prefetch: ((upcoming: Upcoming) => unknown) | undefined

  constructor(options: OptimizerOptions = {}) {
    const { responseCache, functionCache, rateLimiter, filler = 'One moment, please.' } = options
    this.responseCache = made(responseCache, ResponseCache)
    this.functionCache = made(functionCache, FunctionCache)
    this.rateLimiter = made(rateLimiter, RateLimiter)
    this.metrics = options.metrics ?? new FlowMetrics()
    this.filler = filler === false ? undefined : filler
    this.prefetch = options.prefetch
  }
}

function made<T extends object, Options extends object>(
  given: T | Options | false | undefined,
  kind: new (options?: Options) => T,
): T | undefined {
  if (given === false) return undefined
  // What is none itself are the options of one.
  return given instanceof kind ? given : new kind(given as Options | undefined)
}
