import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { type Clock, SystemClock, type Timer } from '@pc/core'
import { FlowError } from '../definition/errors.ts'
import type { LoadedFlow, LoadFlowOptions } from '../files/load-flow.ts'

/** Options of {@link watchFlow}. */
export interface WatchFlowOptions extends LoadFlowOptions {
  /** How long a file rests before it is read, since editors write in steps; seconds. Default 0.05. */
  readonly settleSecs?: number | undefined
  /** Default: real time. */
  readonly clock?: Pick<Clock, 'setTimeout'> | undefined
}

/** A file of a flow that is watched. */
export interface FlowWatch {
  /** The last flow that held. */
  readonly current: LoadedFlow
  close(): void
}

/**
 * Loads a flow and loads it again when its file changes, for development. A change that does not hold, or a file that
 * is gone, keeps the flow as it was and calls `onError`. Conversations that run keep the flow that they began with.
 *
 * @throws FlowDefinitionError when the file is faulty at the beginning; FlowError `flow-file-unreadable` when it cannot
 * be read.
 */
export async function watchFlow(
  path: string,
  options: WatchFlowOptions,
  onReload: (loaded: LoadedFlow) => void,
  onError: (error: FlowError) => void,
): Promise<FlowWatch> {
  // Who only wants the stores does not load a reader of YAML.
  const { loadFlow } = await import('../files/load-flow.ts')
  const { settleSecs = 0.05, clock = new SystemClock(), ...loading } = options
  const file = resolve(path)
  const format = loading.format ?? (/\.ya?ml$/i.test(file) ? 'yaml' : /\.json$/i.test(file) ? 'json' : undefined)
  let text = ''
  let closed = false
  let timer: Timer | undefined
  let current: LoadedFlow | undefined
  let reading: Promise<void>

  async function read(): Promise<string> {
    try {
      return await readFile(file, 'utf8')
    } catch (cause) {
      throw new FlowError(`The flow's file cannot be read: ${file}. Is it there, and may this user read it?`, {
        code: 'flow-file-unreadable',
        kind: 'config',
        cause,
      })
    }
  }

  async function reload(): Promise<void> {
    try {
      const changed = await read()
      if (closed || changed === text) return
      text = changed
      current = loadFlow(text, { ...loading, format })
      onReload(current)
    } catch (error) {
      if (!closed) onError(error instanceof FlowError ? error : new FlowError(String(error), { cause: error }))
    }
  }

  async function begin(): Promise<LoadedFlow> {
    text = await read()
    return loadFlow(text, { ...loading, format })
  }

  // The folder, since many editors put a new file in the old one's place.
  const watcher = watch(dirname(file), { persistent: false }, (_, name) => {
    if (closed || (name !== null && name !== basename(file))) return
    timer?.cancel()
    timer = clock.setTimeout(() => {
      reading = reading.then(reload)
    }, settleSecs * 1000)
  })
  watcher.on('error', (cause) => {
    if (!closed) onError(new FlowError(`The flow's file is not watched any more: ${file}.`, { cause }))
  })
  const beginning = begin()
  reading = beginning.then(
    () => undefined,
    () => undefined,
  )
  try {
    current ??= await beginning
  } catch (error) {
    watcher.close()
    throw error
  }
  const first = current
  return {
    get current() {
      return current ?? first
    },
    close() {
      closed = true
      timer?.cancel()
      watcher.close()
    },
  }
}
