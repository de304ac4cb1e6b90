import type { LLMContext } from '../context/llm-context.ts'
import type { Message } from '../context/messages.ts'
import type { ToolChoice, ToolsSchema } from '../context/tools.ts'
import { PcError } from '../runtime/errors.ts'
import { defineFrame, Frame } from './frame.ts'

/** Runs the model on a context: downstream from the user aggregator, upstream from the assistant aggregator. */
export class LLMContextFrame<T extends string = 'LLMContextFrame'> extends Frame<T> {
  declare readonly isA: { readonly LLMContextFrame: true }
  declare readonly context: LLMContext
  /** @internal What the context was asked up to this number: an answer that has read it makes the frame superfluous. */
  declare readonly asked: number | undefined
  constructor(context: LLMContext, asked?: number) {
    super()
    this.context = context
    this.asked = asked
  }
  static {
    defineFrame(this, 'LLMContextFrame')
  }
}

/**
 * Has the model answer a context that may come to pass. Nothing of that answer leaves the service unless an
 * LLMContextFrame with the same words follows. `undefined`: it will not.
 */
export class LLMSpeculationFrame extends Frame<'LLMSpeculationFrame'> {
  declare readonly context: LLMContext | undefined
  constructor(context: LLMContext | undefined) {
    super()
    this.context = context
  }
  static {
    defineFrame(this, 'LLMSpeculationFrame', { lane: 'system' })
  }
}

/** The older name of {@link LLMContextFrame}; what handles one handles the other. */
export class OpenAILLMContextFrame extends LLMContextFrame<'OpenAILLMContextFrame'> {
  static {
    defineFrame(this, 'OpenAILLMContextFrame')
  }
}

/** Runs the model on these messages alone. */
export class LLMMessagesFrame extends Frame<'LLMMessagesFrame'> {
  declare readonly messages: readonly Message[]
  constructor(messages: readonly Message[]) {
    super()
    this.messages = messages
  }
  static {
    defineFrame(this, 'LLMMessagesFrame')
  }
}

/** Runs the model on the context as it is. */
export class LLMRunFrame extends Frame<'LLMRunFrame'> {
  /** Waits until nobody speaks; a user who speaks is answered instead. Heeded by the assistant aggregator alone. */
  declare readonly whenFree: boolean
  constructor(options?: { whenFree?: boolean }) {
    super()
    this.whenFree = options?.whenFree ?? false
  }
  static {
    defineFrame(this, 'LLMRunFrame')
  }
}

/** Appends messages to the context, and runs the model if asked. What a user typed is never lost to an interruption. */
export class LLMMessagesAppendFrame extends Frame<'LLMMessagesAppendFrame'> {
  declare readonly messages: readonly Message[]
  declare readonly runLlm: boolean
  constructor(messages: readonly Message[], options?: { runLlm?: boolean }) {
    super()
    this.messages = messages
    this.runLlm = options?.runLlm ?? false
  }
  static {
    defineFrame(this, 'LLMMessagesAppendFrame', { sticky: true })
  }
}

/** Replaces the messages of the context, and runs the model if asked. */
export class LLMMessagesUpdateFrame extends Frame<'LLMMessagesUpdateFrame'> {
  declare readonly messages: readonly Message[]
  declare readonly runLlm: boolean
  constructor(messages: readonly Message[], options?: { runLlm?: boolean }) {
    super()
    this.messages = messages
    this.runLlm = options?.runLlm ?? false
  }
  static {
    defineFrame(this, 'LLMMessagesUpdateFrame', { sticky: true })
  }
}

/** Changes the messages of the context by a function, and runs the model if asked. */
export class LLMMessagesTransformFrame extends Frame<'LLMMessagesTransformFrame'> {
  declare readonly transform: (messages: readonly Message[]) => readonly Message[]
  declare readonly runLlm: boolean
  constructor(transform: (messages: readonly Message[]) => readonly Message[], options?: { runLlm?: boolean }) {
    super()
    this.transform = transform
    this.runLlm = options?.runLlm ?? false
  }
  static {
    defineFrame(this, 'LLMMessagesTransformFrame', { sticky: true })
  }
}

/** Sets the tools that the model may call. */
export class LLMSetToolsFrame extends Frame<'LLMSetToolsFrame'> {
  declare readonly tools: ToolsSchema | undefined
  constructor(tools: ToolsSchema | undefined) {
    super()
    this.tools = tools
  }
  static {
    defineFrame(this, 'LLMSetToolsFrame', { sticky: true })
  }
}

/** Sets how the model chooses tools. */
export class LLMSetToolChoiceFrame extends Frame<'LLMSetToolChoiceFrame'> {
  declare readonly toolChoice: ToolChoice | undefined
  constructor(toolChoice: ToolChoice | undefined) {
    super()
    this.toolChoice = toolChoice
  }
  static {
    defineFrame(this, 'LLMSetToolChoiceFrame', { sticky: true })
  }
}

/** Turns speaking of the model's output off or on. A setting: an interruption does not undo it. */
export class LLMConfigureOutputFrame extends Frame<'LLMConfigureOutputFrame'> {
  declare readonly skipTts: boolean
  constructor(skipTts: boolean) {
    super()
    this.skipTts = skipTts
  }
  static {
    defineFrame(this, 'LLMConfigureOutputFrame', { sticky: true })
  }
}

