export {
  ExternalUserTurnCompletionStopStrategy,
  LLMTurnCompletionUserTurnStopStrategy,
} from './completion-user-turn-stop-strategy.ts'
export { BACKCHANNELS, backchannelTest } from './backchannels.ts'
export type { EchoGateOptions } from './echo-gate.ts'
export type { FalseInterruptionOptions } from './false-interruptions.ts'
export type { LatencyBudget } from './latency-budget.ts'
export type { PreemptiveGenerationOptions } from './preemptive-generation.ts'
export { deferred } from './deferred.ts'
export { ExternalUserTurnStartStrategy } from './external-user-turn-start-strategy.ts'
export {
  ExternalUserTurnStopStrategy,
  type ExternalUserTurnStopStrategyOptions,
} from './external-user-turn-stop-strategy.ts'
export {
  FunctionCallUserMuteStrategy,
  type FunctionCallUserMuteStrategyOptions,
} from './function-call-user-mute-strategy.ts'
export {
  MuteUntilFirstBotCompleteUserMuteStrategy,
  type MuteUntilFirstBotCompleteUserMuteStrategyOptions,
} from './mute-until-first-bot-complete-user-mute-strategy.ts'
export {
  MinWordsUserTurnStartStrategy,
  type MinWordsUserTurnStartStrategyOptions,
} from './min-words-user-turn-start-strategy.ts'
export {
  SpeechTimeoutUserTurnStopStrategy,
  type SpeechTimeoutUserTurnStopStrategyOptions,
} from './speech-timeout-user-turn-stop-strategy.ts'
export {
  TranscriptionUserTurnStartStrategy,
  type TranscriptionUserTurnStartStrategyOptions,
} from './transcription-user-turn-start-strategy.ts'
export { TurnAnalyzer, type TurnVerdict } from './turn-analyzer.ts'
export { TurnAnalyzerProcessor } from './turn-analyzer-processor.ts'
export {
  TurnAnalyzerUserTurnStopStrategy,
  type TurnAnalyzerUserTurnStopStrategyOptions,
} from './turn-analyzer-user-turn-stop-strategy.ts'
export { TURN_MARKS, type TurnCompletionConfig } from './turn-completion.ts'
export type { TurnEvent } from './turn-events.ts'
export { UserTurnProcessor } from './turn-processor.ts'
export type { UserTurnPolicies } from './turn-policies.ts'
export type { UserTurn, UserTurnEvents } from './user-turn-events.ts'
export type { UserTurnProcessorOptions } from './turn-processor-options.ts'
export type {
  CutIn,
  EndedState,
  ListeningState,
  OpenTurn,
  StrategyMemory,
  TurnEffect,
  TurnFacts,
  TurnState,
  UserPausingState,
  UserSpeakingState,
} from './turn-state.ts'
export type {
  TurnNotice,
  TurnStartStep,
  TurnStartStrategy,
  TurnStartStrategyOptions,
  TurnStopStep,
  TurnStopStrategy,
  TurnStrategyAttachment,
  TurnStrategyHost,
  TurnView,
  UserTurnStrategies,
} from './turn-strategy.ts'
export {
  AlwaysUserMuteStrategy,
  FirstSpeechUserMuteStrategy,
  type MuteView,
  type UserMuteStep,
  type UserMuteStrategy,
} from './user-mute-strategy.ts'
export type { Patience, UserTurnExpectation, UserTurnPatienceSecs } from './user-turn-expectation.ts'
export type { UserTurnParams } from './user-turn-params.ts'
export {
  ExternalUserTurnStrategies,
  FilterIncompleteUserTurnStrategies,
  type FilterIncompleteUserTurnStrategiesOptions,
} from './user-turn-strategies.ts'
export { DEFAULT_VAD_PARAMS, VADAnalyzer, type VADAnalyzerOptions, type VADParams } from './vad-analyzer.ts'
export { VADProcessor, type VADProcessorOptions } from './vad-processor.ts'
export {
  WakePhraseUserTurnStartStrategy,
  type WakePhraseUserTurnStartStrategyOptions,
} from './wake-phrase-user-turn-start-strategy.ts'
export { VADUserTurnStartStrategy } from './vad-user-turn-start-strategy.ts'
