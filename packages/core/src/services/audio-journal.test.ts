import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AudioJournal } from './audio-journal.ts'

/** A chunk whose samples are their own numbers. */
const chunk = (journal: AudioJournal, length: number): Int16Array =>
  Int16Array.from({ length }, (_, i) => journal.end + i)

async function collect(source: AsyncIterable<Int16Array>): Promise<number[]> {
  const samples: number[] = []
  for await (const audio of source) samples.push(...audio)
  return samples
}

describe('AudioJournal', () => {
  test('a reader gets what is there and what comes, up to its end', async () => {
    const journal = new AudioJournal()
    journal.append(chunk(journal, 3))
    const reader = journal.read(1)
    const read = collect(reader)
    journal.append(chunk(journal, 2))
    reader.end()
    journal.append(chunk(journal, 2))
    expect(await read).toEqual([1, 2, 3, 4])
    expect(reader.position).toBe(5)
  })

  test('a reader that begins before the oldest sample begins there', async () => {
    const journal = new AudioJournal()
    for (let i = 0; i < 5; i++) journal.append(chunk(journal, 4))
    journal.trimTo(10)
    expect(journal.start).toBe(8)
    const reader = journal.read(0)
    reader.end()
    expect(await collect(reader)).toEqual(Array.from({ length: 12 }, (_, i) => 8 + i))
  })

  test('a reader that is told to return stops at once', async () => {
    const journal = new AudioJournal()
    journal.append(chunk(journal, 4))
    const reader = journal.read(0)
    await reader.return()
    expect(await collect(reader)).toEqual([])
  })

  test('two readers, one behind the other, read every sample once, whatever the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 }),
        fc.nat(30),
        async (lengths, cut) => {
          const journal = new AudioJournal()
          const first = journal.read(0)
          const head = collect(first)
          for (const [index, length] of lengths.entries()) {
            if (index === cut) first.end()
            journal.append(chunk(journal, length))
          }
          first.end()
          const samples = await head
          const second = journal.read(first.position)
          second.end()
          samples.push(...(await collect(second)))
          expect(samples).toEqual(Array.from({ length: journal.end }, (_, i) => i))
        },
      ),
    )
  })
})
