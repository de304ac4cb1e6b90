import { expect, test } from 'vitest'
import { SnapshotWriter } from './snapshot-writer.ts'

function writerOf() {
  const written: string[] = []
  const failures: unknown[] = []
  const waiting: PromiseWithResolvers<void>[] = []
  const write = (snapshot: string): Promise<void> => {
    written.push(snapshot)
    const settled = Promise.withResolvers<void>()
    waiting.push(settled)
    return settled.promise
  }
  return { writer: new SnapshotWriter(write, (error) => void failures.push(error)), written, failures, waiting }
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

test('of the snapshots that come while one is written only the last is written', async () => {
  const { writer, written, waiting } = writerOf()
  for (const snapshot of ['1', '2', '3']) writer.save(() => snapshot)
  expect(written).toEqual(['1'])
  waiting[0]?.resolve()
  await turn()
  expect(written).toEqual(['1', '3'])
})

test('one that could not be written is told, and the next is written', async () => {
  const { writer, written, failures, waiting } = writerOf()
  writer.save(() => '1')
  writer.save(() => '2')
  waiting[0]?.reject(new Error('full'))
  await turn()
  expect([written, failures]).toEqual([['1', '2'], [new Error('full')]])
})

test('flushed settles when nothing is left to be written', async () => {
  const { writer, waiting } = writerOf()
  writer.save(() => '1')
  writer.save(() => '2')
  let flushed = false
  void writer.flushed().then(() => (flushed = true))
  waiting[0]?.resolve()
  await turn()
  expect(flushed).toBe(false)
  waiting[1]?.resolve()
  await turn()
  expect(flushed).toBe(true)
})
