import { defineFrame, Frame } from './frame.ts'

/** Speaks a text of the application's own. */
export class TTSSpeakFrame extends Frame<'TTSSpeakFrame'> {
  declare readonly text: string
  /** Whether the assistant aggregator records it. Default true. */
  declare readonly appendToContext: boolean
  constructor(text: string, options?: { appendToContext?: boolean }) {
    super()
    this.text = text
    this.appendToContext = options?.appendToContext ?? true
  }
  static {
    defineFrame(this, 'TTSSpeakFrame')
  }
}

/** Speaks a text while the answer is late, ahead of all that waits. It is not recorded, and not said once the answer is. */
export class FillerSpeechFrame extends Frame<'FillerSpeechFrame'> {
  declare readonly text: string
  constructor(text: string) {
    super()
    this.text = text
  }
  static {
    defineFrame(this, 'FillerSpeechFrame', { lane: 'system' })
  }
}

/** An utterance begins: its text and audio follow. */
export class TTSStartedFrame extends Frame<'TTSStartedFrame'> {
  declare readonly contextId: string | undefined
  declare readonly appendToContext: boolean
  constructor(contextId?: string, options?: { appendToContext?: boolean }) {
    super()
    this.contextId = contextId
    this.appendToContext = options?.appendToContext ?? true
  }
  static {
    defineFrame(this, 'TTSStartedFrame')
  }
}

/** An utterance has no more audio. */
export class TTSStoppedFrame extends Frame<'TTSStoppedFrame'> {
  declare readonly contextId: string | undefined
  constructor(contextId?: string) {
    super()
    this.contextId = contextId
  }
  static {
    defineFrame(this, 'TTSStoppedFrame')
  }
}

declare module './frame.ts' {
  interface FrameTypes {
    TTSSpeakFrame: TTSSpeakFrame
    FillerSpeechFrame: FillerSpeechFrame
    TTSStartedFrame: TTSStartedFrame
    TTSStoppedFrame: TTSStoppedFrame
  }
}
