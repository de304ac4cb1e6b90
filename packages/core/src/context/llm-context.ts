import type { AudioRaw } from '../frames/audio.ts'
import type { ImageRaw } from '../frames/image.ts'
import { type Logger, silentLogger } from '../runtime/log.ts'
import { isSpecificMessage, type LLMSpecificMessage, type Message, type StandardMessage } from './messages.ts'
import { createAudioMessage, createImageMessage, type MediaMessageOptions } from './media-messages.ts'
import { pruneMessages, type PruneLimits } from './prune-messages.ts'
import { type ToolChoice, type Tools, ToolsSchema } from './tools.ts'

/** What a new context may hold. */
export interface LLMContextOptions {
  readonly messages?: readonly Message[] | undefined
  readonly tools?: Tools | undefined
  readonly toolChoice?: ToolChoice | undefined
}

interface Slot {
  message: Message | undefined
}

/**
 * A place in a context whose message may change later, for example when the truth about what was heard comes in. It
 * holds at most one message, none at first if so wanted, and stays where it is while others are added.
 */
export interface MessagePlace {
  readonly message: Message | undefined
  /** Sets, replaces or takes out the message. False when the place is gone because the messages were replaced. */
  set(message: Message | undefined): boolean
}

/** A class, since V8 makes an object with an accessor of its own slowly. */
class Place implements MessagePlace {
  readonly #slot: Slot
  readonly #fill: (message: Message | undefined) => boolean

  constructor(slot: Slot, fill: (message: Message | undefined) => boolean) {
    this.#slot = slot
    this.#fill = fill
  }

  get message(): Message | undefined {
    return this.#slot.message
  }

  set(message: Message | undefined): boolean {
    return this.#fill(message)
  }
}

/**
 * The conversation as the model sees it: messages, tools and how to choose among them. One context is shared by all
 * who take part; only aggregators and the application change it.
 *
 * ```ts
 * const context = new LLMContext({
 *   messages: [{ role: 'system', content: 'You are a friendly host.' }],
 *   tools: [weather],
 * })
 * ```
 *
 * @throws PcError `invalid-tool`, `duplicate-tool`.
 */
export class LLMContext {
  readonly #slots: Slot[] = []
  readonly #messages: Message[] = []
  #tools: ToolsSchema | undefined
  #toolChoice: ToolChoice | undefined
  /** @internal Holds results that the model has not been run on, because it was not its turn. */
  hasUnreadResults = false
  /**
   * @internal Whether an answer of the model is on its way to the user: `due` until it was heard, `cut` when a turn of
   * the user stopped it. `untold` while no assistant aggregator follows it.
   */
  answer: 'untold' | 'none' | 'due' | 'cut' = 'untold'
  /** @internal Answers of an LLMService that have begun there, and of which nothing has come to the assistant aggregator. */
  answersAhead = 0
  /** @internal How often something was put to the model: an answer that begins has read all of it. */
  asked = 0
  /** @internal How much of it an answer of an LLMService has begun to read. */
  read = 0

  #holds = 0
  #isAwaited = false

  constructor(messages: readonly Message[] | LLMContextOptions = {}, tools?: Tools) {
    const options: LLMContextOptions = isList(messages) ? { messages, tools } : messages
    this.#tools = ToolsSchema.from(options.tools ?? tools)
    this.#toolChoice = options.toolChoice
    this.addMessages(options.messages ?? [])
  }

  /** All messages. The list is always the same object and always up to date. */
  get messages(): readonly Message[] {
    return this.#messages
  }

  /** The tools; `undefined` when there are none. */
  get tools(): ToolsSchema | undefined {
    return this.#tools
  }

  set tools(tools: Tools | undefined) {
    this.#tools = ToolsSchema.from(tools)
  }

  /** The same as assigning {@link tools}. */
  setTools(tools: Tools | undefined): void {
    this.tools = tools
  }

