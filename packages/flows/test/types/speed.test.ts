import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { nativeCompiler } from './compilers.ts'
import { largeFlowSource } from './large-flow-source.ts'

const run = promisify(execFile)
const folder = fileURLToPath(new URL('fixtures/large', import.meta.url))

test('the large flow is as its generator writes it', () => {
  expect(readFileSync(join(folder, 'large-flow.generated.ts'), 'utf8')).toBe(largeFlowSource(60, 4))
})

test.skipIf(process.platform === 'win32')(
  '60 nodes with 240 functions are checked in less than 5 s of processor time, the sources of this package and of core included',
  async () => {
    const compile = [process.execPath, nativeCompiler, '-p', join(folder, 'tsconfig.json')]
    // Wall time would tell how busy the machine is. `times` of the shell prints what its children took on its last line.
    const { stdout } = await run('sh', ['-c', '"$0" "$@" && times', ...compile])
    const [, minutes, seconds] = /(\d+)m([\d.]+)s \d+m[\d.]+s\s*$/.exec(stdout) ?? []
    const tookSecs = Number(minutes) * 60 + Number(seconds)
    console.info(`60 nodes, 240 functions: ${tookSecs.toFixed(1)} s`)
    expect(tookSecs).toBeLessThan(5)
  },
  120_000,
)
