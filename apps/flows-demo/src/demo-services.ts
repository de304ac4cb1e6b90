import type { FrameProcessor, LLMService, TTSService } from '@pc/core'

/** The stages of a pipeline, and what to tell the page about them. */
export interface DemoServices {
  readonly stt: FrameProcessor
  readonly llm: LLMService
  readonly tts: TTSService
  /** Sent to the page when it is ready. */
  readonly about: object
}

/** Chooses the stages for a session; `onNews` sends the page what changes. */
export type ChooseServices = (onNews: (news: object) => void) => Promise<DemoServices>
