import type { LLMContext } from '../context/llm-context.ts'
import type { Message } from '../context/messages.ts'
import type { ToolChoice, ToolsSchema } from '../context/tools.ts'
import { defineFrame, Frame } from './frame.ts'

/** Runs the model on a context: downstream from the user aggregator, upstream from the assistant aggregator. */
export class LLMContextFrame<T extends string = 'LLMContextFrame'> extends Frame<T> {
  declare readonly isA: { readonly LLMContextFrame: true }
  declare readonly context: LLMContext
  constructor(context: LLMContext) {
    super()
    this.context = context
  }
  static {
    defineFrame(this, 'LLMContextFrame')
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
    defineFrame(this, 'LLMMessagesUpdateFrame')
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
    defineFrame(this, 'LLMMessagesTransformFrame')
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
    defineFrame(this, 'LLMSetToolsFrame')
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
    defineFrame(this, 'LLMSetToolChoiceFrame')
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

declare module './frame.ts' {
  interface FrameTypes {
    LLMContextFrame: LLMContextFrame
    OpenAILLMContextFrame: OpenAILLMContextFrame
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
  }
}
