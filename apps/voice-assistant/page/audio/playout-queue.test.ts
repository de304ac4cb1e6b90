import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { graceSamples, leadSamples, PlayoutQueue } from './playout-queue.ts'
import type { PlayoutEvent } from './playout-queue.ts'

const block = 128

function tone(length: number, value = 16_384): Int16Array {
  return new Int16Array(length).fill(value)
}

function play(queue: PlayoutQueue, samples: number): { output: Float32Array; events: PlayoutEvent[] } {
  const output = new Float32Array(Math.ceil(samples / block) * block)
  const events: PlayoutEvent[] = []
  for (let at = 0; at < output.length; at += block) events.push(...queue.render(output.subarray(at, at + block)))
  return { output, events: events.filter((event) => event.type !== 'level') }
}

describe('playing', () => {
  test('an utterance is started, played sample by sample and finished', () => {
    const queue = new PlayoutQueue()
    queue.push('a', tone(1500), 0)
    const { output, events } = play(queue, 1500 + graceSamples)
    expect(output.subarray(0, 1500).every((sample) => sample === 0.5)).toBe(true)
    expect(output.subarray(1500).every((sample) => sample === 0)).toBe(true)
    expect(events).toEqual([
      { type: 'started', contextId: 'a' },
      { type: 'finished', contextId: 'a', samples: 1500 },
    ])
  })

  test('utterances follow each other without a gap, and the first is finished when the second begins', () => {
    const queue = new PlayoutQueue()
    queue.push('a', tone(1000))
    queue.push('b', tone(1000, -16_384))
    const { output, events } = play(queue, 2000)
    expect(output[999]).toBe(0.5)
    expect(output[1000]).toBe(-0.5)
    expect(events).toEqual([
      { type: 'started', contextId: 'a' },
      { type: 'finished', contextId: 'a', samples: 1000 },
      { type: 'started', contextId: 'b' },
    ])
  })

  test('a short utterance sounds after the wait for more', () => {
    const queue = new PlayoutQueue()
    queue.push('a', tone(100))
    const { output } = play(queue, leadSamples + block)
    const first = output.findIndex((sample) => sample !== 0)
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThanOrEqual(leadSamples)
  })

  test('a gap in the delivery does not finish the utterance', () => {
    const queue = new PlayoutQueue()
    queue.push('a', tone(1280), 0)
    expect(play(queue, 1280 + 640).events.map((event) => event.type)).toEqual(['started'])
    queue.push('a', tone(1280), 1280)
    const { events } = play(queue, 1280 + graceSamples)
    expect(events.at(-1)).toEqual({ type: 'finished', contextId: 'a', samples: 2560 })
  })

  test('the position of a chunk counts, so that audio lost on the way is not reported as played twice', () => {
    const queue = new PlayoutQueue()
    queue.push('a', tone(1024), 0)
    queue.push('a', tone(1024), 4096)
    expect(play(queue, 2048 + graceSamples).events.at(-1)).toEqual({ type: 'finished', contextId: 'a', samples: 5120 })
  })

  test('loudness is reported every 85 ms while something sounds', () => {
    const queue = new PlayoutQueue()
    queue.push('a', tone(4096))
    const output = new Float32Array(block)
    const levels: number[] = []
    for (let at = 0; at < 8192; at += block) {
      for (const event of queue.render(output)) if (event.type === 'level') levels.push(event.rms)
    }
    expect(levels).toEqual([0.5, 0.5])
  })
})

describe('flushing', () => {
  test('silence follows within one block, and the report counts the fade', () => {
    const queue = new PlayoutQueue()
    queue.push('a', tone(24_000), 0)
    queue.push('b', tone(24_000), 0)
    play(queue, 1280)
    expect(queue.flush()).toEqual([
      { contextId: 'a', samples: 1280 + block },
      { contextId: 'b', samples: 0 },
    ])
    const { output } = play(queue, 1024)
    expect(output[0]).toBeGreaterThan(0.4)
    expect(output[block - 1]).toBe(0)
    expect(output.subarray(block).every((sample) => sample === 0)).toBe(true)
  })

  test('an utterance that has just run dry is reported with all of it', () => {
    const queue = new PlayoutQueue()
    queue.push('a', tone(1280), 0)
    play(queue, 1400)
    expect(queue.flush()).toEqual([{ contextId: 'a', samples: 1280 }])
  })

  test('an utterance that finished is named, when nothing else waits', () => {
    const queue = new PlayoutQueue()
    queue.push('a', tone(1280), 0)
    play(queue, 1280 + graceSamples)
    expect(queue.flush()).toEqual([{ contextId: 'a', samples: 1280 }])
    expect(queue.flush()).toEqual([])
  })

  test('an utterance that has not sounded yet was not played', () => {
    const queue = new PlayoutQueue()
    queue.push('a', tone(400), 0)
    queue.render(new Float32Array(block))
    expect(queue.flush()).toEqual([{ contextId: 'a', samples: 0 }])
    expect(play(queue, 4096).output.every((sample) => sample === 0)).toBe(true)
  })

  test('what comes after a flush plays from its beginning', () => {
    const queue = new PlayoutQueue()
    queue.push('a', tone(4096), 0)
    play(queue, 1024)
    queue.flush()
    queue.push('b', tone(1280), 0)
    expect(play(queue, 2048 + graceSamples).events).toEqual([
      { type: 'started', contextId: 'b' },
      { type: 'finished', contextId: 'b', samples: 1280 },
    ])
  })
})

test('whatever comes in whatever order, the account equals what left for the speakers', () => {
  const step = fc.oneof(
    fc.record({
      do: fc.constant('push' as const),
      id: fc.constantFrom('a', 'b', 'c'),
      length: fc.integer({ min: 1, max: 3000 }),
    }),
    fc.record({ do: fc.constant('render' as const), blocks: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ do: fc.constant('flush' as const) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const queue = new PlayoutQueue()
      let epoch = 0
      let heard = 0
      const reported = new Map<string, number>()
      for (const each of steps) {
        const id = 'id' in each ? `${each.id}${epoch}` : ''
        if (each.do === 'push') queue.push(id, tone(each.length))
        if (each.do === 'render') {
          const { output, events } = play(queue, each.blocks * block)
          heard += output.filter((sample) => sample !== 0).length
          for (const event of events) if (event.type === 'finished') reported.set(event.contextId, event.samples)
        }
        if (each.do === 'flush') {
          for (const { contextId, samples } of queue.flush()) reported.set(contextId, samples)
          heard += play(queue, block).output.filter((sample) => sample !== 0).length
          epoch += 1
        }
      }
      const flushed = queue.flush()
      for (const { contextId, samples } of flushed) reported.set(contextId, samples)
      const { output } = play(queue, block)
      heard += output.filter((sample) => sample !== 0).length
      const total = [...reported.values()].reduce((sum, samples) => sum + samples, 0)
      // The last sample of each fade is silent by itself.
      expect(total - heard).toBeGreaterThanOrEqual(0)
      expect(total - heard).toBeLessThanOrEqual(epoch + 1)
    }),
    { numRuns: 200 },
  )
})
