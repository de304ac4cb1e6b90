import type { AggregatedBy } from '../frames/text.ts'

/** A piece of text that is ready to be spoken or shown. */
export interface TextUnit {
  readonly text: string
  /** What cut it: `sentence`, `token`, or the type of a pattern. */
  readonly type: AggregatedBy
}

/** Cuts a stream of text into units. One instance serves one stream. */
export interface TextAggregator {
  /** Takes the next piece of the stream and returns the units that it completes. */
  aggregate(text: string): readonly TextUnit[]
  /** The stream is over: returns what is left. */
  flush(): readonly TextUnit[]
  /** Forgets what it holds, after an interruption. */
  reset(): void
}
