import { defineFrame, Frame } from '../frames/frame.ts'

/** Stands before and behind the frames of one speech: what it has passed, the listener has heard. */
export class SpeechMarkFrame extends Frame<'pc/speech-mark'> {
  declare readonly speechId: string
  declare readonly edge: 'start' | 'end'
  constructor(speechId: string, edge: 'start' | 'end') {
    super()
    this.speechId = speechId
    this.edge = edge
  }
  static {
    defineFrame(this, 'pc/speech-mark')
  }
}

declare module '../frames/frame.ts' {
  interface FrameTypes {
    'pc/speech-mark': SpeechMarkFrame
  }
}
