import { type AnyFrame, firstSight, type Frame, type LLMContext } from '@pc/core'
import type { Bot, BotSession } from '@pc/runner'

/** A frame of a session, and when it was first pushed, milliseconds since 1970. */
export interface SeenFrame {
  readonly frame: AnyFrame
  readonly atMs: number
}

/** What happened in one session of a bot. */
export interface WatchedSession {
  readonly session: BotSession
  readonly seen: readonly SeenFrame[]
  /** The conversation as the bot remembers it, once the model was asked. */
  readonly context: LLMContext | undefined
}

const watchedFrames = [
  'InterruptionFrame',
  'UserStartedSpeakingFrame',
  'UserStoppedSpeakingFrame',
  'TranscriptionFrame',
  'UserTurnInferenceFrame',
  'LLMContextFrame',
  'LLMTextFrame',
  'LLMFullResponseEndFrame',
  'TTSStartedFrame',
  'BotStartedSpeakingFrame',
  'BotStoppedSpeakingFrame',
  'BotSpeechHeardFrame',
  'PlayoutReportFrame',
  'ErrorFrame',
]

/** The same bot, with a list of its sessions that grows as they come and remembers what happens in them. */
export function watchBot(bot: Bot): {
  readonly bot: Bot
  readonly sessions: readonly WatchedSession[]
} {
  const sessions: WatchedSession[] = []
  const watching: Bot = async (session) => {
    const seen: SeenFrame[] = []
    let context: LLMContext | undefined
    const isNew = firstSight()
    sessions.push({
      session,
      seen,
      get context() {
        return context
      },
    })
    const onPushFrame = (frame: Frame): void => {
      if (!isNew(frame)) return
      const any = frame as AnyFrame
      seen.push({ frame: any, atMs: Date.now() })
      if (any.type === 'LLMContextFrame') context = any.context
    }
    await bot({
      id: session.id,
      transport: session.transport,
      rtvi: session.rtvi,
      body: session.body,
      signal: session.signal,
      run: (task) => {
        task.addObserver({ frames: watchedFrames, onPushFrame })
        return session.run(task)
      },
    })
  }
  return { bot: watching, sessions }
}
