import { LLMService, PcError, sleep } from '@pc/core'
import type { GenerateOptions, LLMContext, LLMEvent, LLMServiceOptions, Message, ToolChoice } from '@pc/core'
import type { RuleMessage } from './conversation.ts'
import { RuleModel } from './rule-model.ts'
import type { RuleTool } from './tool-subject.ts'

/** Options of {@link RuleLLMService}, beside those of every language model service. */
export interface RuleLLMServiceOptions extends LLMServiceOptions {
  /** Time from one word of an answer to the next. Default 0.005. */
  wordDelaySecs?: number | undefined
  /** What `today` and `now` mean. Default: the time of the task's clock. */
  now?: (() => Date) | undefined
}

/**
 * A language model made of rules, for demos and tests: no key, no network, the same answer every time. See
 * {@link RuleModel} for what it understands. Of the settings it reads `systemInstruction` and `seed`; it reports no
 * tokens.
 *
 * @throws PcError `invalid-option` for a negative `wordDelaySecs`.
 */
export class RuleLLMService extends LLMService {
  readonly #wordDelayMs: number
  readonly #now: (() => Date) | undefined

  constructor(options: RuleLLMServiceOptions = {}) {
    super({ ...options, settings: { model: 'rules', ...options.settings } })
    const { wordDelaySecs = 0.005 } = options
    if (!(wordDelaySecs >= 0)) {
      const message = `wordDelaySecs must be 0 or more, not ${wordDelaySecs}.`
      throw new PcError(message, { code: 'invalid-option', kind: 'config', service: 'rules' })
    }
    this.#wordDelayMs = wordDelaySecs * 1000
    this.#now = options.now
  }

  override async *generate(context: LLMContext, options: GenerateOptions): AsyncGenerator<LLMEvent, void, undefined> {
    const { signal, settings, toolChoice, tools } = options
    const { clock } = this.runtime
    const model = new RuleModel({ now: this.#now ?? (() => new Date(clock.epochMs())), seed: settings.seed ?? 0 })
    const offered = (tools?.standardTools ?? []).map(({ name, description, parametersSchema }): RuleTool => {
      return { name, description, parameters: parametersSchema }
    })
    const messages = withInstruction(context.messages, settings.systemInstruction)
    let finishReason = 'stop'
    for (const part of model.stream(messages, chosenTools(offered, toolChoice))) {
      if ('text' in part) {
        if (this.#wordDelayMs > 0) await sleep(clock, this.#wordDelayMs, signal)
        yield { type: 'text', text: part.text }
      } else {
        finishReason = 'tool_calls'
        const { name, arguments: values } = part.toolCall
        yield { type: 'toolCall', id: this.runtime.newId(), name, arguments: JSON.stringify(values) }
      }
    }
    yield { type: 'done', finishReason }
  }
}

function withInstruction(messages: readonly Message[], instruction: string | undefined): RuleMessage[] {
  const universal = messages.flatMap((message) => ('llm' in message ? [] : [message]))
  return instruction === undefined ? universal : [{ role: 'system', content: instruction }, ...universal]
}

function chosenTools(tools: readonly RuleTool[], choice: ToolChoice | undefined): readonly RuleTool[] {
  if (choice === 'none') return []
  return typeof choice === 'object' ? tools.filter((tool) => tool.name === choice.function.name) : tools
}
