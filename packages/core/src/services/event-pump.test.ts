import { describe, expect, test } from 'vitest'
import { sleep } from '../runtime/clock.ts'
import { TestClock } from '../testing/test-clock.ts'
import { pumpEvents } from './event-pump.ts'
import { endedBy } from './overtaken.ts'

const setUp = () => {
  const clock = new TestClock()
  const controller = new AbortController()
  const options = { clock, work: endedBy(controller.signal), firstTimeoutMs: 5000, idleTimeoutMs: 200 }
  return { clock, controller, options }
}

/** Yields numbers, one at each of the given waits. */
async function* after(clock: TestClock, ...waits: number[]): AsyncIterable<number> {
  for (const [index, ms] of waits.entries()) {
    await sleep(clock, ms)
    yield index
  }
}

describe('pumpEvents', () => {
  test('hands on every event in order', async () => {
    const { clock, options } = setUp()
    const seen: number[] = []
    const done = pumpEvents(
      () => after(clock, 4000, 100, 100),
      (event) => void seen.push(event),
      options,
    )
    await clock.advance(5000)
    expect(await done).toBe('done')
    expect(seen).toEqual([0, 1, 2])
    expect(clock.pending).toBe(0)
  })

  test('waits for the first event and for the others by limits of their own', async () => {
    const { clock, options } = setUp()
    const late = expect(
      pumpEvents(
        () => after(clock, 6000),
        () => {},
        options,
      ),
    ).rejects.toMatchObject({
      code: 'first-output-timeout',
    })
    await clock.advance(5000)
    await late
    let failedMs = 0
    const stalled = pumpEvents(
      () => after(clock, 1000, 300),
      () => {},
      options,
    ).catch((error: unknown) => {
      failedMs = clock.nowMs()
      return error
    })
    await clock.advance(2000)
    expect(await stalled).toMatchObject({ code: 'stream-stalled' })
    expect(failedMs).toBe(6200)
  })

  test('the time that the handler takes is not silence of the stream', async () => {
    const { clock, options } = setUp()
    const done = pumpEvents(
      () => after(clock, 10, 10),
      () => sleep(clock, 3000),
      options,
    )
    await clock.advance(7000)
    expect(await done).toBe('done')
  })

  test('an abort stops delivery at once and waits for nothing', async () => {
    const { clock, controller, options } = setUp()
    const seen: number[] = []
    let returned = false
    let signalled = false
    async function* deaf(signal: AbortSignal): AsyncIterable<number> {
      signal.addEventListener('abort', () => (signalled = true))
      try {
        yield* after(clock, 10, 100, 100)
      } finally {
        returned = true
      }
    }
    const done = pumpEvents(deaf, (event) => void seen.push(event), options)
    await clock.advance(50)
    controller.abort()
    expect(await done).toBe('aborted')
    expect(signalled).toBe(true)
    expect(returned).toBe(false)
    await clock.advance(500)
    expect(returned).toBe(true)
    expect(seen).toEqual([0])
  })

  test('a failure after the abort is nobody’s', async () => {
    const { clock, controller, options } = setUp()
    async function* failing(): AsyncIterable<number> {
      yield 1
      await sleep(clock, 100)
      throw new Error('late')
    }
    const done = pumpEvents(failing, () => {}, options)
    await clock.settle()
    controller.abort()
    expect(await done).toBe('aborted')
    await clock.advance(200)
  })

  test('what was aborted before never opens', async () => {
    const { controller, options } = setUp()
    controller.abort()
    let opened = false
    async function* stream(): AsyncIterable<number> {
      opened = true
      yield 1
    }
    expect(await pumpEvents(stream, () => {}, options)).toBe('aborted')
    expect(opened).toBe(false)
  })

  test('a handler that fails ends the stream', async () => {
    const { clock, options } = setUp()
    let returned = false
    async function* stream(): AsyncIterable<number> {
      try {
        yield 1
        yield 2
      } finally {
        returned = true
      }
    }
    const handle = (): void => {
      throw new Error('handler')
    }
    await expect(pumpEvents(stream, handle, options)).rejects.toThrow('handler')
    await clock.settle()
    expect(returned).toBe(true)
    expect(clock.pending).toBe(0)
  })
})
