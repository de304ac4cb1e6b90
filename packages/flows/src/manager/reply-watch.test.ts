import {
  type Frame,
  InterruptionFrame,
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  UserStartedSpeakingFrame,
  UserStoppedSpeakingFrame,
} from '@pc/core'
import { createTestRuntime, TestClock } from '@pc/core/testing'
import { expect, test } from 'vitest'
import { ReplyWatch } from './reply-watch.ts'

/** A watch that sees each frame come to the end of the pipeline. */
function watchOf() {
  const clock = new TestClock()
  const seen: string[] = []
  const nothing = (): void => {}
  const watch = new ReplyWatch(createTestRuntime(clock), {})
  watch.listener = {
    replied: () => void seen.push(`replied ${clock.nowMs()}`),
    botStarted: nothing,
    botStopped: nothing,
    userStarted: nothing,
    userStopped: nothing,
    messagesChanged: nothing,
    ended: nothing,
  }
  const see = async (...frames: Frame[]): Promise<void> => {
    for (const frame of frames) watch.onPushFrame(frame, 'downstream', null, null)
    await clock.settle()
  }
  /** A reply that the user cuts, and what they did then. */
  const cut = async (): Promise<void> => {
    watch.onPushFrame(new LLMFullResponseStartFrame(), 'downstream', null, clock as never)
    await see(new InterruptionFrame(), new UserStartedSpeakingFrame(), new UserStoppedSpeakingFrame())
  }
  return { clock, seen, watch, see, cut }
}

test('a reply is over when its end was played', async () => {
  const { seen, watch, see } = watchOf()
  await see(new LLMFullResponseStartFrame())
  expect([watch.isReplying, seen]).toEqual([true, []])
  await see(new LLMFullResponseEndFrame())
  expect([watch.isReplying, seen]).toEqual([false, ['replied 0']])
})

test('a reply that a noise has cut is over after 3 s, when nobody answers', async () => {
  const { clock, seen, cut } = watchOf()
  await cut()
  await clock.advance(10_000)
  expect(seen).toEqual(['replied 3000'])
})

test('it is not when another reply begins, which counts in its place, nor when the user goes on', async () => {
  const { clock, seen, see, cut } = watchOf()
  await cut()
  await clock.advance(1000)
  await see(new LLMFullResponseStartFrame())
  await clock.advance(10_000)
  expect(seen).toEqual([])
  await see(new LLMFullResponseEndFrame())
  expect(seen).toEqual(['replied 11000'])
  await cut()
  await see(new UserStartedSpeakingFrame())
  await clock.advance(10_000)
  expect(seen).toHaveLength(1)
})

test('replies of before do not count any more, whether they are played or were cut', async () => {
  const { clock, seen, watch, see, cut } = watchOf()
  await see(new LLMFullResponseStartFrame())
  watch.forget()
  await see(new LLMFullResponseEndFrame())
  await cut()
  watch.forget()
  await clock.advance(10_000)
  expect(seen).toEqual([])
})
