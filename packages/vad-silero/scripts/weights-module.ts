import { networkShape } from '../src/network-shape.ts'
import type { SileroSampleRate } from '../src/network-shape.ts'
import { packWeights } from './pack-weights.ts'
import { extractWeights } from './silero-onnx.ts'

/** Source of `src/weights-16k.generated.ts` or `src/weights-8k.generated.ts`: the packed weights as base64. */
export function weightsModule(model: Uint8Array, sampleRate: SileroSampleRate): string {
  const packed = packWeights(extractWeights(model, networkShape(sampleRate)))
  return (
    '// Made by scripts/extract-weights.ts from Silero VAD v6 (see NOTICE). Do not edit.\n' +
    `/** Packed weights for ${sampleRate} Hz, base64. */\n` +
    `export const packedWeights: string = '${Buffer.from(packed).toString('base64')}'\n`
  )
}
