import type { Frame } from '../frames/frame.ts'
import type { AggregatedTextFrame } from '../frames/text.ts'

/** They leave a service that is not active too: calls that still run must come to their end, and costs are costs. */
export const ALWAYS_LEAVE: ReadonlySet<string> = new Set([
  'FunctionCallInProgressFrame',
  'FunctionCallResultFrame',
  'FunctionCallCancelFrame',
  'LLMContextSummaryResultFrame',
  'MetricsFrame',
])

/** Switches that every service has to know, active or not. */
export const REACH_ALL: ReadonlySet<string> = new Set([
  'LLMConfigureOutputFrame',
  'LLMTurnCompletionFrame',
  'STTMuteFrame',
])

const METADATA: readonly string[] = ['ServiceMetadataFrame', 'STTMetadataFrame', 'LLMServiceMetadataFrame']

/** What a service says of itself; a switcher says it for the one that becomes active. */
export function isMetadata({ family }: Frame): boolean {
  return family.some((tag) => METADATA.includes(tag))
}

const EMPTY: ReadonlySet<string> = new Set([
  'LLMFullResponseStartFrame',
  'LLMFullResponseEndFrame',
  'LLMThoughtStartFrame',
  'LLMThoughtTextFrame',
  'LLMThoughtEndFrame',
  'TTSStartedFrame',
  'TTSStoppedFrame',
])

/** Output that a request may give and still be lost: brackets, thoughts, and text that is shown because it could not be spoken. */
export function isEmptyOutput(frame: Frame): boolean {
  if (frame.family.some((tag) => EMPTY.has(tag))) return true
  if (frame.type !== 'AggregatedTextFrame') return false
  const { willBeSpoken, appendToContext } = frame as AggregatedTextFrame
  return !willBeSpoken && !appendToContext
}
