import { LLMContext, type Message, type Runtime, sleep } from '@pc/core'
import { createTestRuntime, type TestClock } from '@pc/core/testing'
import { FlowError } from '../definition/errors.ts'
import type { FlowCall, FlowHost, FlowHostListener, FlowTool, NodeUpdate } from '../manager/flow-host.ts'

/** How a {@link ScriptedHost} behaves. */
export interface ScriptedHostOptions {
  /** How fast the agent speaks on the test clock, characters per second. Default: what it says takes no time. */
  readonly charsPerSec?: number | undefined
  /** What the model answers when it is asked for a summary. Default: a fixed sentence. `null` is none. */
  readonly infer?: ((prompt: string, history: string) => string | null | Promise<string | null>) | undefined
}

const SUMMARY = 'A summary of the conversation so far.'

interface OpenCall {
  readonly controller: AbortController
  readonly cancellable: boolean
  cancel(): void
}

/**
 * A world without a pipeline, a model or sound: what a model would do and a user would say comes from a test, on the
 * test's clock.
 */
export class ScriptedHost implements FlowHost {
  readonly runtime: Runtime
  /** What the agent said, in order; what was cut is there whole. */
  readonly said: string[] = []
  role: string | undefined = undefined
  model: string | undefined = undefined
  temperature: number | undefined = undefined
  tools: readonly FlowTool[] = []
  /** The model is to speak, and has not yet. */
  isAsked = false
  hasEnded = false
  /** Counts all that the flow did: a test waits until it comes to rest. */
  activity = 0
  readonly #options: ScriptedHostOptions
  readonly #clock: TestClock
  readonly #calls = new Set<OpenCall>()
  #listener: FlowHostListener | undefined = undefined
  readonly #context = new LLMContext()
  #queue: Promise<unknown> = Promise.resolve()
  #playing = 0
  #cut = new AbortController()
  #userSpeaks = false
  #isHalted = false

  constructor(clock: TestClock, seed: number, options: ScriptedHostOptions = {}) {
    this.#clock = clock
    this.#options = options
    this.runtime = createTestRuntime(clock, seed)
  }

  /** Calls that have no result yet. */
  get openCalls(): number {
    return this.#calls.size
  }

  /** What is said takes time. */
  get isTimed(): boolean {
    return this.#options.charsPerSec !== undefined
  }

  /** Something is being said. */
  get isPlaying(): boolean {
    return this.#playing > 0
  }

  attach(listener: FlowHostListener): void {
    this.#listener = listener
  }

  async configure(update: NodeUpdate): Promise<void> {
    this.activity++
    if (update.role !== undefined) this.role = update.role
    this.model = update.model
    this.temperature = update.temperature
    this.tools = update.tools
    this.#add(update.messages, update.replace)
    // A flow that moves on and on by itself must leave the event loop a turn.
    await this.#clock.settle()
    if (this.#isHalted) await new Promise(() => {})
  }

  /** No node is entered any more. */
  halt(): void {
    this.#isHalted = true
  }

  async setTools(tools: readonly FlowTool[]): Promise<void> {
    this.activity++
    this.tools = tools
  }

  async append(messages: readonly Message[]): Promise<void> {
    this.activity++
    this.#add(messages)
  }

  run(): void {
    this.activity++
    this.#ask()
  }

  hold(): (asks?: boolean) => boolean {
    return this.#context.hold()
  }

  async speak(text: string, { appendToContext }: { readonly appendToContext: boolean }): Promise<void> {
    this.activity++
    await this.#play(text)
    if (appendToContext) this.#add([{ role: 'assistant', content: text }])
  }

  async settled(): Promise<void> {
    await this.#queue
  }

  async infer(prompt: string, history: string): Promise<string | null> {
    this.activity++
    return this.#options.infer === undefined ? SUMMARY : this.#options.infer(prompt, history)
  }

  messages(): readonly Message[] {
    return [...this.#context.messages]
  }

  end(): void {
    this.activity++
    void this.#queue.then(() => {
      this.activity++
      this.hasEnded = true
      this.isAsked = false
      this.#listener?.ended()
    })
  }

  /** The user says something; what the agent was saying is cut. */
  userSays(text: string): void {
    this.#expectGoing()
    this.startUser()
    this.#userSpeaks = false
    this.#add([{ role: 'user', content: text }])
    this.#ask()
    this.#listener?.userStopped()
  }

