import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A folder that goes away after the tests of a file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'turn-smart-'))
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Why onnxruntime-node does not load on this machine; `undefined` when it does. */
export async function onnxRuntimeTrouble(): Promise<string | undefined> {
  try {
    await import('onnxruntime-node')
    return undefined
  } catch (error) {
    return `onnxruntime-node does not load here: ${String(error)}`
  }
}
