/**
 * Writes the weights of Silero VAD v6, taken from its ONNX file, to `src/weights-16k.generated.ts` and
 * `src/weights-8k.generated.ts`. Run after a change of the packed form: `pnpm --filter @pc/vad-silero extract-weights`.
 */
import { writeFileSync } from 'node:fs'

import { readModel } from './silero-onnx.ts'
import { weightsModule } from './weights-module.ts'

const model = readModel()
for (const sampleRate of [16000, 8000] as const) {
  const file = new URL(`../src/weights-${sampleRate / 1000}k.generated.ts`, import.meta.url)
  writeFileSync(file, weightsModule(model, sampleRate))
}
