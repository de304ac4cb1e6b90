import { LLMContextAggregatorPair } from '../context/aggregator-pair.ts'
import { LLMContext } from '../context/llm-context.ts'
import { Pipeline, type PipelineElement } from '../pipeline/pipeline.ts'
import { PipelineTask } from '../pipeline/pipeline-task.ts'
import { PcError } from '../runtime/errors.ts'
import { UserTurnProcessor } from '../turns/turn-processor.ts'
import type { SessionParts } from './session-types.ts'

/**
 * The task of a session that is given its parts.
 *
 * @throws PcError `invalid-session` when both a context and what a context holds are given.
 */
export function buildTask(parts: SessionParts): PipelineTask {
  const { transport, vad, turnAnalyzer, stt, turns, llm, tts, params, task } = parts
  const pair = new LLMContextAggregatorPair(contextOf(parts))
  const elements: (PipelineElement | undefined)[] = [
    transport?.input(),
    vad,
    turnAnalyzer,
    stt,
    new UserTurnProcessor(turns),
    pair.user,
    llm,
    tts,
    transport?.output(),
    pair.assistant,
  ]
  return new PipelineTask(new Pipeline(elements.filter((element) => element !== undefined)), params, task)
}

function contextOf({ context, instructions, tools }: SessionParts): LLMContext {
  if (context === undefined) {
    const messages = instructions === undefined ? [] : [{ role: 'system' as const, content: instructions }]
    return new LLMContext({ messages, tools })
  }
  if (instructions !== undefined || tools !== undefined) {
    const message = 'A session takes a context, or instructions and tools for a new one: put these into the context.'
    throw new PcError(message, { code: 'invalid-session', kind: 'config' })
  }
  return context
}
