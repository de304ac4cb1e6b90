import type { Message, Runtime, UserTurnExpectation } from '@pc/core'
import type { FlowFunction } from '../definition/flow-function.ts'

/** A call that the model made. */
export interface FlowCall {
  readonly id: string
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly idempotencyKey: string
  /** Aborts when the call was cancelled from outside; it is settled then. */
  readonly signal: AbortSignal
  /** Gives the result to the model; `run` has it answer. Once. */
  settle(result: unknown, options: { readonly run: boolean }): void
  /** Settles when what the model said along with the call was played, or cut, and stands in the context. */
  said(): Promise<void>
}

/** A function that the model is offered, bound to one visit of a node. */
export interface FlowTool {
  readonly function: FlowFunction
  /** Never throws. */
  call(call: FlowCall): void
}

/** What the model is told on entering a node. */
export interface NodeUpdate {
  /** Replaces the system instruction. */
  readonly role: string | undefined
  readonly model: string | undefined
  readonly temperature: number | undefined
  /** Added to the history, or put in its place. */
  readonly messages: readonly Message[]
  readonly replace: boolean
  readonly tools: readonly FlowTool[]
  readonly expects: UserTurnExpectation | undefined
  /** The first reply may come from a cache. */
  readonly cache?: 'entry' | undefined
}

/** What a host tells the engine. */
export interface FlowHostListener {
  /** A reply of the model was played to its end and stands in the context; it made no calls. */
  replied(): void
  /** A reply began to be played, or something else the agent says. */
  botStarted(): void
  /** It was played, or cut. */
  botStopped(): void
  userStarted(): void
  /** The user's turn is over. */
  userStopped(): void
  /** Something new stands in the history. */
  messagesChanged(): void
  /** The conversation is over. */
  ended(): void
}

/** All that a flow does to the world. The pipeline is one host, tests have another. */
export interface FlowHost {
  readonly runtime: Runtime
  /** Called once, before anything else. */
  attach(listener: FlowHostListener): void
  /** Tells the model of a node. What it changes is changed when the promise settles. */
  configure(update: NodeUpdate): Promise<void>
  /** Offers other tools. */
  setTools(tools: readonly FlowTool[]): Promise<void>
  /** Adds to the history. */
  append(messages: readonly Message[]): Promise<void>
  /** Has the model speak, as soon as nobody else does; a user who speaks is answered instead. */
  run(): void
  /**
   * Keeps the model from being asked, by whomever, until the function that this gives is called: it tells whether the
   * model is to speak now, because somebody wanted that meanwhile, or `asks` is true. Only the last of several holds tells.
   */
  hold(): (asks?: boolean) => boolean
  /** Gives a reply in the model's place: it is spoken, cut and recorded as the model's own. Not every host can. */
  reply?(text: string): void
  /** Says a text. Settles when it was played or cut. */
  speak(text: string, options: { readonly appendToContext: boolean }): Promise<void>
  /** Settles when all that was queued so far has been played. */
  settled(): Promise<void>
  /** Asks the model beside the conversation. */
  infer(prompt: string, history: string, signal: AbortSignal): Promise<string | null>
  messages(): readonly Message[]
  /** Whether a reply of the model is on its way, waited for or being played. Not every host knows. */
  isReplying?(): boolean
  /** Ends the conversation behind all that was queued. */
  end(): void
}
