import { FrameProcessor } from '../processor/frame-processor.ts'
import type { TurnAnalyzer } from './turn-analyzer.ts'

/** Holds the place of an analyzer in a pipeline's list. Everything passes; the turn processor asks the analyzer. */
export class TurnAnalyzerProcessor extends FrameProcessor {
  readonly turnAnalyzer: TurnAnalyzer

  constructor(turnAnalyzer: TurnAnalyzer) {
    super()
    this.turnAnalyzer = turnAnalyzer
  }
}
