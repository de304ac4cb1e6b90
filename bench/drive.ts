import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

/** What a driver printed: numbers by path, such as `lat_ms.p95`. */
export interface Output {
  number(path: string): number
}

/** A driver that failed, or whose check of its own work did. */
export class CheckFailed extends Error {}

const pinned = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0

/** Runs one driver in a process of its own, on one core where the machine lets us choose. */
export function drive(driver: string, ...args: (string | number)[]): Promise<Output> {
  return driveWith([], driver, ...args)
}

/** The same with more flags for Node. */
export async function driveWith(
  flags: readonly string[],
  driver: string,
  ...args: (string | number)[]
): Promise<Output> {
  const command = [process.execPath, '--expose-gc', ...flags, join(import.meta.dirname, 'drivers', `${driver}.mjs`)]
  const [file = '', ...rest] = pinned ? ['taskset', '-c', '1', ...command] : command
  const label = `${driver} ${args.join(' ')}`
  const child = spawn(file, [...rest, ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new CheckFailed(`${label}: the driver ended with code ${code}`)
  const printed: unknown = JSON.parse(text)
  const error = property(printed, 'error')
  if (typeof error === 'string') throw new CheckFailed(`${label}: ${error}`)
  return {
    number(path) {
      const value = path.split('.').reduce(property, printed)
      if (typeof value === 'number' && Number.isFinite(value)) return value
      throw new CheckFailed(`${label}: no figure ${path}`)
    },
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** Runs several drivers in turn, `times` times round, so that a slow minute of the machine meets all of them. */
export async function interleaved<K extends string>(
  times: number,
  runs: { readonly [N in K]: () => Promise<Output> },
): Promise<{ readonly [N in K]: readonly Output[] }> {
  const outputs: { [name: string]: Output[] } = {}
  for (let round = 0; round < times; round++) {
    for (const [name, run] of Object.entries<() => Promise<Output>>(runs)) (outputs[name] ??= []).push(await run())
  }
  return outputs as { [N in K]: Output[] }
}

/** The median of one figure over several runs. */
export function median(outputs: readonly Output[], path: string): number {
  const values = outputs.map((output) => output.number(path)).sort((a, b) => a - b)
  return values[values.length >> 1] ?? Number.NaN
}
