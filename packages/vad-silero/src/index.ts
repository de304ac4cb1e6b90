export { SileroModel } from './model.ts'
export type { SileroEngine, SileroModelOptions, SileroSession } from './model.ts'
export type { SileroSampleRate } from './network-shape.ts'
export { SileroVADAnalyzer } from './silero-vad-analyzer.ts'
