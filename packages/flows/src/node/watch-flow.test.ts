import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FlowDefinitionError, type FlowError } from '../definition/errors.ts'
import type { LoadedFlow } from '../files/load-flow.ts'
import { type FlowWatch, watchFlow } from './watch-flow.ts'

const flow = (task: string): string =>
  `version: 1\nid: x\ninitialNode: a\nnodes:\n  a: { task: ${task}, after: [{ type: end_conversation }] }\n`

let folder: string
let path: string
let watching: FlowWatch | undefined
let news: (LoadedFlow | FlowError)[]
let onNews: () => void

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pc-watch-'))
  path = join(folder, 'flow.yaml')
  news = []
  onNews = () => undefined
})
afterEach(() => {
  watching?.close()
  rmSync(folder, { recursive: true, force: true })
})

const tell = (item: LoadedFlow | FlowError): void => {
  news.push(item)
  onNews()
}

async function started(text: string): Promise<FlowWatch> {
  writeFileSync(path, text)
  watching = await watchFlow(path, { settleSecs: 0.01 }, tell, tell)
  return watching
}

/** The next thing that the watch tells, after something was done. */
function next(act: () => void): Promise<LoadedFlow | FlowError | undefined> {
  return new Promise((resolve) => {
    onNews = () => resolve(news.at(-1))
    act()
  })
}

const taskOf = (loaded: LoadedFlow): unknown => loaded.file.nodes['a']?.task

describe('watchFlow', () => {
  test('gives the flow anew when its file changes, also when another file takes its place', async () => {
    const watch = await started(flow('One'))
    expect(taskOf(watch.current)).toBe('One')
    const second = await next(() => writeFileSync(path, flow('Two')))
    expect(second).toBe(watch.current)
    expect(taskOf(watch.current)).toBe('Two')
    await next(() => {
      writeFileSync(`${path}.tmp`, flow('Three'))
      renameSync(`${path}.tmp`, path)
    })
    expect(taskOf(watch.current)).toBe('Three')
    expect(news).toHaveLength(2)
  })

  test('keeps the flow and tells the fault when a change does not hold', async () => {
    const watch = await started(flow('One'))
    const error = await next(() => writeFileSync(path, flow('One').replace('initialNode: a', 'initialNode: b')))
    expect(error).toBeInstanceOf(FlowDefinitionError)
    expect(error).toHaveProperty('message', expect.stringContaining('3:14 initialNode: "b" is no node'))
    expect(taskOf(watch.current)).toBe('One')
    expect(await next(() => rmSync(path))).toMatchObject({ code: 'flow-file-unreadable' })
    expect(taskOf(watch.current)).toBe('One')
    await next(() => writeFileSync(path, flow('Two')))
    expect(taskOf(watch.current)).toBe('Two')
    await next(() => writeFileSync(path, 'nodes: ['))
    expect(taskOf(watch.current)).toBe('Two')
  })

  test('an error of the one who is told is told, too', async () => {
    writeFileSync(path, flow('One'))
    const fail = (): never => {
      throw new Error('no room')
    }
    watching = await watchFlow(path, { settleSecs: 0.01 }, fail, tell)
    const error = await next(() => writeFileSync(path, flow('Two')))
    expect(error).toHaveProperty('message', expect.stringContaining('no room'))
  })

  test('refuses to begin with a file that is faulty or not there', async () => {
    await expect(watchFlow(path, {}, tell, tell)).rejects.toMatchObject({ code: 'flow-file-unreadable' })
    writeFileSync(path, 'hello')
    await expect(watchFlow(path, {}, tell, tell)).rejects.toBeInstanceOf(FlowDefinitionError)
  })

  test('tells nothing after it was closed', async () => {
    writeFileSync(path, flow('One'))
    const timers: (() => void)[] = []
    const clock = {
      setTimeout: (fn: () => void) => {
        timers.push(fn)
        onNews()
        return { cancel: () => void timers.splice(0) }
      },
    }
    watching = await watchFlow(path, { clock }, tell, tell)
    await next(() => writeFileSync(path, flow('Two')))
    watching.close()
    expect(timers).toEqual([])
    expect(news).toEqual([])
    expect(taskOf(watching.current)).toBe('One')
  })
})
