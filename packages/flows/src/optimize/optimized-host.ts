import type { FlowCall, FlowHost, FlowTool, NodeUpdate } from '../manager/flow-host.ts'
import { wrapHost } from '../manager/wrap-host.ts'
import type { Optimizer } from './optimizer.ts'
import type { ResponseCache } from './response-cache.ts'
import type { TurnGate } from './turn-gate.ts'

/** What {@link OptimizedHost} needs beside a host. */
export interface OptimizedHostOptions {
  readonly optimizer: Optimizer
  readonly gate: TurnGate
  /** What the model is set to now. */
  settings(): Readonly<Record<string, unknown>>
  node(): string
  /** Does something that is no reply of the model, whatever it looks like. */
  unheard(work: () => void): void
}

/** Keeps a flow's own requests to the model within the limit, and answers those that were answered before. */
export class OptimizedHost {
  readonly host: FlowHost
  readonly #inner: FlowHost
  readonly #options: OptimizedHostOptions
  #tools: readonly FlowTool[] = []
  #role: string | undefined = undefined
  /** The node that was entered and has not had its first reply, if that may come from the cache. */
  #entry: NodeUpdate | undefined = undefined
  /** The latest. */
  #update: NodeUpdate | undefined = undefined
  /** The key of the reply that was asked for. */
  #wanted: string | undefined = undefined
  #userSpeaks = false

  constructor(inner: FlowHost, options: OptimizedHostOptions) {
    this.#inner = inner
    this.#options = options
    const { gate } = options
    this.host = wrapHost(inner, {
      attach: (listener) => {
        inner.attach({
          replied: () => listener.replied(),
          botStarted: () => listener.botStarted(),
          botStopped: () => listener.botStopped(),
          userStarted: () => {
            this.#forget()
            this.#userSpeaks = true
            gate.userStarted()
            listener.userStarted()
          },
          userStopped: () => {
            this.#userSpeaks = false
            gate.userStopped()
            listener.userStopped()
          },
          messagesChanged: () => listener.messagesChanged(),
          ended: () => {
            gate.close()
            listener.ended()
          },
        })
      },
      configure: (update) => {
        this.#forget()
        this.#role = update.role ?? this.#role
        this.#tools = update.tools
        this.#update = update
        if (update.cache === 'entry') this.#entry = update
        return inner.configure({ ...update, tools: update.tools.map((tool) => this.#limited(tool)) })
      },
      setTools: (tools) => {
        this.#tools = tools
        return inner.setTools(tools.map((tool) => this.#limited(tool)))
      },
      run: () => this.#run(),
      isReplying: () => gate.isWaiting || inner.isReplying?.() === true,
    })
  }

  /** A reply of the model begins. Gives what takes its text, if it is to be kept. */
  replyBegins(): ((text: string) => void) | undefined {
    const wanted = this.#wanted
    this.#wanted = undefined
    const { responseCache } = this.#options.optimizer
    // It may be a reply to something else than what was asked for.
    if (responseCache === undefined || wanted === undefined || this.#key() !== wanted) return undefined
    return (text) => responseCache.set(wanted, text)
  }

  #forget(): void {
    this.#entry = undefined
    this.#wanted = undefined
  }

  #run(): void {
    const entry = this.#entry
    const { responseCache } = this.#options.optimizer
    const canTell = responseCache !== undefined && this.#inner.reply !== undefined && !this.#userSpeaks
    if (entry !== undefined && canTell) void this.#answer(entry, responseCache)
    else this.#ask()
  }

  /** When the context has all of the node, and nobody speaks; a user who does is answered instead. */
  async #answer(entry: NodeUpdate, cache: ResponseCache): Promise<void> {
    await this.#inner.settled()
    if (this.#entry !== entry) {
      if (this.#update === entry) this.#ask()
      return
    }
    this.#entry = undefined
    const { metrics } = this.#options.optimizer
    const key = this.#key(entry)
    const kept = cache.get(key)
    metrics.record(kept === undefined ? 'cache_miss' : 'cache_hit', 1, this.#options.node())
    if (kept === undefined) {
      this.#wanted = key
      this.#ask()
    } else this.#options.unheard(() => this.#inner.reply?.(kept))
  }

  /** What the model would read now; `entry` wants settings that may still be on their way. */
  #key(entry?: NodeUpdate): string {
    const { optimizer, settings } = this.#options
    const { model, temperature } = entry ?? {}
    const own = {
      ...settings(),
      ...(this.#role !== undefined && { systemInstruction: this.#role }),
      ...(model !== undefined && { model }),
      ...(temperature !== undefined && { temperature }),
    }
    return optimizer.responseCache?.keyOf({ settings: own, tools: this.#tools, messages: this.#inner.messages() }) ?? ''
  }

  /** The model answers a result when there is room for that. */
  #limited(tool: FlowTool): FlowTool {
    const { gate } = this.#options
    return {
      function: tool.function,
      call: (call) => {
        const settle: FlowCall['settle'] = (result, { run }) => {
          const now = run && gate.tryPass()
          call.settle(result, { run: now })
          if (run && !now) this.#ask()
        }
        tool.call({ ...call, settle })
      },
    }
  }

  /** Asks the model, at once or when there is room. */
  #ask(): void {
    const { gate, optimizer } = this.#options
    const { filler } = optimizer
    gate.pass(
      () => this.#inner.run(),
      () => {
        if (filler !== undefined) void this.#inner.speak(filler, { appendToContext: false })
      },
    )
  }
}
