import wabt from 'wabt'

import { networkShape } from '../../src/network-shape.ts'
import { engineText } from './engine-text.ts'

const FEATURES = { simd: true, bulk_memory: true, sat_float_to_int: true }
const LONGEST_MESSAGE = 2000

/** Source of `src/engine.generated.ts`: the engines of both rates, assembled, as base64. */
export async function engineModule(): Promise<string> {
  const assembler = await wabt()
  const assemble = (sampleRate: 8000 | 16000): string => {
    try {
      const module = assembler.parseWat(`engine-${sampleRate}.wat`, engineText(networkShape(sampleRate)), FEATURES)
      module.validate()
      return Buffer.from(module.toBinary({}).buffer).toString('base64')
    } catch (error) {
      // The assembler quotes whole lines, and ours are long.
      throw new Error(String(error).slice(0, LONGEST_MESSAGE), { cause: error })
    }
  }
  return (
    '// Made by scripts/build-wasm.ts. Do not edit.\n' +
    '/** WebAssembly of the forward pass by sample rate, base64. */\n' +
    'export const engines: Readonly<Record<8000 | 16000, string>> = {\n' +
    `  8000: '${assemble(8000)}',\n` +
    `  16000: '${assemble(16000)}',\n` +
    '}\n'
  )
}