  /** The user begins to speak: the agent falls silent, and calls that an interruption cancels are cancelled. */
  startUser(): void {
    this.#expectGoing()
    if (this.#userSpeaks) return
    this.#userSpeaks = true
    this.isAsked = false
    this.#cut.abort()
    this.#cut = new AbortController()
    for (const call of this.#calls) if (call.cancellable) call.cancel()
    this.#listener?.userStarted()
  }

  /** The model speaks. Settles when that was played, or cut. */
  async modelSays(text: string): Promise<void> {
    this.#takeTurn()
    const whole = await this.#play(text)
    this.#add([{ role: 'assistant', content: text }])
    if (whole) this.#listener?.replied()
  }

  /**
   * The model calls a function, and may say something along with it. Gives the result, or `undefined` for a call that
   * was cancelled.
   *
   * @throws FlowError `flow-test-no-function` when the function is not offered.
   */
  modelCalls(name: string, args: Readonly<Record<string, unknown>>, saying?: string): Promise<unknown> {
    const tool = this.tools.find(({ function: fn }) => fn.name === name)
    if (tool === undefined) {
      const offered = this.tools.map(({ function: fn }) => fn.name).join(', ') || 'none'
      throw new FlowError(`The model is not offered "${name}". It is offered: ${offered}.`, {
        code: 'flow-test-no-function',
        kind: 'config',
      })
    }
    // A model may make several calls at once.
    if (this.#calls.size === 0) this.#takeTurn()
    this.isAsked = false
    const id = this.runtime.newId()
    const spoken = saying === undefined ? Promise.resolve() : this.#playAndKeep(saying)
    this.#add([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id, type: 'function', function: { name, arguments: JSON.stringify(args) } }],
      },
    ])
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const controller = new AbortController()
    const conclude = (result: unknown, content: string): void => {
      if (!this.#calls.delete(open)) return
      this.activity++
      this.#add([{ role: 'tool', tool_call_id: id, content }])
      resolve(result)
    }
    const open: OpenCall = {
      controller,
      cancellable: tool.function.cancelOnInterruption === true,
      cancel: () => {
        conclude(undefined, 'CANCELLED')
        controller.abort()
      },
    }
    this.#calls.add(open)
    const call: FlowCall = {
      id,
      name,
      args,
      idempotencyKey: `key-${id}`,
      signal: controller.signal,
      settle: (result, { run }) => {
        if (run) this.#ask()
        conclude(result, JSON.stringify(result) ?? 'COMPLETED')
      },
      said: () => spoken,
    }
    tool.call(call)
    return promise
  }

  #ask(): void {
    if (this.#context.mayAsk()) this.isAsked = true
  }

  async #playAndKeep(text: string): Promise<void> {
    await this.#play(text)
    this.#add([{ role: 'assistant', content: text }])
  }

  /** A model that was not asked speaks when the user has. */
  #takeTurn(): void {
    this.#expectGoing()
    if (!this.isAsked) this.userSays('(The user speaks.)')
    this.isAsked = false
    this.activity++
  }

  /** Tells whether the text was played to its end. */
  #play(text: string): Promise<boolean> {
    this.said.push(text)
    this.#playing++
    const { signal } = this.#cut
    const played = this.#queue.then(() => this.#sound(text, signal))
    this.#queue = played
    return played
  }

  async #sound(text: string, signal: AbortSignal): Promise<boolean> {
    try {
      if (signal.aborted) return false
      this.#listener?.botStarted()
      const { charsPerSec } = this.#options
      if (charsPerSec !== undefined) await sleep(this.#clock, (text.length / charsPerSec) * 1000, signal)
      return true
    } catch {
      return false
    } finally {
      this.#playing--
      this.activity++
      this.#listener?.botStopped()
    }
  }

  #add(messages: readonly Message[], replace = false): void {
    if (replace) this.#context.setMessages(messages)
    else this.#context.addMessages(messages)
    this.#listener?.messagesChanged()
  }

  #expectGoing(): void {
    if (!this.hasEnded) return
    throw new FlowError('The conversation is over.', { code: 'flow-test-over', kind: 'config' })
  }
}
