import { FrameProcessor } from '../processor/frame-processor.ts'
import type { VADAnalyzer } from './vad-analyzer.ts'

/** Runs a voice activity analyzer over the audio that passes. */
export class VADProcessor extends FrameProcessor {
  readonly vadAnalyzer: VADAnalyzer
  constructor(options: { vadAnalyzer: VADAnalyzer; name?: string }) {
    super(options)
    this.vadAnalyzer = options.vadAnalyzer
  }
}
