import type {
  FunctionCallCancelFrame,
  FunctionCallInProgressFrame,
  FunctionCallResultFrame,
  FunctionCallsStartedFrame,
} from '../frames/tool.ts'
import type { LLMContext, MessagePlace } from './llm-context.ts'
import { isSpecificMessage, type MessageToolCall } from './messages.ts'
import { backgroundMessage, encodeBackgroundStart, encodeToolContent } from './tool-messages.ts'

type Call =
  /** Asked for by the model; its batch is known. */
  | { readonly state: 'asked'; readonly batch: readonly string[]; readonly interrupted: boolean }
  /** Cancelled before it was seen to run. */
  | { readonly state: 'dropped'; readonly batch: readonly string[]; readonly runLlm: boolean }
  | {
      readonly state: 'running'
      readonly group: Group | undefined
      readonly background: boolean
      readonly detachOnInterruption: boolean
    }

interface Group {
  readonly id: string
  readonly open: Set<string>
  /** A settled member asks for the model to run. */
  wantsRun: boolean
  /** The number of the newest result that does. */
  asked: number
}

/**
 * Keeps the calls of a context: writes them and their results into it, and decides when the model is to run on them,
 * which is once per group, after its last call has settled.
 */
export class ToolLedger {
  readonly #context: LLMContext
  readonly #warn: (message: string) => void
  readonly #calls = new Map<string, Call>()
  readonly #groups = new Map<string, Group>()
  #latest: { groupId: string; place: MessagePlace; toolCallId: string } | undefined = undefined

  constructor(context: LLMContext, warn: (message: string) => void) {
    this.#context = context
    this.#warn = warn
  }

