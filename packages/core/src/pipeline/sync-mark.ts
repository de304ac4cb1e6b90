import { defineFrame, Frame } from '../frames/frame.ts'

/** Follows a frame through a branch: when it comes out, the branch is done. The engine carries it past every handler. */
export class SyncMarkFrame extends Frame<'SyncMarkFrame'> {
  static {
    defineFrame(this, 'SyncMarkFrame', { sticky: true, engine: true })
  }
}
