export {
  RTVIProcessor,
  type ClientInfo,
  type ClientMessage,
  type RequestHandler,
  type RTVIProcessorEvents,
  type RTVIProcessorOptions,
} from './rtvi-processor.ts'
export { RTVIObserver, type RTVIObserverOptions } from './rtvi-observer.ts'
export type { RTVILink } from './rtvi-link.ts'
export type { ClientFunctionHandler } from './client-functions.ts'
export type { UIMessage } from './client-message.ts'
export type { FunctionCallReportLevel, FunctionCallReportLevels } from './function-call-report.ts'
export {
  RTVIClientMessageFrame,
  RTVIServerMessageFrame,
  RTVIServerResponseFrame,
  RTVIUICommandFrame,
} from './frames.ts'
export {
  RTVI_LABEL,
  RTVI_VERSION,
  errorData,
  serverMessage,
  type About,
  type BotOutputData,
  type BotOutputDataV1,
  type ErrorData,
  type MetricItem,
  type MetricsMessageData,
  type ServerMessage,
  type ServerMessages,
  type SpokenProgress,
  type TokensItem,
  type TtfaItem,
  type UIJobGroupData,
} from './messages.ts'
