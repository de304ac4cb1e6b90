import { type FunctionCallOptions, FunctionSchema } from '../context/function-schema.ts'
import type { JsonSchema } from '../context/standard-schema.ts'
import { LLMContext } from '../context/llm-context.ts'
import type { Message } from '../context/messages.ts'
import { ToolsSchema } from '../context/tools.ts'
import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { LLMContextFrame } from '../frames/llm.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { PcError } from '../runtime/errors.ts'
import type { LLMService } from '../services/llm-service.ts'
import type { InferenceOptions } from '../services/llm-types.ts'
import type { FunctionHandler } from '../services/function-call-params.ts'
import { ServiceSwitcher, type StrategyLike } from './service-switcher.ts'

/** The options of {@link LLMSwitcher}. */
export interface LLMSwitcherOptions {
  readonly llms: readonly LLMService[]
  readonly strategy?: StrategyLike | undefined
  readonly name?: string | undefined
}

/** A function with its schema in one object, see {@link LLMSwitcher.registerFunction}. */
export interface SwitcherFunction extends FunctionCallOptions {
  readonly functionName: string
  readonly handler: FunctionHandler
  /** Default: none. */
  readonly description?: string | undefined
  /** JSON Schema by argument. Default: no arguments. */
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined
  readonly required?: readonly string[] | undefined
}

/** One inference of one model out of band, see {@link LLMSwitcher.runInference}. */
export interface SwitcherInference extends InferenceOptions {
  /** Default: the active model. */
  readonly llmIndex?: number | undefined
  readonly messages: readonly Message[]
}

/**
 * Several language models in one place, one of them active; see {@link ServiceSwitcher}. Functions are registered with
 * all of them.
 *
 * ```ts
 * const llm = new LLMSwitcher({ llms: [primary, backup], strategy: ServiceSwitcherStrategyFailover })
 * ```
 */
export class LLMSwitcher extends ServiceSwitcher<LLMService> {
  readonly #offered = new Map<string, FunctionSchema>()

  constructor(llms: LLMSwitcherOptions | readonly LLMService[], strategy?: StrategyLike, name?: string) {
    super(isList(llms) ? { services: llms, strategy, name } : { ...llms, services: llms.llms })
  }

  /** All models. */
  get llms(): readonly LLMService[] {
    return this.services
  }

  /** The model that works now. */
  get activeLlm(): LLMService {
    return this.activeService
  }

  /**
   * Says what runs when any of the models calls `name`; see {@link LLMService.registerFunction}. A function given with
   * its schema, as one object, is offered to the models beside the tools of the context.
   *
   * @throws PcError `invalid-tool` for a schema that cannot be sent to a model.
   */
  registerFunction(definition: SwitcherFunction): void
  registerFunction(name: string | null, handler: FunctionHandler, options?: FunctionCallOptions): void
  registerFunction(
    first: SwitcherFunction | string | null,
    handler?: FunctionHandler,
    options?: FunctionCallOptions,
  ): void {
    if (typeof first === 'object' && first !== null) {
      const { functionName: name, handler: own, description = '', properties, required, ...calls } = first
      this.#offered.set(name, new FunctionSchema({ name, description, properties, required }))
      for (const llm of this.services) llm.registerFunction(name, own, calls)
    } else if (handler !== undefined) {
      for (const llm of this.services) llm.registerFunction(first, handler, options)
    } else {
      throw new PcError(`The function "${first}" has no handler.`, { code: 'invalid-tool', kind: 'config' })
    }
  }

  /**
   * Registers the handler of a function made by `defineFunction` with all models. With a name first, the handler alone.
   *
   * @throws PcError `invalid-tool` when it has none.
   */
  registerDirectFunction(definition: FunctionSchema, options?: FunctionCallOptions): void
  registerDirectFunction(name: string, handler: FunctionHandler): void
  registerDirectFunction(first: FunctionSchema | string, second?: FunctionCallOptions | FunctionHandler): void {
    if (typeof first === 'string') {
      if (typeof second === 'function') this.registerFunction(first, second)
      return
    }
    this.#offered.set(first.name, first)
    for (const llm of this.services) llm.registerDirectFunction(first, typeof second === 'object' ? second : undefined)
  }

  /** Takes a function out of all models. */
  unregisterFunction(name: string | null): void {
    if (name !== null) this.#offered.delete(name)
    for (const llm of this.services) llm.unregisterFunction(name)
  }

  /** Whether the active model has a handler for `name`. */
  hasFunction(name: string | null): boolean {
    return this.activeService.hasFunction(name)
  }

  /** The context for an LLMRunFrame or LLMMessagesFrame that reaches the models themselves. */
  setContext(context: LLMContext): void {
    for (const llm of this.services) llm.setContext(context)
  }

  /**
   * Asks a model out of band, without switching: the active one with a context, or any by its index with messages.
   *
   * @returns its text, or `null` when it gave none or was aborted.
   * @throws PcError when it fails, `unknown-service` for an index that no model has.
   */
  runInference(context: LLMContext, options?: InferenceOptions): Promise<string | null>
  runInference(request: SwitcherInference): Promise<string | null>
  async runInference(first: LLMContext | SwitcherInference, options?: InferenceOptions): Promise<string | null> {
    if (first instanceof LLMContext) return this.activeService.runInference(first, options)
    const { llmIndex, messages, ...rest } = first
    const llm = llmIndex === undefined ? this.activeService : this.services[llmIndex]
    if (llm === undefined) {
      throw new PcError(`${this.name} has no model ${llmIndex}: there are ${this.services.length}.`, {
        code: 'unknown-service',
        kind: 'config',
      })
    }
    return llm.runInference(new LLMContext({ messages }), rest)
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    if (frame.family.includes('LLMContextFrame')) this.#offer((frame as LLMContextFrame).context)
    return super.processFrame(frame, direction, ctx)
  }

  /** The context's own tool of a name goes first. */
  #offer(context: LLMContext): void {
    const missing = [...this.#offered.values()].filter(({ name }) => context.tools?.find(name) === undefined)
    if (missing.length === 0) return
    const { standardTools = [], customTools } = context.tools ?? {}
    context.setTools(new ToolsSchema({ standardTools: [...standardTools, ...missing], customTools }))
  }
}

function isList(llms: LLMSwitcherOptions | readonly LLMService[]): llms is readonly LLMService[] {
  return Array.isArray(llms)
}
