/** What is measured. Times in seconds. */
export type FlowMetric =
  | 'cache_hit'
  | 'cache_miss'
  | 'llm_response_time'
  | 'llm_success'
  | 'llm_error'
  | 'function_time'
  | 'transition_time'
  | 'enter_time'
  | 'rate_limited'
  | 'rate_limit_exceeded'

/** One series of measurements. */
export interface MetricSummary {
  readonly count: number
  /** Of the newest 1000 values. */
  readonly p50: number
  readonly p95: number
}

/** So many values of a series are remembered. */
const VALUES = 1000

interface Series {
  count: number
  readonly values: number[]
}

/** Counts and times of conversations, for all that share it. */
export class FlowMetrics {
  readonly #series = new Map<string, Map<string, Series>>()

  /**
   * Records an event, or a measured value.
   *
   * @param of - what it is of, such as a node or a function: it counts there and in the whole.
   */
  record(name: FlowMetric | (string & {}), value = 1, of?: string): void {
    this.#add(name, '', value)
    if (of !== undefined && of !== '') this.#add(name, of, value)
  }

  /** How often something was recorded. */
  count(name: FlowMetric | (string & {}), of = ''): number {
    return this.#series.get(name)?.get(of)?.count ?? 0
  }

  /** `undefined` where nothing was recorded. */
  summary(name: FlowMetric | (string & {}), of = ''): MetricSummary | undefined {
    const series = this.#series.get(name)?.get(of)
    return series && summaryOf(series)
  }

  /** All of it: by name, and there by what it is of; the whole is under the empty name. */
  all(): Readonly<Record<string, Readonly<Record<string, MetricSummary>>>> {
    const entries = [...this.#series].map(([name, parts]): [string, Record<string, MetricSummary>] => [
      name,
      Object.fromEntries([...parts].map(([of, series]) => [of, summaryOf(series)])),
    ])
    return Object.fromEntries(entries)
  }

  #add(name: string, of: string, value: number): void {
    let parts = this.#series.get(name)
    if (parts === undefined) this.#series.set(name, (parts = new Map()))
    let series = parts.get(of)
    if (series === undefined) parts.set(of, (series = { count: 0, values: [] }))
    series.values[series.count % VALUES] = value
    series.count++
  }
}

function summaryOf({ count, values }: Series): MetricSummary {
  const sorted = values.toSorted((a, b) => a - b)
  return { count, p50: percentile(sorted, 0.5), p95: percentile(sorted, 0.95) }
}

/** The least value that so large a share does not exceed. */
function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}