/** A response begins. */
export class LLMFullResponseStartFrame extends Frame<'LLMFullResponseStartFrame'> {
  declare readonly skipTts: boolean | undefined
  constructor(skipTts?: boolean) {
    super()
    this.skipTts = skipTts
  }
  static {
    defineFrame(this, 'LLMFullResponseStartFrame')
  }
}

/** A response is complete, whether it succeeded or failed. */
export class LLMFullResponseEndFrame extends Frame<'LLMFullResponseEndFrame'> {
  declare readonly skipTts: boolean | undefined
  constructor(skipTts?: boolean) {
    super()
    this.skipTts = skipTts
  }
  static {
    defineFrame(this, 'LLMFullResponseEndFrame')
  }
}

/** Makes the assistant aggregator commit what it has. */
export class LLMAssistantPushAggregationFrame extends Frame<'LLMAssistantPushAggregationFrame'> {
  static {
    defineFrame(this, 'LLMAssistantPushAggregationFrame')
  }
}

/** When the assistant's message was committed, ISO 8601. */
export class LLMContextAssistantTimestampFrame extends Frame<'LLMContextAssistantTimestampFrame'> {
  declare readonly timestamp: string
  constructor(timestamp: string) {
    super()
    this.timestamp = timestamp
  }
  static {
    defineFrame(this, 'LLMContextAssistantTimestampFrame')
  }
}

/** The assistant's turn is over: what its message holds, for those who follow the conversation. */
export class LLMContextAssistantTurnFrame extends Frame<'LLMContextAssistantTurnFrame'> {
  declare readonly text: string
  /** When the turn began, ISO 8601. */
  declare readonly timestamp: string
  constructor(text: string, timestamp: string) {
    super()
    this.text = text
    this.timestamp = timestamp
  }
  static {
    defineFrame(this, 'LLMContextAssistantTurnFrame')
  }
}

/** A sign that the model gives about the conversation, such as a turn that is not complete yet. It is never spoken. */
export class LLMMarkerFrame extends Frame<'LLMMarkerFrame'> {
  declare readonly marker: string
  /** A message of its own, at once; else a part of the assistant's message. */
  declare readonly appendToContextImmediately: boolean
  constructor(marker: string, options?: { appendToContextImmediately?: boolean }) {
    super()
    this.marker = marker
    this.appendToContextImmediately = options?.appendToContextImmediately ?? true
  }
  static {
    defineFrame(this, 'LLMMarkerFrame')
  }
}

/** The model begins to think. What it thinks is never spoken. */
export class LLMThoughtStartFrame extends Frame<'LLMThoughtStartFrame'> {
  /** Whether the thought goes into the context. Default false. */
  declare readonly appendToContext: boolean
  /** The adapter that can read it there, for example `anthropic`. */
  declare readonly llm: string | undefined
  constructor(options?: { appendToContext?: boolean; llm?: string | undefined }) {
    super()
    this.appendToContext = options?.appendToContext ?? false
    this.llm = options?.llm
    if (this.appendToContext && this.llm === undefined) {
      throw new PcError('A thought for the context needs `llm`: the adapter that can read it.', {
        code: 'invalid-thought',
        kind: 'config',
      })
    }
  }
  static {
    defineFrame(this, 'LLMThoughtStartFrame')
  }
}

/** A piece of a thought. */
export class LLMThoughtTextFrame extends Frame<'LLMThoughtTextFrame'> {
  declare readonly text: string
  constructor(text: string) {
    super()
    this.text = text
  }
  static {
    defineFrame(this, 'LLMThoughtTextFrame')
  }
}

/** The thought is complete. */
export class LLMThoughtEndFrame extends Frame<'LLMThoughtEndFrame'> {
  /** What the provider wants back with the thought. */
  declare readonly signature: string | undefined
  constructor(signature?: string) {
    super()
    this.signature = signature
  }
  static {
    defineFrame(this, 'LLMThoughtEndFrame')
  }
}

declare module './frame.ts' {
  interface FrameTypes {
    LLMContextFrame: LLMContextFrame
    OpenAILLMContextFrame: OpenAILLMContextFrame
    LLMSpeculationFrame: LLMSpeculationFrame
    LLMMessagesFrame: LLMMessagesFrame
    LLMRunFrame: LLMRunFrame
    LLMMessagesAppendFrame: LLMMessagesAppendFrame
    LLMMessagesUpdateFrame: LLMMessagesUpdateFrame
    LLMMessagesTransformFrame: LLMMessagesTransformFrame
    LLMSetToolsFrame: LLMSetToolsFrame
    LLMSetToolChoiceFrame: LLMSetToolChoiceFrame
    LLMConfigureOutputFrame: LLMConfigureOutputFrame
    LLMFullResponseStartFrame: LLMFullResponseStartFrame
    LLMFullResponseEndFrame: LLMFullResponseEndFrame
    LLMAssistantPushAggregationFrame: LLMAssistantPushAggregationFrame
    LLMContextAssistantTimestampFrame: LLMContextAssistantTimestampFrame
    LLMContextAssistantTurnFrame: LLMContextAssistantTurnFrame
    LLMMarkerFrame: LLMMarkerFrame
    LLMThoughtStartFrame: LLMThoughtStartFrame
    LLMThoughtTextFrame: LLMThoughtTextFrame
    LLMThoughtEndFrame: LLMThoughtEndFrame
  }
}
