import { LLMAssistantAggregator } from '../context/assistant-aggregator.ts'
import { LLMContextAggregatorPair } from '../context/aggregator-pair.ts'
import { LLMContext } from '../context/llm-context.ts'
import { LLMUserAggregator } from '../context/user-aggregator.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import { LLMService } from '../services/llm-service.ts'
import { BaseInputTransport } from '../transport/input-transport.ts'
import { BaseOutputTransport } from '../transport/output-transport.ts'
import { UserTurnProcessor } from '../turns/turn-processor.ts'
import { VADProcessor } from '../turns/vad-processor.ts'
import { ParallelPipeline } from './parallel-pipeline.ts'
import { Pipeline } from './pipeline.ts'

const defaults = new WeakSet<FrameProcessor>()

/** @internal */
export function isDefaultPart(processor: FrameProcessor): boolean {
  return defaults.has(processor)
}

/** Whether a processor, or one in its branches, is of a class. */
function holds(processor: FrameProcessor, kind: abstract new (...args: never[]) => unknown): boolean {
  if (processor instanceof kind) return true
  if (!(processor instanceof ParallelPipeline)) return false
  return processor.branches.some((branch) => branch.processors.some((inner) => holds(inner, kind)))
}

/**
 * Completes the plainest lists: a voice activity processor behind an input transport whose parameters name an analyzer,
 * an aggregator pair around a language model that has none, a turn processor ahead of the first user aggregator.
 */
export function withDefaultParts(pipeline: Pipeline): Pipeline {
  const list = [...pipeline.processors]
  const find = (kind: abstract new (...args: never[]) => unknown): number =>
    list.findIndex((processor) => holds(processor, kind))
  const insert = (at: number, part: FrameProcessor): void => {
    defaults.add(part)
    list.splice(at, 0, part)
  }

  const input = list.find((processor) => processor instanceof BaseInputTransport)
  const vadAnalyzer = input?.params.vadAnalyzer
  if (input && vadAnalyzer && find(VADProcessor) < 0) insert(list.indexOf(input) + 1, new VADProcessor({ vadAnalyzer }))

  const model = find(LLMService)
  if (model >= 0 && find(LLMUserAggregator) < 0 && find(LLMAssistantAggregator) < 0) {
    const llm = list[model]
    const pair = new LLMContextAggregatorPair((llm instanceof LLMService && llm.context) || new LLMContext())
    const output = find(BaseOutputTransport)
    insert(output > model ? output + 1 : list.length, pair.assistant())
    insert(model, pair.user())
  }

  const user = find(LLMUserAggregator)
  if (user >= 0 && find(UserTurnProcessor) < 0) insert(user, new UserTurnProcessor())
  return list.some(isDefaultPart) ? new Pipeline(list, pipeline.name) : pipeline
}
