import { describe, expect, test } from 'vitest'
import type { Frame } from '../frames/frame.ts'
import { TextFrame } from '../frames/text.ts'
import { ParallelPipeline } from '../pipeline/parallel-pipeline.ts'
import { runTest } from '../testing/run-test.ts'
import { ConsumerProcessor } from './consumer-processor.ts'
import { NullFilter } from './null-filter.ts'
import { ProducerProcessor, type ProducerProcessorOptions } from './producer-processor.ts'

const told = (frames: readonly Frame[]): string[] => frames.map((frame) => (frame as TextFrame).text)
const producerOf = (options: Partial<ProducerProcessorOptions> = {}): ProducerProcessor =>
  new ProducerProcessor({
    filter: (frame) => frame.type === 'TextFrame' && frame.text.startsWith('!'),
    ...options,
  })
const texts = (...all: string[]): Frame[] => all.map((text) => new TextFrame(text))

describe('ProducerProcessor and ConsumerProcessor', () => {
  test('chosen frames go to consumers in other branches as copies, and on here too', async () => {
    const producer = producerOf()
    const consumer = new ConsumerProcessor({ producer })
    const parallel = new ParallelPipeline([producer], [new NullFilter(), consumer])
    const { down } = await runTest(parallel, { frames: texts('a', '!b') })
    expect(told(down).sort()).toEqual(['!b', '!b', 'a'])
  })

  test('without passthrough only others go on; each consumer gets a frame made for it', async () => {
    let made = 0
    const producer = producerOf({ passthrough: false, transformer: async () => new TextFrame(`made ${++made}`) })
    const consumers = [1, 2].map(
      (n) => new ConsumerProcessor({ producer, transformer: (frame) => frame, name: `c${n}` }),
    )
    const { down } = await runTest([producer, ...consumers], { frames: texts('a', '!b') })
    expect(told(down).sort()).toEqual(['a', 'made 1', 'made 2'])
  })

  test('a consumer sends upstream if told so, keeps the order whatever its transformer takes, and stops at the end', async () => {
    const producer = producerOf()
    let first = true
    const consumer = new ConsumerProcessor({
      producer,
      direction: 'upstream',
      transformer: (frame) => {
        const slow = first
        first = false
        return slow ? new Promise((resolve) => consumer.runtime.clock.setTimeout(() => resolve(frame), 50)) : frame
      },
    })
    const { up, down } = await runTest([consumer, producer], { frames: [...texts('!1', '!2'), { pauseMs: 100 }] })
    expect([told(up), told(down)]).toEqual([
      ['!1', '!2'],
      ['!1', '!2'],
    ])
    consumer.queueFrame(new TextFrame('late'))
    producer.queueFrame(new TextFrame('!late'))
    expect(up).toHaveLength(2)
  })

  test('a transformer that fails is reported and the next frame still comes', async () => {
    const producer = producerOf({ passthrough: false })
    const consumer = new ConsumerProcessor({
      producer,
      transformer: async (frame) => {
        if ((frame as TextFrame).text === '!bad') throw new Error('cannot')
        return frame
      },
    })
    const { down, up } = await runTest([producer, consumer], { frames: texts('!bad', '!good') })
    expect([told(down), up.map(({ type }) => type)]).toEqual([['!good'], ['ErrorFrame']])
  })
})
