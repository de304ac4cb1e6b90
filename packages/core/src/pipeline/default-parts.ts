import { LLMAssistantAggregator } from '../context/assistant-aggregator.ts'
import { LLMContextAggregatorPair } from '../context/aggregator-pair.ts'
import { LLMContext } from '../context/llm-context.ts'
import { LLMUserAggregator } from '../context/user-aggregator.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import { LLMService } from '../services/llm-service.ts'
import { BaseInputTransport } from '../transport/input-transport.ts'
import { BaseOutputTransport } from '../transport/output-transport.ts'
import { PcError } from '../runtime/errors.ts'
import { TurnAnalyzerProcessor } from '../turns/turn-analyzer-processor.ts'
import { UserTurnProcessor } from '../turns/turn-processor.ts'
import { turnOptionsOf } from '../turns/user-turn-params.ts'
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

/** The first user aggregator of a list, branches included. */
function userAggregatorIn(list: readonly FrameProcessor[]): LLMUserAggregator | undefined {
  for (const processor of list) {
    if (processor instanceof LLMUserAggregator) return processor
    if (!(processor instanceof ParallelPipeline)) continue
    const inner = userAggregatorIn(processor.branches.flatMap((branch) => branch.processors))
    if (inner !== undefined) return inner
  }
  return undefined
}

/**
 * Completes the plainest lists: behind the input transport a voice activity processor and a turn analyzer, where the
 * parameters of transport or user aggregator name one; an aggregator pair around a language model that has none; a turn
 * processor ahead of the first user aggregator.
 *
 * @throws PcError `invalid-turn-options` when a user aggregator has options about turns and the list a turn processor.
 */
export function withDefaultParts(pipeline: Pipeline): Pipeline {
  const list = [...pipeline.processors]
  const find = (kind: abstract new (...args: never[]) => unknown): number =>
    list.findIndex((processor) => holds(processor, kind))
  const insert = (at: number, part: FrameProcessor): void => {
    defaults.add(part)
    list.splice(at, 0, part)
  }

  const { turnParams = {} } = userAggregatorIn(list) ?? {}
  const input = list.find((processor) => processor instanceof BaseInputTransport)
  const behindInput = input === undefined ? 0 : list.indexOf(input) + 1
  const turnAnalyzer = input?.params.turnAnalyzer
  if (turnAnalyzer && find(TurnAnalyzerProcessor) < 0) insert(behindInput, new TurnAnalyzerProcessor(turnAnalyzer))
  const vadAnalyzer = input?.params.vadAnalyzer ?? turnParams.vadAnalyzer
  if (vadAnalyzer && find(VADProcessor) < 0) {
    const { audioIdleTimeout: audioIdleTimeoutSecs } = turnParams
    const idle = audioIdleTimeoutSecs === undefined ? {} : { audioIdleTimeoutSecs }
    insert(behindInput, new VADProcessor({ vadAnalyzer, ...idle }))
  }

  const model = find(LLMService)
  if (model >= 0 && find(LLMUserAggregator) < 0 && find(LLMAssistantAggregator) < 0) {
    const llm = list[model]
    const pair = new LLMContextAggregatorPair((llm instanceof LLMService && llm.context) || new LLMContext())
    const output = find(BaseOutputTransport)
    insert(output > model ? output + 1 : list.length, pair.assistant())
    insert(model, pair.user())
  }

  const user = find(LLMUserAggregator)
  const turnOptions = turnOptionsOf(turnParams)
  if (user >= 0 && find(UserTurnProcessor) < 0) {
    insert(user, new UserTurnProcessor({ ...turnOptions, userSpeechTimeoutSecs: turnParams.aggregationTimeout }))
  } else if (turnOptions !== undefined) {
    const message =
      'Turns are decided by the UserTurnProcessor of the pipeline: give it the options about turns, not the user aggregator.'
    throw new PcError(message, { code: 'invalid-turn-options', kind: 'config' })
  }
  return list.some(isDefaultPart) ? new Pipeline(list, pipeline.name) : pipeline
}
