import type { Frame } from '../frames/frame.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import { LLMService } from '../services/llm-service.ts'
import { SegmentedSTTService } from '../services/segmented-stt-service.ts'
import { STTService } from '../services/stt-service.ts'
import { TTSService } from '../services/tts-service.ts'
import { HearingLog } from './hearing-log.ts'
import { AnswerLog, type RequestLog } from './request-log.ts'
import { SpeechLog } from './speech-log.ts'

const runsModel = ({ family }: Frame): boolean =>
  family.includes('LLMContextFrame') || family.includes('LLMMessagesFrame') || family.includes('LLMRunFrame')

const isWork = ({ lane, sticky }: Frame): boolean => lane === 'ordered' && !sticky

/** The log that suits the kind of the services. */
export function requestLogOf(services: readonly FrameProcessor[], active: () => FrameProcessor): RequestLog {
  const [first] = services
  if (first instanceof TTSService) return new SpeechLog()
  if (first instanceof STTService || first instanceof SegmentedSTTService) {
    return new HearingLog(() => active() instanceof SegmentedSTTService)
  }
  return new AnswerLog(first instanceof LLMService ? runsModel : isWork)
}
