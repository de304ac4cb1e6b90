import type { AnyFrame } from '../frames/frame.ts'
import type { LLMContext } from './llm-context.ts'
import { describeToolChange } from './tools.ts'

/** Options that both aggregators share. */
export interface ContextFrameParams {
  /** Tell the model in a `developer` message which functions came and went with each LLMSetToolsFrame. Default false. */
  readonly addToolChangeMessages?: boolean | undefined
}

/**
 * Does to the context what a frame of the application asks for. `run`: the model is to run on it now; `forward`: others
 * want to see the frame too; `undefined`: it is no such frame.
 */
export function applyContextFrame(
  context: LLMContext,
  frame: AnyFrame,
  params: ContextFrameParams,
): 'run' | 'done' | 'forward' | undefined {
  switch (frame.type) {
    case 'LLMRunFrame':
      return 'run'
    case 'LLMMessagesAppendFrame':
      context.addMessages(frame.messages)
      return frame.runLlm ? 'run' : 'done'
    case 'LLMMessagesUpdateFrame':
      context.setMessages(frame.messages)
      return frame.runLlm ? 'run' : 'done'
    case 'LLMMessagesTransformFrame':
      context.transformMessages(frame.transform)
      return frame.runLlm ? 'run' : 'done'
    case 'LLMSetToolsFrame': {
      const before = context.tools
      context.setTools(frame.tools)
      const change = params.addToolChangeMessages ? describeToolChange(before, context.tools) : undefined
      if (change !== undefined) context.addMessage({ role: 'developer', content: change })
      return 'forward'
    }
    case 'LLMSetToolChoiceFrame':
      context.setToolChoice(frame.toolChoice)
      return 'done'
    default:
      return undefined
  }
}