  /**
   * Keeps the model from being asked, whoever wants that, until the function that this gives is called. It tells whether
   * somebody has wanted an answer meanwhile, or `asks` is true: then it is to be asked for now. While others hold it, it
   * is for the last of them to ask.
   */
  hold(): (asks?: boolean) => boolean {
    this.#holds++
    let isOver = false
    return (asks = false) => {
      if (isOver) return false
      isOver = true
      this.#isAwaited ||= asks
      if (--this.#holds > 0) return false
      const isAwaited = this.#isAwaited
      this.#isAwaited = false
      return isAwaited
    }
  }

  /** Whether somebody holds it. */
  get isHeld(): boolean {
    return this.#holds > 0
  }

  /** @internal Asks for an answer. False while that is held: it is asked for when the hold is over. */
  mayAsk(): boolean {
    this.#isAwaited ||= this.isHeld
    return !this.isHeld
  }

  /** How the model chooses among its tools; `undefined` leaves it to the provider. */
  get toolChoice(): ToolChoice | undefined {
    return this.#toolChoice
  }

  set toolChoice(choice: ToolChoice | undefined) {
    this.#toolChoice = choice
  }

  /** The same as assigning {@link toolChoice}. */
  setToolChoice(choice: ToolChoice | undefined): void {
    this.#toolChoice = choice
  }

  /** Appends a message. */
  addMessage(message: Message): void {
    this.#fill(this.#addSlot(), message)
  }

  /** Appends messages. */
  addMessages(messages: readonly Message[]): void {
    for (const message of messages) this.addMessage(message)
  }

  /** Appends a place for a message that may come, change or go later. */
  addPlace(message?: Message): MessagePlace {
    const slot = this.#addSlot()
    if (message !== undefined) this.#fill(slot, message)
    return new Place(slot, (next) => this.#fill(slot, next))
  }

  /** Replaces all messages. Places whose message is kept, as the same object, stay; all others are gone. */
  setMessages(messages: readonly Message[]): void {
    const kept = new Map(this.#slots.map((slot) => [slot.message, slot]))
    const slots = messages.map((message) => {
      const slot = kept.get(message) ?? { message }
      kept.delete(message)
      return slot
    })
    this.#slots.splice(0, Infinity, ...slots)
    this.#list()
  }

  /** Replaces all messages by what `transform` makes of them. */
  transformMessages(transform: (messages: readonly Message[]) => readonly Message[]): void {
    this.setMessages(transform([...this.#messages]))
  }

  /**
   * Puts other messages in the place of some that stand in the context, as the same objects. The others stay, and what
   * is being said keeps its place. False, and nothing changes, when one of them is not there any more.
   */
  replaceMessages(messages: readonly Message[], by: readonly Message[]): boolean {
    const gone = new Set(messages)
    const isGone = ({ message }: Slot): boolean => message !== undefined && gone.has(message)
    const first = this.#slots.findIndex(isGone)
    const rest = this.#slots.filter((slot) => !isGone(slot))
    if (first < 0 || this.#slots.length - rest.length !== gone.size) return false
    this.#slots.splice(0, Infinity, ...rest.toSpliced(first, 0, ...by.map((message) => ({ message }))))
    this.#list()
    return true
  }

  /**
   * Drops the oldest messages beyond the limits, as {@link pruneMessages} does, and returns how many.
   *
   * @throws PcError `invalid-prune-limits`.
   */
  prune(limits: PruneLimits): number {
    const kept = new Set(pruneMessages(this.#messages, limits))
    const gone = this.#messages.filter((message) => !kept.has(message))
    if (gone.length > 0) this.replaceMessages(gone, [])
    return gone.length
  }

  /** Appends a message with a picture. @throws PcError `invalid-image`. */
  async addImageMessage(image: ImageRaw, options?: MediaMessageOptions): Promise<void> {
    const place = this.addPlace()
    place.set(await createImageMessage(image, options))
  }

  /** Appends a message with a sound. */
  addAudioMessage(audio: AudioRaw, options?: MediaMessageOptions): void {
    this.addMessage(createAudioMessage(audio, options))
  }

  /**
   * The universal messages, and those that only `llm` understands; without `llm` all of them. Messages for others are
   * left out and reported to `log`.
   */
  getMessages(llm?: string, log: Logger = silentLogger): readonly Message[] {
    if (llm === undefined) return [...this.#messages]
    const messages = this.#messages.filter((message) => !isSpecificMessage(message) || message.llm === llm)
    const left = this.#messages.length - messages.length
    if (left > 0) {
      log.log('error', `${left} of the context's messages are for another provider and are not sent to ${llm}.`)
    }
    return messages
  }

  /** Makes a message that only one provider understands; {@link addMessage} appends it. */
  createSpecificMessage(llm: string, message: unknown): LLMSpecificMessage {
    return { llm, message }
  }

  /** Replaces the newest tool message of a call. False when there is none. */
  setToolMessage(toolCallId: string, content: string): boolean {
    const slot = this.#slots.findLast(({ message }) => isToolMessage(message, toolCallId))
    if (slot === undefined) return false
    return this.#fill(slot, { role: 'tool', tool_call_id: toolCallId, content })
  }

  #addSlot(): Slot {
    const slot: Slot = { message: undefined }
    this.#slots.push(slot)
    return slot
  }

  #fill(slot: Slot, message: Message | undefined): boolean {
    const at = this.#slots.lastIndexOf(slot)
    if (at < 0) return false
    const before = slot.message
    slot.message = message
    if (before === message) return true
    if (before === undefined && at === this.#slots.length - 1) this.#messages.push(...(message ? [message] : []))
    else if (before !== undefined && message !== undefined) this.#messages[this.#indexOf(at)] = message
    else this.#list()
    return true
  }

  /** Which of the messages a filled slot holds. The newest change most. */
  #indexOf(at: number): number {
    let index = this.#messages.length - 1
    for (let i = this.#slots.length - 1; i > at; i--) if (this.#slots[i]!.message !== undefined) index--
    return index
  }

  #list(): void {
    const messages = this.#slots.flatMap(({ message }) => (message === undefined ? [] : [message]))
    this.#messages.splice(0, Infinity, ...messages)
  }
}

function isToolMessage(message: Message | undefined, toolCallId: string): message is StandardMessage {
  return (
    message !== undefined &&
    !isSpecificMessage(message) &&
    message.role === 'tool' &&
    message.tool_call_id === toolCallId
  )
}

function isList(messages: readonly Message[] | LLMContextOptions): messages is readonly Message[] {
  return Array.isArray(messages)
}
