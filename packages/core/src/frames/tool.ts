import type { LLMContext } from '../context/llm-context.ts'
import { defineFrame, Frame } from './frame.ts'

/** A call that the model asked for. */
export interface FunctionCall {
  readonly functionName: string
  readonly toolCallId: string
  readonly arguments: Readonly<Record<string, unknown>>
  readonly context: LLMContext
}

/** The model asked for these calls. */
export class FunctionCallsStartedFrame extends Frame<'FunctionCallsStartedFrame'> {
  declare readonly functionCalls: readonly FunctionCall[]
  constructor(functionCalls: readonly FunctionCall[]) {
    super()
    this.functionCalls = functionCalls
  }
  static {
    defineFrame(this, 'FunctionCallsStartedFrame', { lane: 'system' })
  }
}

/** A call begins to run. */
export class FunctionCallInProgressFrame extends Frame<'FunctionCallInProgressFrame'> {
  declare readonly functionName: string
  declare readonly toolCallId: string
  declare readonly arguments: Readonly<Record<string, unknown>>
  declare readonly cancelOnInterruption: boolean
  /** An interruption makes it a background call. */
  declare readonly detachOnInterruption: boolean
  /** The calls of one response share it. */
  declare readonly groupId: string | undefined
  /** The call reports later by messages of its own, while the conversation goes on. */
  declare readonly background: boolean
  constructor(
    call: Pick<FunctionCall, 'functionName' | 'toolCallId' | 'arguments'>,
    options?: {
      cancelOnInterruption?: boolean
      detachOnInterruption?: boolean
      groupId?: string | undefined
      background?: boolean
    },
  ) {
    super()
    this.functionName = call.functionName
    this.toolCallId = call.toolCallId
    this.arguments = call.arguments
    this.cancelOnInterruption = options?.cancelOnInterruption ?? true
    this.detachOnInterruption = options?.detachOnInterruption ?? false
    this.groupId = options?.groupId
    this.background = options?.background ?? false
  }
  static {
    defineFrame(this, 'FunctionCallInProgressFrame', { sticky: true })
  }
}

/** How a result is treated. */
export interface FunctionCallResultProperties {
  /** Whether the model runs on it; default: when the last call of its group settled. */
  readonly runLlm?: boolean | undefined
  /** Called after the result is in the context. */
  readonly onContextUpdated?: (() => void | Promise<void>) | undefined
  /** False for an intermediate result of a background call. Default true. */
  readonly isFinal?: boolean | undefined
}

/** A call's result. It is never lost to an interruption. */
export class FunctionCallResultFrame extends Frame<'FunctionCallResultFrame'> {
  declare readonly functionName: string
  declare readonly toolCallId: string
  declare readonly arguments: Readonly<Record<string, unknown>>
  declare readonly result: unknown
  declare readonly properties: FunctionCallResultProperties
  constructor(
    call: Pick<FunctionCall, 'functionName' | 'toolCallId' | 'arguments'>,
    result: unknown,
    properties: FunctionCallResultProperties = {},
  ) {
    super()
    this.functionName = call.functionName
    this.toolCallId = call.toolCallId
    this.arguments = call.arguments
    this.result = result
    this.properties = properties
  }
  static {
    defineFrame(this, 'FunctionCallResultFrame', { sticky: true })
  }
}

/** A call was cancelled: by an interruption, a timeout, or the application. */
export class FunctionCallCancelFrame extends Frame<'FunctionCallCancelFrame'> {
  declare readonly functionName: string
  declare readonly toolCallId: string
  declare readonly runLlm: boolean
  constructor(functionName: string, toolCallId: string, options?: { runLlm?: boolean }) {
    super()
    this.functionName = functionName
    this.toolCallId = toolCallId
    this.runLlm = options?.runLlm ?? false
  }
  static {
    defineFrame(this, 'FunctionCallCancelFrame', { lane: 'system', sticky: true })
  }
}

declare module './frame.ts' {
  interface FrameTypes {
    FunctionCallsStartedFrame: FunctionCallsStartedFrame
    FunctionCallInProgressFrame: FunctionCallInProgressFrame
    FunctionCallResultFrame: FunctionCallResultFrame
    FunctionCallCancelFrame: FunctionCallCancelFrame
  }
}
