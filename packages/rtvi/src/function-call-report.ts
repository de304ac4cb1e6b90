import type {
  FunctionCallCancelFrame,
  FunctionCallInProgressFrame,
  FunctionCallResultFrame,
  FunctionCallsStartedFrame,
} from '@pc/core'
import type { RTVILink } from './rtvi-link.ts'

/** How much of a function call a client learns: nothing, that it runs, also its name, also arguments and result. */
export type FunctionCallReportLevel = 'disabled' | 'none' | 'name' | 'full'

/** Levels by function name; `*` is for all others. */
export type FunctionCallReportLevels = Readonly<Record<string, FunctionCallReportLevel>>

/** Tells a client about function calls, as far as it may know. */
export class FunctionCallReport {
  readonly #link: RTVILink
  readonly #levels: FunctionCallReportLevels

  constructor(link: RTVILink, levels: FunctionCallReportLevels) {
    this.#link = link
    this.#levels = levels
  }

  started({ functionCalls }: FunctionCallsStartedFrame): void {
    for (const { functionName } of functionCalls) {
      const level = this.#levelOf(functionName)
      if (level !== 'disabled') this.#link.send('llm-function-call-started', named(level, functionName))
    }
  }

  inProgress(call: FunctionCallInProgressFrame): void {
    const level = this.#levelOf(call.functionName)
    if (level === 'disabled') return
    this.#link.send('llm-function-call-in-progress', {
      tool_call_id: call.toolCallId,
      ...named(level, call.functionName),
      ...(level === 'full' && { arguments: call.arguments }),
    })
  }

  /** Intermediate results of background calls are not the end of them. */
  settled(call: FunctionCallResultFrame): void {
    const level = this.#levelOf(call.functionName)
    if (level === 'disabled' || call.properties.isFinal === false) return
    this.#link.send('llm-function-call-stopped', {
      tool_call_id: call.toolCallId,
      cancelled: false,
      ...named(level, call.functionName),
      ...(level === 'full' && call.result !== undefined && { result: call.result }),
    })
  }

  cancelled(call: FunctionCallCancelFrame): void {
    const level = this.#levelOf(call.functionName)
    if (level === 'disabled') return
    this.#link.send('llm-function-call-stopped', {
      tool_call_id: call.toolCallId,
      cancelled: true,
      ...named(level, call.functionName),
    })
  }

  #levelOf(functionName: string): FunctionCallReportLevel {
    if (this.#link.runsInClient(functionName)) return 'full'
    return this.#levels[functionName] ?? this.#levels['*'] ?? 'none'
  }
}

function named(level: FunctionCallReportLevel, functionName: string): { function_name?: string } {
  return level === 'name' || level === 'full' ? { function_name: functionName } : {}
}
