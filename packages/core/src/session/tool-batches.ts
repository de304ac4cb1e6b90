import type { AnyFrame } from '../frames/frame.ts'
import type { FunctionCall } from '../frames/tool.ts'
import type { ExecutedTool } from './session-types.ts'

interface Batch {
  readonly calls: readonly FunctionCall[]
  readonly done: Map<string, ExecutedTool>
}

/** Collects the calls that the model made together until all of them are over. */
export class ToolBatches {
  readonly #batches = new Map<string, Batch>()
  readonly #known = new WeakSet<readonly FunctionCall[]>()

  /** False when it knows them already: a broadcast tells of them twice. */
  begin(calls: readonly FunctionCall[]): boolean {
    if (this.#known.has(calls)) return false
    this.#known.add(calls)
    const batch: Batch = { calls, done: new Map() }
    for (const { toolCallId } of calls) this.#batches.set(toolCallId, batch)
    return true
  }

  /** Takes a result or a cancel; returns the batch when it is over with it. */
  settle(frame: AnyFrame): readonly ExecutedTool[] | undefined {
    switch (frame.type) {
      case 'FunctionCallResultFrame':
        if (frame.properties.isFinal === false) return undefined
        return this.#end(frame.toolCallId, { result: frame.result, cancelled: false })
      case 'FunctionCallCancelFrame':
        return this.#end(frame.toolCallId, { result: undefined, cancelled: true })
      default:
        return undefined
    }
  }

  #end(id: string, end: Pick<ExecutedTool, 'result' | 'cancelled'>): readonly ExecutedTool[] | undefined {
    const batch = this.#batches.get(id)
    const call = batch?.calls.find(({ toolCallId }) => toolCallId === id)
    if (batch === undefined || call === undefined) return undefined
    this.#batches.delete(id)
    batch.done.set(id, { id, name: call.functionName, arguments: call.arguments, ...end })
    if (batch.done.size < batch.calls.length) return undefined
    return batch.calls.flatMap(({ toolCallId }) => batch.done.get(toolCallId) ?? [])
  }
}