  /** The ids of the calls that have not settled. */
  get running(): readonly string[] {
    return [...this.#calls].flatMap(([id, { state }]) => (state === 'running' ? [id] : []))
  }

  /** Whether the conversation waits for a call. */
  get awaited(): boolean {
    for (const call of this.#calls.values()) if (call.state === 'running' && !call.background) return true
    return false
  }

  isRunning(toolCallId: string): boolean {
    return this.#calls.get(toolCallId)?.state === 'running'
  }

  started(frame: FunctionCallsStartedFrame): void {
    const batch = frame.functionCalls.map(({ toolCallId }) => toolCallId)
    for (const id of batch) if (!this.#calls.has(id)) this.#calls.set(id, { state: 'asked', batch, interrupted: false })
  }

  /** True when the model is to run now. */
  inProgress(frame: FunctionCallInProgressFrame): boolean {
    const { toolCallId: id, groupId, detachOnInterruption } = frame
    const known = this.#calls.get(id)
    if (known?.state === 'running') return false
    const background = frame.background || (detachOnInterruption && known?.state === 'asked' && known.interrupted)
    const group = groupId === undefined ? undefined : this.#group(groupId, known?.batch ?? [])
    this.#writeCall(frame, background)
    if (known?.state === 'dropped') {
      this.#context.setToolMessage(id, encodeToolContent({ status: 'cancelled' }))
      this.#calls.delete(id)
      return known.runLlm && this.#settle(id, group, true)
    }
    group?.open.add(id)
    this.#calls.set(id, { state: 'running', group: background ? undefined : group, background, detachOnInterruption })
    // The others of its group do not wait for a background call.
    return background && group !== undefined && this.#settle(id, group, false)
  }

  /**
   * `undefined` when it was ignored, else whether the model is to run now. A picture that comes with it is something to
   * run on.
   */
  result(frame: FunctionCallResultFrame, withImage = false): boolean | undefined {
    const { toolCallId: id, result, properties } = frame
    const call = this.#calls.get(id)
    if (call?.state !== 'running') {
      this.#warn(`A result of ${frame.functionName} came for a call that is not running and is ignored.`)
      return undefined
    }
    const asks = properties.runLlm ?? (withImage || (result !== undefined && result !== null))
    if (properties.isFinal === false) {
      if (!call.background) {
        this.#warn(`${frame.functionName} is not a background function: its intermediate result is ignored.`)
        return undefined
      }
      this.#context.addMessage(backgroundMessage(id, { status: 'running', result }))
      return asks
    }
    this.#calls.delete(id)
    if (call.background) {
      this.#context.addMessage(backgroundMessage(id, { status: 'finished', result }))
      return asks
    }
    const written = this.#context.setToolMessage(id, encodeToolContent({ status: 'completed', result }))
    if (!written) this.#warn(`The messages were replaced while ${frame.functionName} ran: its result is ignored.`)
    return this.#settle(id, call.group, asks && written)
  }

  /** True when the model is to run now. */
  cancel(frame: FunctionCallCancelFrame): boolean {
    const { toolCallId: id, runLlm } = frame
    const call = this.#calls.get(id)
    if (call === undefined || call.state === 'dropped') return false
    if (call.state === 'asked') {
      this.#calls.set(id, { state: 'dropped', batch: call.batch, runLlm })
      // One that timed out is on its way here, and the model runs then; one that was never begun may not come at all.
      const group = [...this.#groups.values()].find(({ open }) => open.has(id))
      return !runLlm && this.#settle(id, group, false)
    }
    this.#calls.delete(id)
    if (call.background) this.#context.addMessage(backgroundMessage(id, { status: 'cancelled' }))
    else this.#context.setToolMessage(id, encodeToolContent({ status: 'cancelled' }))
    return this.#settle(id, call.group, runLlm)
  }

  /**
   * What settled before an interruption does not ask for a run any more: what follows the interruption decides. Calls
   * that detach go on in the background. True when the model would have run on something that it has not read.
   */
  interrupted(): boolean {
    let unread = false
    for (const group of this.#groups.values()) {
      unread ||= group.wantsRun && this.#context.read < group.asked
      group.wantsRun = false
    }
    for (const [id, call] of this.#calls) {
      if (call.state === 'asked') this.#calls.set(id, { ...call, interrupted: true })
      else if (call.state === 'running' && call.detachOnInterruption && !call.background) {
        this.#context.setToolMessage(id, encodeBackgroundStart(id))
        this.#calls.set(id, { ...call, group: undefined, background: true })
        this.#settle(id, call.group, false)
      }
    }
    return unread
  }

  #group(groupId: string, batch: readonly string[]): Group {
    const known = this.#groups.get(groupId)
    if (known !== undefined) return known
    const open = new Set(batch.filter((id) => !this.#isGone(id)))
    const group: Group = { id: groupId, open, wantsRun: false, asked: 0 }
    this.#groups.set(groupId, group)
    return group
  }

  #isGone(id: string): boolean {
    const call = this.#calls.get(id)
    return call?.state === 'dropped' && !call.runLlm
  }

  #settle(id: string, group: Group | undefined, asks: boolean): boolean {
    if (group === undefined) return asks
    group.open.delete(id)
    if (asks) {
      group.wantsRun = true
      group.asked = ++this.#context.asked
    }
    if (group.open.size > 0) return false
    this.#groups.delete(group.id)
    return group.wantsRun
  }

  /** The calls of one group share a message as long as nothing comes between them. */
  #writeCall(frame: FunctionCallInProgressFrame, background: boolean): void {
    const { toolCallId, functionName, groupId } = frame
    const call: MessageToolCall = {
      id: toolCallId,
      type: 'function',
      function: { name: functionName, arguments: JSON.stringify(frame.arguments) },
    }
    if (!this.#joinLatest(call, groupId)) {
      const place = this.#context.addPlace({ role: 'assistant', content: null, tool_calls: [call] })
      this.#latest = groupId === undefined ? undefined : { groupId, place, toolCallId }
    }
    const content = background ? encodeBackgroundStart(toolCallId) : encodeToolContent({ status: 'running' })
    this.#context.addMessage({ role: 'tool', tool_call_id: toolCallId, content })
  }

  #joinLatest(call: MessageToolCall, groupId: string | undefined): boolean {
    const latest = this.#latest
    if (latest === undefined || latest.groupId !== groupId) return false
    const last = this.#context.messages.at(-1)
    const { message } = latest.place
    if (
      last === undefined ||
      isSpecificMessage(last) ||
      last.role !== 'tool' ||
      last.tool_call_id !== latest.toolCallId
    )
      return false
    if (message === undefined || isSpecificMessage(message) || message.role !== 'assistant') return false
    latest.toolCallId = call.id
    return latest.place.set({ ...message, tool_calls: [...(message.tool_calls ?? []), call] })
  }
}
