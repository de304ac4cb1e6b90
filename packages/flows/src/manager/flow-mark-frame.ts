import { defineFrame, Frame } from '@pc/core'

/** Goes through the pipeline behind what a flow has queued. Where it has come to, the model has read that; or it was played. */
export class FlowMarkFrame extends Frame<'pc/flow-mark'> {
  declare readonly markId: string
  /** What it tells. */
  declare readonly until: 'model' | 'end'
  constructor(markId: string, until: 'model' | 'end') {
    super()
    this.markId = markId
    this.until = until
  }
  static {
    defineFrame(this, 'pc/flow-mark', { sticky: true })
  }
}

declare module '@pc/core' {
  interface FrameTypes {
    'pc/flow-mark': FlowMarkFrame
  }
}
