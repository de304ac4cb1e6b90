import type { PipelineTask } from '@pc/core'
import type { RTVIProcessor } from '@pc/rtvi'
import type { WebSocketServerTransport } from '@pc/transports-websocket'

/** One connection to a bot. */
export interface BotSession {
  /** Unique in this server. */
  readonly id: string
  /** Input and output of the client. */
  readonly transport: WebSocketServerTransport
  /** Speaks with the client. It may stand in the pipeline behind the input; otherwise {@link run} puts it beside. */
  readonly rtvi: RTVIProcessor
  /** What the client gave as `body` to `/start`; it comes from outside. */
  readonly body: unknown
  /** Aborts when the client is gone or the server stops. */
  readonly signal: AbortSignal
  /** Runs the session's task until it ends, or the client is gone. The connection ends with it. */
  run(task: PipelineTask): Promise<void>
}

/** Serves one connection: it builds a pipeline and runs it. When it returns, the connection closes. */
export type Bot = (session: BotSession) => Promise<void>

/**
 * Gives a bot's function its type.
 *
 * ```ts
 * export const bot = defineBot(async (session) => {
 *   const pipeline = new Pipeline([session.transport.input(), llm, tts, session.transport.output()])
 *   await session.run(new PipelineTask(pipeline))
 * })
 * ```
 */
export function defineBot(bot: Bot): Bot {
  return bot
}
