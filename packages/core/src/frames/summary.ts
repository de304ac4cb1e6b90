import type { ContextSummaryConfig } from '../context/summary-config.ts'
import type { Message } from '../context/messages.ts'
import { defineFrame, Frame } from './frame.ts'

/** Has the assistant aggregator summarise the older part of its context now. */
export class LLMSummarizeContextFrame extends Frame<'LLMSummarizeContextFrame'> {
  /** In place of the aggregator's own configuration, field by field. */
  declare readonly config: ContextSummaryConfig
  constructor(config: ContextSummaryConfig = {}) {
    super()
    this.config = config
  }
  static {
    defineFrame(this, 'LLMSummarizeContextFrame', { sticky: true })
  }
}

/** Asks the model of the pipeline for a summary. It travels upstream, and the answer comes beside its replies. */
export class LLMContextSummaryRequestFrame extends Frame<'LLMContextSummaryRequestFrame'> {
  declare readonly requestId: string
  /** What to summarise. */
  declare readonly messages: readonly Message[]
  declare readonly config: ContextSummaryConfig
  constructor(requestId: string, messages: readonly Message[], config: ContextSummaryConfig) {
    super()
    this.requestId = requestId
    this.messages = messages
    this.config = config
  }
  static {
    defineFrame(this, 'LLMContextSummaryRequestFrame', { lane: 'system', sticky: true })
  }
}

/** The answer to an {@link LLMContextSummaryRequestFrame}. */
export class LLMContextSummaryResultFrame extends Frame<'LLMContextSummaryResultFrame'> {
  declare readonly requestId: string
  /** Empty when there is none. */
  declare readonly summary: string
  /** Why there is none. */
  declare readonly error: string | undefined
  constructor(requestId: string, summary: string, error?: string) {
    super()
    this.requestId = requestId
    this.summary = summary
    this.error = error
  }
  static {
    defineFrame(this, 'LLMContextSummaryResultFrame', { sticky: true })
  }
}

declare module './frame.ts' {
  interface FrameTypes {
    LLMSummarizeContextFrame: LLMSummarizeContextFrame
    LLMContextSummaryRequestFrame: LLMContextSummaryRequestFrame
    LLMContextSummaryResultFrame: LLMContextSummaryResultFrame
  }
}
