import { describe, expect, test } from 'vitest'
import { ErrorFrame } from '../frames/control.ts'
import { EndFrame } from '../frames/lifecycle.ts'
import { defineProcessor } from '../processor/define-processor.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import { PcError } from '../runtime/errors.ts'
import { createTestRuntime } from '../testing/test-runtime.ts'
import { TestClock } from '../testing/test-clock.ts'
import { Pipeline } from './pipeline.ts'
import { PipelineTask } from './pipeline-task.ts'
import { type RestartPolicy, type SessionEnd, Supervisor } from './supervisor.ts'

const failing = (): FrameProcessor =>
  defineProcessor({
    name: 'failing',
    on: {
      TextFrame: () => {},
    },
    onStart() {
      const error = new PcError('lost', { code: 'lost', kind: 'transient' })
      this.pushFrame(new ErrorFrame(error, 'failing', { fatal: true }), 'upstream')
    },
  })

const setup = (make: (attempt: number) => FrameProcessor, policy?: RestartPolicy) => {
  const clock = new TestClock()
  const seen: [number, number, string | undefined][] = []
  const supervisor = new Supervisor({
    clock,
    policy,
    start(attempt, previous) {
      seen.push([attempt, clock.nowMs(), previous?.error?.code])
      return new PipelineTask(
        new Pipeline([make(attempt)]),
        {},
        {
          idleTimeoutSecs: null,
          setupTimeoutSecs: 1,
          runtime: createTestRuntime(clock),
        },
      )
    },
  })
  return { clock, supervisor, seen }
}

describe('Supervisor', () => {
  test('starts a session again that failed, after a wait, and tells why', async () => {
    const { clock, supervisor, seen } = setup((attempt) => (attempt < 2 ? failing() : new FrameProcessor()))
    const told: number[] = []
    supervisor.on('restarting', (attempt) => void told.push(attempt))
    const run = supervisor.run()
    await clock.advance(3000)
    expect([seen, told]).toEqual([
      [
        [0, 0, undefined],
        [1, 500, 'lost'],
        [2, 2500, 'lost'],
      ],
      [1, 2],
    ])
    await supervisor.task?.queueFrame(new EndFrame())
    await clock.settle()
    expect(await run).toMatchObject({ attempt: 2, terminal: { type: 'EndFrame' }, error: undefined })
  })

  test('gives up after too many restarts in a time', async () => {
    const { clock, supervisor, seen } = setup(failing, { maxRestarts: 2, delaysSecs: [1] })
    const run = supervisor.run()
    await clock.advance(100_000)
    expect([(await run).error?.code, seen.length]).toEqual(['lost', 3])
  })

  test('a session that hangs at setup has failed, and one that cannot be made too', async () => {
    const hanging = defineProcessor({ name: 'hanging', on: {}, onSetup: () => new Promise(() => {}) })
    const ends: SessionEnd[] = []
    const { clock, supervisor } = setup(
      (attempt) => {
        if (attempt === 0) throw new Error('no room')
        return hanging
      },
      { maxRestarts: 1 },
    )
    supervisor.eventHandler('on_session_ended', (end) => void ends.push(end))
    const run = supervisor.run()
    await clock.advance(60_000)
    await run
    expect(ends.map(({ terminal, error }) => [terminal?.type, error?.message])).toEqual([
      [undefined, 'no room'],
      ['CancelFrame', 'Setup took too long: hanging had it.'],
    ])
  })

  test('does not start again what was cancelled or cannot be mended by trying, unless its policy says so', async () => {
    const wrong = (): FrameProcessor => {
      throw new PcError('wrong key', { code: 'refused', kind: 'auth' })
    }
    const once = setup(wrong)
    expect([(await once.supervisor.run()).error?.code, once.seen.length]).toEqual(['refused', 1])
    const always = setup(wrong, { shouldRestart: () => true, maxRestarts: 1, delaysSecs: [0] })
    const run = always.supervisor.run()
    await always.clock.advance(10)
    await run
    expect(always.seen.length).toBe(2)
    const cancelled = setup(() => new FrameProcessor())
    const running = cancelled.supervisor.run()
    await cancelled.clock.settle()
    await cancelled.supervisor.task?.cancel('enough')
    expect([(await running).error, cancelled.seen.length]).toEqual([undefined, 1])
  })

  test('stops in the middle of a session and of a wait', async () => {
    const session = setup(() => new FrameProcessor())
    const first = session.supervisor.run()
    await session.clock.settle()
    await session.supervisor.stop('closing')
    expect(await first).toMatchObject({ terminal: { type: 'CancelFrame', reason: 'closing' } })
    const waiting = setup(failing)
    const second = waiting.supervisor.run()
    await waiting.clock.advance(100)
    await waiting.supervisor.stop()
    await second
    expect(waiting.seen.length).toBe(1)
    expect(waiting.clock.pending).toBe(0)
  })
})
