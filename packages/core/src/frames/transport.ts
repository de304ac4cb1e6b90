import { defineFrame, Frame } from './frame.ts'

/** A message that a client sent. */
export class InputTransportMessageFrame extends Frame<'InputTransportMessageFrame'> {
  declare readonly message: unknown
  constructor(message: unknown) {
    super()
    this.message = message
  }
  static {
    defineFrame(this, 'InputTransportMessageFrame', { lane: 'system' })
  }
}

/** A message for the client, sent after the audio ahead of it. */
export class OutputTransportMessageFrame extends Frame<'OutputTransportMessageFrame'> {
  declare readonly message: unknown
  constructor(message: unknown) {
    super()
    this.message = message
  }
  static {
    defineFrame(this, 'OutputTransportMessageFrame')
  }
}

/** A message for the client, sent at once. */
export class OutputTransportMessageUrgentFrame extends Frame<'OutputTransportMessageUrgentFrame'> {
  declare readonly message: unknown
  constructor(message: unknown) {
    super()
    this.message = message
  }
  static {
    defineFrame(this, 'OutputTransportMessageUrgentFrame', { lane: 'system' })
  }
}

/** The first participant is there. */
export class ClientConnectedFrame extends Frame<'ClientConnectedFrame'> {
  static {
    defineFrame(this, 'ClientConnectedFrame', { lane: 'system' })
  }
}

/** What a client's player reports of an utterance; it makes the record of what was heard exact. */
export class PlayoutReportFrame extends Frame<'PlayoutReportFrame'> {
  /** The utterance, or `undefined` when the client only announces that it will report. */
  declare readonly contextId: string | undefined
  /** How much of it was played, milliseconds. */
  declare readonly playedMs: number
  /** The player dropped the rest. */
  declare readonly flushed: boolean
  constructor(contextId: string | undefined, playedMs: number, flushed: boolean) {
    super()
    this.contextId = contextId
    this.playedMs = playedMs
    this.flushed = flushed
  }
  static {
    defineFrame(this, 'PlayoutReportFrame', { lane: 'system', sticky: true })
  }
}

/**
 * Holds what the output transport has not sent yet: the listener hears nothing more than what is on its way, and the
 * background, if there is one. Nothing is lost, and the agent keeps the floor.
 */
export class OutputPauseFrame extends Frame<'OutputPauseFrame'> {
  /** It plays on by itself after so long, seconds. Default 10. */
  declare readonly limitSecs: number
  constructor(limitSecs = 10) {
    super()
    this.limitSecs = limitSecs
  }
  static {
    defineFrame(this, 'OutputPauseFrame', { lane: 'system', sticky: true })
  }
}

/** Lets a held output transport play on, at the very sample. */
export class OutputResumeFrame extends Frame<'OutputResumeFrame'> {
  static {
    defineFrame(this, 'OutputResumeFrame', { lane: 'system', sticky: true })
  }
}

/** One announced segment of an utterance that was cut. */
export interface HeardSegment {
  readonly segmentId: number | undefined
  readonly heard: string
  readonly unheard: string
}

/**
 * What was heard of an utterance that was cut, from the output transport. It may come twice: at the cut from what was
 * sent, and again when the client's player reported.
 */
export class BotSpeechHeardFrame extends Frame<'BotSpeechHeardFrame'> {
  declare readonly contextId: string
  /** The heard part, in the model's own words. */
  declare readonly text: string
  declare readonly segments: readonly HeardSegment[]
  /** No later report will change it. */
  declare readonly final: boolean
  /** Whether the assistant aggregator records the utterance. Default true. */
  declare readonly appendToContext: boolean
  constructor(
    contextId: string,
    text: string,
    segments: readonly HeardSegment[],
    final: boolean,
    appendToContext = true,
  ) {
    super()
    this.contextId = contextId
    this.text = text
    this.segments = segments
    this.final = final
    this.appendToContext = appendToContext
  }
  static {
    defineFrame(this, 'BotSpeechHeardFrame', { sticky: true })
  }
}

/** The keys of a telephone. */
export type KeypadEntry = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '*' | '#'

/** A key that the user pressed. */
export class InputDTMFFrame extends Frame<'InputDTMFFrame'> {
  declare readonly button: KeypadEntry
  constructor(button: KeypadEntry) {
    super()
    this.button = button
  }
  static {
    defineFrame(this, 'InputDTMFFrame', { lane: 'system' })
  }
}

/** Keys to send, after the audio ahead of them. */
export class OutputDTMFFrame extends Frame<'OutputDTMFFrame'> {
  declare readonly buttons: readonly KeypadEntry[]
  constructor(buttons: KeypadEntry | readonly KeypadEntry[]) {
    super()
    this.buttons = typeof buttons === 'string' ? [buttons] : buttons
  }
  static {
    defineFrame(this, 'OutputDTMFFrame')
  }
}

declare module './frame.ts' {
  interface FrameTypes {
    InputTransportMessageFrame: InputTransportMessageFrame
    OutputTransportMessageFrame: OutputTransportMessageFrame
    OutputTransportMessageUrgentFrame: OutputTransportMessageUrgentFrame
    ClientConnectedFrame: ClientConnectedFrame
    PlayoutReportFrame: PlayoutReportFrame
    BotSpeechHeardFrame: BotSpeechHeardFrame
    OutputPauseFrame: OutputPauseFrame
    OutputResumeFrame: OutputResumeFrame
    InputDTMFFrame: InputDTMFFrame
    OutputDTMFFrame: OutputDTMFFrame
  }
}
